// The hook as a file in the node's directory: a new shell reads it there in place of starting this program, which costs 100 ms.
import { existsSync, futimesSync, mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { loadGuard, MACHINE_RULES } from '../../assist/guard/index.ts'
import { systemRandom } from '../../base/clock.ts'
import { beginFile, temporaryBeside } from '../../base/files.ts'
import { quoteFish, quoteShell } from '../../base/quote.ts'
import { fleetFile, homePaths, MACHINE_FLEET, recordingPaths } from '../../config/paths.ts'
import { envName, KEY_LIST } from '../../config/table.ts'
import { type Shell, zshSource } from '../../observe/hooks/hook.ts'
import type { CommandIo } from '../command.ts'
import { type OwnProgram, programOf } from '../own-program.ts'
import { keptFile } from './hook-line.ts'
import { HOOK_SOURCE } from './hook-text.ts'

interface Kept {
  readonly shell: Shell
  readonly hook: string
  readonly flags: readonly string[]
  /** The words behind the program's that print the hook and keep it anew. */
  readonly again: readonly string[]
  /** True where the words name the home; otherwise KARO_HOME of the shell has to be empty. */
  readonly namesHome: boolean
  /** Milliseconds since the epoch before anything was read that the hook depends on. */
  readonly since: number
}

/**
 * Keeps the hook. Does nothing where another shell could need another one: records go to the machine's node, the
 * environment sets keys, or rules cannot be read. Where it cannot write, each new shell starts this program as before.
 */
export function keepHook(io: CommandIo, kept: Kept): void {
  const paths = homePaths(io.env)
  const variables = KEY_LIST.flatMap((key) =>
    /^(?:history|guard)\./.test(key.path) ? (envName(key) ?? []) : [],
  )
  if (recordingPaths(io.env).whose !== 'own' || !existsSync(paths.key)) return
  if (!kept.namesHome && io.env.KARO_HOME) return
  if (variables.some((name) => io.env[name] !== undefined)) return
  const guard = loadGuard(io)
  if (guard.warnings.length > 0) return
  const program = process.argv[1] ?? ''
  const file = keptFile(paths.shells, kept.shell, kept.flags)
  const fleets = [fleetFile(paths.home), MACHINE_FLEET]
  const text = header(kept.shell, {
    file,
    there: [program, HOOK_SOURCE],
    read: [HOOK_SOURCE, paths.config, ...fleets, MACHINE_RULES, ...guard.files.map(({ path }) => path)],
    unset: [...variables, ...(kept.namesHome ? [] : ['KARO_HOME'])],
    own: programOf(io),
    again: kept.again,
  })
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const written = beginFile(file, 0o600, temporaryBeside(file, systemRandom))
    try {
      written.write(`${text}${kept.hook}`)
      // A file that changes while the hook is made is newer than the hook.
      futimesSync(written.fd, kept.since / 1000, kept.since / 1000)
      written.replace()
    } finally {
      written.discard()
    }
  } catch {
    // A full disk, or a directory that is not to be written.
  }
}

/** Removes what was kept in the directory. What cannot be removed is out of date with the program at the latest. */
export function dropHooks(directory: string): void {
  try {
    rmSync(directory, { recursive: true, force: true })
  } catch {
    // A home that is not to be written.
  }
}

interface Conditions {
  readonly file: string
  /** Files without which the hook would call a program that is gone. */
  readonly there: readonly string[]
  /** Files from which the hook was made; one that is missing has to stay so. */
  readonly read: readonly string[]
  /** Variables from which the hook would be made otherwise. */
  readonly unset: readonly string[]
  /** What starts this program; a shell is silent where it is gone. */
  readonly own: OwnProgram
  readonly again: readonly string[]
}

/** The first lines: a hook that is out of date makes a new one, and nothing behind these lines is read. No line starts a process. */
function header(shell: Shell, { file, there, read, unset, own, again }: Conditions): string {
  const quote = shell === 'fish' ? quoteFish : quoteShell
  const tests = [
    ...there.map((path) => `test -r ${quote(path)}`),
    // `-nt` alone is true in bash, and false in dash, where the other file is gone.
    ...[...new Set(read)].flatMap((path) =>
      existsSync(path)
        ? [`test -e ${quote(path)}`, `test ${quote(file)} -nt ${quote(path)}`]
        : [`test ! -e ${quote(path)}`],
    ),
  ]
  const words = [...own.words, ...again].map(quote).join(' ')
  const present = own.byName
    ? ['command -v karo >/dev/null 2>&1']
    : own.words.map((word, i) => `test ${i === 0 ? '-x' : '-r'} ${quote(word)}`)
  const about = `# Made by karo shell init ${shell}, and rewritten when a setting or Karo itself changes.\n`
  if (shell === 'fish') {
    const all = [...tests, ...unset.map((name) => `not set --query ${name}`)].map((one) => `builtin ${one}`)
    const known = all.map((one) => one.replace(/^builtin not set/, 'not builtin set')).join('; and ')
    return `${about}if not begin; ${known}; end 2>/dev/null\n    if ${present.join('; and ')}; ${words} | source; end\n    return 0\nend\n`
  }
  const none = unset.map((name) => `\${${name}+x}`).join('')
  const known = [...tests, `test -z "${none}"`].map((one) => `\\${one}`).join(' && ')
  const check = `if ${known}; then __karo_kept=1; else __karo_kept=; fi`
  const isThere = present.map((one) => `\\${one}`).join(' && ')
  return [
    about,
    `${shell === 'zsh' ? zshSource(check).trimEnd() : check}\n`,
    `if \\test -z "$__karo_kept"; then \\unset __karo_kept; if ${isThere}; then \\eval "$(${words})"; fi; \\return 0; fi\n`,
    '\\unset __karo_kept\n',
  ].join('')
}
