// Hooked shells beside what people have: prompt tools, tmux, many terminals, a daemon that is down, a disk that is full.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { EventShape } from '../../../src/api/contract/shapes.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { startNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { isInstalled } from '../../support/shell/hook-cases.ts'
import {
  PROGRAMS,
  type Program,
  type ShellOptions,
  spooled,
  startShell,
  type TypedShell,
} from '../../support/shell/hooked-shell.ts'
import { PROMPT_TOOLS } from '../../support/shell/prompt-tools.ts'

const SHELLS: readonly Program[] = ['bash', 'zsh', 'fish', 'dash']
const isRoot = process.getuid!() === 0
/** So that these tools draw what they would for a person. */
const XTERM = { TERM: 'xterm-256color' }

/** What people type, with the exit code of each; lines whose text begins with a blank are nobody's business. */
const LINES: Readonly<Record<string, readonly (readonly [line: string, exit: number])[]>> = {
  fish: [
    ['false', 1],
    [' echo hidden', 0],
    ['echo one | cat', 0],
    ['function f; return 3; end; f', 3],
    ["echo 'a\nb'", 0],
    ['false', 1],
    ['sleep 0 & wait', 0],
  ],
  posix: [
    ['false', 1],
    [' echo hidden', 0],
    ['echo one | cat', 0],
    ['f() { return 3; }; f', 3],
    ["echo 'a\nb'", 0],
    ['false', 1],
    ['(exit 5)', 5],
  ],
}
const linesOf = (program: Program) => LINES[program === 'fish' ? 'fish' : 'posix']!

/** Types the line into whichever shell reads it, and waits for its record: the id of the process that ran it. */
async function recorded(shell: TypedShell, line: string): Promise<number> {
  const those = () => spooled(shell.spool).filter(({ command }) => command === line)
  const before = those().length
  shell.keys(`${line}\r`)
  const found = await until(() => those().length > before && those(), {
    what: `a record of ${line} after ${JSON.stringify(shell.screen().slice(-500))}`,
  })
  const latest = found.reduce((last, each) => (each.startUs > last.startUs ? each : last))
  return Number(latest.session.split('-')[1])
}

/**
 * Types the line and waits for the shell that it starts: for its file, and for its first prompt. The prompt alone could be an
 * older one that is drawn anew, and what is typed then would be the shell's outside. `drawn` tells of the prompt where several
 * shells share the screen.
 */
async function entered(shell: TypedShell, line: string, drawn?: () => boolean): Promise<void> {
  const files = () => readdirSync(shell.spool).length
  const firsts = () => shell.screen().split('@1@').length
  const [filesBefore, firstsBefore] = [files(), firsts()]
  shell.keys(`${line}\r`)
  await until(() => files() > filesBefore && (drawn?.() ?? firsts() > firstsBefore), {
    what: `a new shell and its first prompt after ${line}`,
  })
}

/** Ends the shell that reads what is typed. What is typed before it has ended would be its own. */
async function left(shell: TypedShell, pid: number): Promise<void> {
  shell.keys('exit\r')
  await until(() => hasEnded(pid), { what: `the end of shell ${pid}` })
}

/** Also when nobody has asked for its exit code yet, which tmux forgets now and then: proc(5), state Z. */
function hasEnded(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat[stat.lastIndexOf(')') + 2] === 'Z'
  } catch {
    return true
  }
}

describe.each(PROMPT_TOOLS)('beside $name in $program', ({ program, file, line, works, slow }) => {
  const start = (options: ShellOptions) => startShell({ ...options, program, marked: true, env: XTERM })

  // A slow one that is loaded after the hook is tried with the guard, which brings the hook.
  test
    .runIf(existsSync(file) && isInstalled(program))
    .each<'before' | 'after'>(slow ? ['before'] : ['before', 'after'])(
    'loaded %s the hook: both work',
    async (when) => {
      const shell = await start({ [when]: line })
      const lines = slow ? linesOf(program).slice(0, 3) : linesOf(program)
      await shell.typeAll(...lines.map(([typed]) => typed))
      expect(await shell.type(works)).toContain('yes')
      const expected = lines.filter(([typed]) => !typed.startsWith(' '))
      const found = spooled(shell.spool).map(({ command, exitCode }) => [command, exitCode])
      expect(found.slice(0, -1)).toEqual(expected)
      expect(found.at(-1)).toEqual([works, 0])
    },
  )
})

describe.each(SHELLS)('%s', (program) => {
  const start = (options: ShellOptions = {}) => startShell({ ...options, program })
  test.runIf(isInstalled(program) && spawnSync('tmux', ['-V']).status === 0)(
    'inside tmux, in two panes',
    async () => {
      const shell = await start({ env: XTERM, marked: true })
      const inner = PROGRAMS[program].argv(shell.rc).join(' ')
      const server = basename(shell.directory)
      const tmux = (command: string) => spawnSync('tmux', ['-L', server, command, '-p']).stdout.toString()
      onTestFinished(() => void spawnSync('tmux', ['-L', server, 'kill-server']))
      /** In the pane that keys go to. */
      const drawn = () => tmux('capture-pane').includes('@1@')
      await entered(shell, `tmux -L ${server} -f /dev/null new-session '${inner}'`, drawn)
      await recorded(shell, 'echo one | cat')
      await entered(shell, `tmux split-window '${inner}'`, drawn)
      await recorded(shell, 'echo pane')
      await left(shell, await recorded(shell, 'false'))
      // Until tmux has noticed, what is typed goes to the pane that is no more.
      const panes = () => spawnSync('tmux', ['-L', server, 'list-panes']).stdout.toString().trim().split('\n')
      await until(() => panes().length === 1, { what: 'one pane' })
      await left(shell, await recorded(shell, 'echo back'))
      await shell.printed('[exited]')
      // Until the shell outside reads again, the terminal may be set back, and with it what was typed be lost.
      await shell.prompt()
      await recorded(shell, 'echo outside')
      const bySession = Map.groupBy(spooled(shell.spool), ({ session }) => session)
      const own = [...bySession.values()].map((found) =>
        found.flatMap(({ command }) => (/^(?:exit|tmux)/.test(command) ? [] : command)).join('; '),
      )
      expect(own.sort()).toEqual(['echo one | cat; echo back', 'echo outside', 'echo pane; false'])
    },
  )

  test.runIf(isInstalled(program) && isRoot)(
    'a spool that is mounted read-only: silent until it is not',
    async () => {
      const mount = 'mkdir spool; mount -t tmpfs -o mode=700 none spool; mount -o remount,ro spool; exec "$@"'
      const shell = await start({ spool: false, through: ['unshare', '-m', 'bash', '-c', mount, '-'] })
      const disk = temporaryDirectory()
      expect(await shell.type('echo 1')).toBe('1\n')
      expect(await shell.type('echo 2')).toBe('2\n')
      await shell.typeAll('mount -o remount,rw spool', 'echo 4', 'mount -o remount,ro spool')
      expect(await shell.type('echo 6')).toBe('6\n')
      await shell.typeAll('mount -o remount,rw spool', 'echo 8', `cp spool/*.spool ${disk}`)
      const found = spooled(disk)
      expect(found.map(({ command }) => command)).toEqual(
        expect.arrayContaining(['mount -o remount,rw spool', 'echo 4', 'echo 8']),
      )
      for (const { command, sequence } of found) {
        const number = /^echo (\d)$/.exec(command)?.[1]
        if (number !== undefined) expect(String(sequence)).toBe(number)
      }
      expect(found.map(({ command }) => command)).not.toContain('echo 1')
    },
  )
})

test('shells of all kinds inside one another keep to themselves', async () => {
  const programs = SHELLS.filter(isInstalled)
  const outer = await startShell({ program: 'bash' })
  // Where it is missing, the fish inside reads all manual pages of the machine to fill it.
  mkdirSync(join(outer.directory, '.local/share/fish/generated_completions'), { recursive: true })
  const command = async (program: Program): Promise<string> => {
    const { rc } = await startShell({ program, spool: outer.spool })
    const { argv, env } = PROGRAMS[program]
    return ['env', ...Object.entries(env(rc)).map(([key, value]) => `${key}=${value}`), ...argv(rc)].join(' ')
  }
  for (const program of programs) {
    await entered(outer, await command(program))
    await recorded(outer, `echo in ${program}`)
  }
  for (const program of programs.toReversed()) {
    await left(outer, await recorded(outer, `echo still in ${program}`))
  }
  await recorded(outer, 'echo outside')
  const bySession = Map.groupBy(spooled(outer.spool), ({ session }) => session)
  const own = [...bySession.values()].map((found) =>
    found.filter(({ command }) => command.startsWith('echo')),
  )
  expect(own.map((found) => found.map(({ shell, command }) => [shell, command]))).toEqual(
    expect.arrayContaining([
      [['bash', 'echo outside']],
      ...programs.map((program) => {
        const { shell } = PROGRAMS[program]
        return [
          [shell, `echo in ${program}`],
          [shell, `echo still in ${program}`],
        ]
      }),
    ]),
  )
})

test('fifty shells at once, while the daemon is down, comes, is killed and comes again: every record, once', async () => {
  const home = temporaryHome()
  const spool = join(home, 'spool')
  mkdirSync(spool, { mode: 0o700 })
  const programs = SHELLS.filter(isInstalled)
  const shells = await Promise.all(
    Array.from({ length: 50 }, (_, i) => startShell({ program: programs[i % programs.length]!, spool })),
  )
  const type = (round: number): Promise<unknown> =>
    Promise.all(shells.map((shell, i) => shell.typeAll(`echo shell ${i} line ${round}`, 'true')))
  await type(1)
  const first = await startNode({ home })
  await Promise.all([type(2), first.kill9()])
  const second = await startNode({ home })
  await type(3)
  const total = shells.length * 6
  const history = () => second.json<{ events: EventShape[]; total: number }>(['history', '--limit', '1000'])
  await until(async () => (await history()).total >= total, { what: `${total} commands in the history` })
  const commands = (await history()).events.map(({ command }) => command)
  expect(commands).toHaveLength(total)
  expect(commands.filter((command) => command === 'true')).toHaveLength(shells.length * 3)
  const expected = shells.flatMap((_, i) => [1, 2, 3].map((round) => `echo shell ${i} line ${round}`))
  expect(commands.filter((command) => command !== 'true').sort()).toEqual(expected.sort())
})
