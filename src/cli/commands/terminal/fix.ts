// karo fix: says what went wrong with the last command and proposes the next line; runs nothing and needs no network.

import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { findCommand } from '../../../assist/copilot/ask/answer.ts'
import { type Failure, type Fixed, fixOf } from '../../../assist/copilot/fix/fix.ts'
import type { World } from '../../../assist/copilot/fix/rule.ts'
import { orElse } from '../../../base/run/or-else.ts'
import { personHome } from '../../../base/run/person-home.ts'
import { holderOf, socketTable } from '../../doctor/sockets.ts'
import { shellOf, shellOption } from '../../input/command-text.ts'
import { judging } from '../../judging.ts'
import { type CommandIo, defineCommand, EXIT, KaroError, show, workingDirectory } from '../../kit.ts'
import { askedKnowledge } from '../../knowledge.ts'
import { marked, printFixed } from '../../views/ask.ts'

/** How many of the newest commands are looked through for one that failed. */
const MOST = 50
const HISTORY_MS = 2_000

/** The newest recorded command that failed. Throws KaroError `not_found`, and as the daemon does. */
async function lastFailed(io: CommandIo): Promise<Failure> {
  const { getHistory } = await import('../../../api/contract/operations/history.ts')
  const { events } = await io.call(getHistory, { query: { limit: MOST }, deadlineMs: HISTORY_MS })
  const failed = events.find(
    ({ exit_code, command }) => exit_code && !/^karo (?:ask|check|fix)\b/.test(command),
  )
  if (failed === undefined)
    throw new KaroError('not_found', 'no command failed lately, as far as Karo recorded', {
      hint: "Give the line: karo fix 'git psuh'",
    })
  return { line: failed.command, exitCode: failed.exit_code }
}

/** What the hook hands over: in the environment, because arguments of a process are everybody's to read. */
function handedOver({ env }: CommandIo): Failure {
  const code = Number.parseInt(env.KARO_EXIT ?? '', 10)
  return { line: (env.KARO_LINE ?? '').trim(), exitCode: Number.isNaN(code) ? null : code }
}

const MODES = { read: constants.R_OK, write: constants.W_OK, execute: constants.X_OK } as const
const TEXT_MAX = 256 * 1024

/** What the rules may see of this machine: files, programs on the PATH, and who listens at a port. */
function worldOf({ env }: CommandIo): World {
  let programs: readonly string[] | undefined
  const kind = (path: string) => {
    const stat = statSync(path, { throwIfNoEntry: false })
    return stat && (stat.isDirectory() ? 'directory' : 'file')
  }
  return {
    cwd: workingDirectory() ?? '/',
    home: personHome(env),
    isRoot: process.geteuid?.() === 0,
    programs: () => (programs ??= programsOn(env.PATH ?? '')),
    kind: (path) => orElse(() => kind(path), undefined),
    list: (path) => orElse(() => readdirSync(path), []),
    read: (path) =>
      orElse(() => (statSync(path).size > TEXT_MAX ? undefined : readFileSync(path, 'utf8')), undefined),
    can: (path, what) => orElse(() => accessSync(path, MODES[what]) === undefined, false),
    listener(port) {
      const inodes = socketTable('self').flatMap((one) =>
        one.kind === 'tcp' && one.listens && one.localPort === port ? [one.inode] : [],
      )
      if (inodes.length === 0) return undefined
      const holder = inodes.map(holderOf).find((one) => one !== undefined)
      return holder ? { pid: holder.pid, name: holder.command } : null
    },
  }
}

const programsOn = (path: string): readonly string[] => [
  ...new Set(path.split(':').flatMap((one) => (isAbsolute(one) ? orElse(() => readdirSync(one), []) : []))),
]

const command = defineCommand('fix', {
  summary: 'say what went wrong with the last command, and propose the next line; never runs it',
  args: {
    command: {
      optional: true,
      variadic: true,
      oneThing: true,
      description:
        'the line that failed, or the error that it printed, quoted (default: the last recorded line that failed)',
    },
  },
  options: {
    shell: shellOption,
    line: 'the line is in KARO_LINE and its exit code in KARO_EXIT; prints the next line alone; Alt-K does it',
  },
  examples: {
    'karo fix': 'the last command that failed',
    "karo fix 'git psuh'": 'this line, as if it had failed here',
    "karo fix 'EADDRINUSE: address already in use :::3000'": 'an error, as it was printed',
  },
  takesCommandLine: true,
  async run(io, input) {
    const given = input.args.command
    const isLine = input.options.line === true
    const failure = isLine
      ? handedOver(io)
      : given.length > 0
        ? { line: given.join(' '), exitCode: null }
        : await lastFailed(io)
    if (isLine && (failure.line === '' || failure.exitCode === 0)) return EXIT.failed
    const shell = shellOf(input)
    const judge = await judging(io, shell)
    const knowledge = await askedKnowledge(io)
    const asWords = (words: string) => findCommand(words, { shell, judge, knowledge })
    const fixed: Fixed = fixOf(failure, { world: worldOf(io), knowledge, judge, asWords })
    if (isLine) {
      // Standard error, which stands above the prompt, says what went wrong; standard output has the line alone.
      io.err(printFixed(fixed, io))
      if (fixed.command !== null) io.out(`${marked(fixed.command, fixed.placeholders)}\n`)
    } else show(io, fixed, () => printFixed(fixed, io))
    return fixed.command === null ? EXIT.failed : EXIT.done
  },
})

export const commands = [command]
