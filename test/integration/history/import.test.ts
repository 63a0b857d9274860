// Histories that real shells wrote come in whole, once, beside what Karo recorded of the same shells; and go out again, into a file and another node.

import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { spawn } from '@lydell/node-pty'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { EventShape, StatisticsShape } from '../../../src/api/contract/shapes.ts'
import type { ImportSummary } from '../../../src/cli/views/import.ts'
import type { TransferEvent } from '../../../src/ops/care/transfer.ts'
import { makeAtuin } from '../../support/data/atuin.ts'
import { append, liveName, records } from '../../support/data/spool.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import { KARO } from '../../support/node/in-process.ts'
import { cleanEnv, runKaro, startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { atEnd } from '../../support/run/processes.ts'
import { times } from '../../support/run/thorough.ts'
import { until } from '../../support/run/until.ts'
import type { ImportListShape } from '../../support/shapes.ts'
import { isInstalled } from '../../support/shell/hook-cases.ts'
import { type Program, type ShellOptions, startShell } from '../../support/shell/hooked-shell.ts'

const historyOf = async (node: TestNode): Promise<EventShape[]> =>
  (await node.json<{ events: EventShape[] }>(['history', '--limit', '10000'])).events.toReversed()
const bring = (node: TestNode, source: string, file: string, ...more: string[]) =>
  node.json<ImportSummary>(['import', source, file, ...more])
const listed = async (node: TestNode) => (await node.json<ImportListShape>(['import', 'list'])).imports

interface Typed {
  readonly program: Program
  /** Switches its history on. */
  readonly before: string
  readonly file: string
  readonly lines: readonly string[]
  /** Writes what is not written yet. */
  readonly save: string
  readonly timed: boolean
  /** As its history has the lines of several lines; in the hook's words they may be others. */
  readonly several: readonly string[]
}

const LINES = [
  'echo one',
  'echo "grüße ム 日本 🙂 Ã"',
  'false',
  'echo one',
  "echo 'back\\\\slash' \\\\",
  'X=1; test -n "$X"',
] as const
const BASH = 'HISTFILE=~/history; HISTCONTROL=; HISTSIZE=1000'

const SHELLS: readonly Typed[] = [
  {
    program: 'bash',
    before: `${BASH}; HISTTIMEFORMAT='%F '; shopt -s cmdhist lithist`,
    file: 'history',
    lines: [...LINES, 'for i in 1 2\ndo echo $i\ndone', 'cat <<E\n#1 text\nE'],
    several: ['for i in 1 2\ndo echo $i\ndone', 'cat <<E\n#1 text\nE'],
    save: 'history -a',
    timed: true,
  },
  {
    program: 'bash',
    before: `${BASH}; HISTTIMEFORMAT='%F '; shopt -s cmdhist; shopt -u lithist`,
    file: 'history',
    lines: [...LINES, 'for i in 1 2\ndo echo $i\ndone'],
    several: ['for i in 1 2; do echo $i; done'],
    save: 'history -a',
    timed: true,
  },
  {
    program: 'bash',
    before: `${BASH}; unset HISTTIMEFORMAT; shopt -s cmdhist`,
    file: 'history',
    lines: [...LINES, 'for i in 1 2\ndo echo $i\ndone'],
    several: ['for i in 1 2; do echo $i; done'],
    save: 'history -a',
    timed: false,
  },
  {
    program: 'zsh',
    before: 'HISTFILE=~/history HISTSIZE=1000 SAVEHIST=1000; setopt extended_history inc_append_history',
    file: 'history',
    lines: [...LINES, 'for i in 1 2\ndo echo $i\ndone', 'echo a \\\\\nb'],
    several: ['for i in 1 2\ndo echo $i\ndone'],
    save: 'true',
    timed: true,
  },
  {
    program: 'zsh',
    before: 'HISTFILE=~/history HISTSIZE=1000 SAVEHIST=1000; setopt share_history',
    file: 'history',
    lines: LINES,
    several: [],
    save: 'true',
    timed: true,
  },
  {
    program: 'zsh',
    before:
      'HISTFILE=~/history HISTSIZE=1000 SAVEHIST=1000; setopt inc_append_history; unsetopt extended_history',
    file: 'history',
    lines: [...LINES, 'for i in 1 2\ndo echo $i\ndone'],
    several: ['for i in 1 2\ndo echo $i\ndone'],
    save: 'true',
    timed: false,
  },
  {
    program: 'fish',
    before: '',
    file: '.local/share/fish/fish_history',
    // It keeps each text once.
    lines: LINES.filter((line, i) => LINES.indexOf(line) === i && !line.startsWith('X=')),
    several: [],
    save: 'history save',
    timed: true,
  },
]

/** Others bring histories into it, and take them out again. */
let node: TestNode
beforeAll(async () => {
  node = await startNode({ name: 'imports' })
})

/** All of them first, because what is younger than some seconds is left to the hook. */
describe('histories that shells wrote', () => {
  const installed = SHELLS.filter(({ program }) => isInstalled(program))
  const typedIn = new Map<Typed, { recorded: TestNode; file: string }>()
  /** In each of them every program typed once at most: what a second one of its kind kept would be known. */
  const nodes: TestNode[] = []

  test('lines are typed, kept and recorded', async () => {
    const typedBy = new Map<Program, number>()
    for (const typed of installed) {
      const { program, before, lines, save } = typed
      const at = typedBy.get(program) ?? 0
      typedBy.set(program, at + 1)
      nodes[at] ??= await startNode({ name: 'recorded' })
      const recorded = nodes[at]
      const recordedBefore = (await recorded.status()).store.events
      const spool = join(recorded.home, 'spool')
      const directory = temporaryHome()
      const options: ShellOptions = { program, before, spool, directory }
      const shell = await startShell(options)
      await shell.typeAll(...lines, save)
      const file = join(shell.directory, typed.file)
      await until(() => existsSync(file) && readFileSync(file).length > 0, { what: 'the history file' })
      const count = recordedBefore + lines.length + 1
      await until(async () => (await recorded.status()).store.events >= count, { what: 'the records' })
      typedIn.set(typed, { recorded, file })
    }
    const last = Date.now()
    await until(() => Date.now() - last > 3_000, { what: 'that it is no more recent' })
  })
  afterAll(async () => void (await Promise.all(nodes.map((one) => one.stop()))))

  test.each(installed)(
    '$program, $before: what it keeps comes in whole; what Karo recorded of it is known',
    async (typed) => {
      const { program, lines, several, timed } = typed
      const { recorded, file } = typedIn.get(typed)!
      const alone = await bring(node, program, file)
      expect(alone).toMatchObject({ bad: 0, cut: 0, untimed: timed ? 0 : alone.read, known: 0 })
      const typedOn = async (one: TestNode) =>
        (await historyOf(one)).filter(({ shell: from }) => from === program).map(({ command }) => command)
      const texts = await typedOn(node)
      for (const line of lines) if (!line.includes('\n')) expect(texts).toContain(line)
      expect(texts).toEqual(expect.arrayContaining([...several]))
      const again = await bring(node, program, file)
      expect(again).toMatchObject({ added: 0, known: alone.added, id: null })
      expect(await node.json(['import', 'undo', '--yes'])).toEqual({ id: alone.id, removed: alone.added })

      const now = await typedOn(recorded)
      const beside = await bring(recorded, program, file)
      const fresh = (await typedOn(recorded)).filter((text) => !now.includes(text))
      // Only what the shell keeps in other words than it was typed in.
      expect(fresh.filter((text) => !text.includes('for i in'))).toEqual([])
      expect(beside.added).toBe(fresh.length)
    },
  )
})

/** Of a home with several histories. */
let own: TestNode

describe('a home with several histories', () => {
  let home: string
  const at = 1_700_000_000
  const karo = (...args: string[]) => own.karo(args)
  const path = (...parts: string[]): string => join(home, ...parts)
  function write(name: string, content: string | Uint8Array): string {
    mkdirSync(dirname(path(name)), { recursive: true })
    writeFileSync(path(name), content)
    return path(name)
  }

  beforeAll(async () => {
    home = temporaryHome()
    own = await startNode({
      name: 'several',
      config: '[history]\nignore = ["pass *"]\n',
      env: {
        HOME: home,
        XDG_DATA_HOME: join(home, 'data'),
        XDG_CONFIG_HOME: join(home, 'config'),
        HISTFILE: '',
      },
    })
    write('.bash_history', `#${at}\nmake all\n#${at + 60}\nls -la\n`)
    write('.zsh_history', `: ${at + 100}:2;git status\n: ${at + 160}:0;ls -la\n`)
    write('data/fish/fish_history', `- cmd: cargo build\n  when: ${at + 200}\n`)
    mkdirSync(path('data/atuin'), { recursive: true })
    const nanos = (seconds: number) => BigInt(at + seconds) * 1_000_000_000n + 400_000_000n
    makeAtuin(path('data/atuin/history.db'), [
      {
        id: 'a',
        timestamp: nanos(0),
        command: 'make all',
        cwd: '/src',
        exit: 2,
        hostname: `${hostname()}:ann`,
      },
      { id: 'b', timestamp: nanos(161), command: 'ls -la', shell: 'zsh', hostname: `${hostname()}:ann` },
      { id: 'c', timestamp: nanos(300), command: 'uptime', hostname: 'elsewhere:ann' },
    ]).close()
  })

  test('auto finds them all, tells what it would do, and brings what two of them have once', async () => {
    const sources = ['atuin', 'bash', 'zsh', 'fish']
    const told = await own.json<{ imports: ImportSummary[] }>(['import', 'auto', '--dry-run'])
    expect(told.imports.map(({ source, added, id }) => [source, added, id])).toEqual(
      sources.map((source) => [source, source === 'fish' ? 1 : 2, null]),
    )
    expect(await historyOf(own)).toEqual([])
    const { imports } = await own.json<{ imports: ImportSummary[] }>(['import', 'auto'])
    expect(imports.map(({ source, added, known, id }) => [source, added, known, id])).toEqual([
      ['atuin', 2, 0, 1],
      ['bash', 1, 1, 2],
      ['zsh', 1, 1, 3],
      ['fish', 1, 0, 4],
    ])
    expect(
      (await historyOf(own)).map(({ command, shell, cwd, exit_code }) => [command, shell, cwd, exit_code]),
    ).toEqual([
      ['make all', '?', '/src', 2],
      ['ls -la', 'bash', '?', null],
      ['git status', 'zsh', '?', null],
      ['ls -la', 'zsh', '/home/ann', 0],
      ['cargo build', 'fish', '?', null],
    ])
    const again = await own.json<{ imports: ImportSummary[] }>(['import', 'auto'])
    expect(again.imports.map(({ added, id }) => [added, id])).toEqual(sources.map(() => [0, null]))
    expect((await listed(own)).map(({ id, source, events }) => [id, source, events])).toEqual([
      [4, 'fish', 1],
      [3, 'zsh', 1],
      [2, 'bash', 1],
      [1, 'atuin', 2],
    ])
  })

  test('auto names a history that cannot be read and brings the others; one that somebody does not want is none', async () => {
    const HOME = temporaryHome()
    const run = (...args: string[]) =>
      runKaro(['import', ...args], { ...cleanEnv(own.home), HOME, HISTFILE: '/dev/null' })
    writeFileSync(join(HOME, '.zsh_history'), `: ${at}:0;make\n`)
    expect((await run('auto', '--dry-run')).code).toBe(0)
    writeFileSync(join(HOME, '.bash_history'), Buffer.alloc(1_000, 1))
    const { code, stdout, stderr } = await run('auto', '--dry-run')
    expect([code, stdout]).toEqual([1, expect.stringContaining('1 command of zsh')])
    expect(stderr).toContain('.bash_history: it is no history of bash; it looks like no text')
    expect((await run('bash')).stderr).toContain('looks like no text')
  })

  test('a clock that was ahead when a history was written makes none of its commands the newest for years', async () => {
    const ahead = new Date('2099-01-01')
    const files = [
      write('written-ahead', 'echo a\necho b\n'),
      write('timed-ahead', `echo c\n#${ahead.getTime() / 1000}\necho later\n#999999999999\necho d\n`),
    ]
    utimesSync(files[0]!, ahead, ahead)
    for (const file of files) expect(await bring(own, 'bash', file)).toMatchObject({ added: 2, untimed: 2 })
    const times = (await historyOf(own)).map(({ timestamp }) => Date.parse(timestamp))
    expect(Math.max(...times)).toBeLessThanOrEqual(Date.now())
    for (const _ of files) await karo('import', 'undo', '--yes')
  })

  test.each(['bash', 'zsh', 'fish'])(
    'what is exported for %s is read again, and is known',
    async (format) => {
      const file = path(`exported.${format}`)
      expect((await karo('export', '--format', format, '-o', file)).code).toBe(0)
      const summary = await bring(own, format, file, '--dry-run')
      const events = await historyOf(own)
      expect(summary).toMatchObject({ read: events.length, bad: 0, added: 0 })
      expect(await bring(node, format, file)).toMatchObject({ added: events.length })
      const seconds = ({ timestamp, command }: EventShape) => [timestamp.slice(0, 19), command]
      expect((await historyOf(node)).map(seconds)).toEqual(events.map(seconds))
      await node.json(['import', 'undo', '--yes'])
    },
  )
})

/** More than an import sends at once. */
const COMMANDS = [
  ...Array.from({ length: 1_100 }, (_, i) => `git commit -m "step ${i}, of many"`),
  'cat <<END\nlines, "quotes"\nEND',
  'curl -H "Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789"',
  'rm -rf /',
]
/** So many that something can be typed while they come in. */
const MANY = times(20_000, 40_000)

function largeHistory(lines = MANY): string {
  const file = join(temporaryHome(), 'history')
  const line = (_: unknown, i: number): string => `#${1_600_000_000 + i * 60}\ngit commit -m "change ${i}"\n`
  writeFileSync(file, Array.from({ length: lines }, line).join(''))
  return file
}

/** The program at a terminal of 80 × 24. */
function atTerminal(node: TestNode, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const terminal = spawn(process.execPath, [KARO, ...args], {
    cols: 80,
    rows: 24,
    cwd: node.home,
    env: { ...cleanEnv(node.home), TERM: 'xterm', ...env } as Record<string, string>,
  })
  let shown = ''
  let code: number | undefined
  terminal.onData((text) => (shown += text))
  // As a shell tells it: 130 for what Ctrl-C ended.
  terminal.onExit(({ exitCode, signal }) => (code = signal ? 128 + signal : exitCode))
  atEnd(() => {
    if (code === undefined) terminal.kill('SIGKILL')
  })
  return {
    shown: () => shown,
    type: (keys: string) => terminal.write(keys),
    shows: (what: RegExp) =>
      until(() => what.test(shown) || code !== undefined, { what: `${what} on the screen` }),
    async ended() {
      await until(() => code !== undefined, { what: `the end of it, which shows ${JSON.stringify(shown)}` })
      return code
    },
  }
}

/** A person's own history leaves as a file and comes back without loss, once; at a terminal an import has a bar and can be stopped. */
describe('from one node into another', () => {
  const newestOf = async (one: TestNode) => (await historyOf(one)).toReversed()
  let events: EventShape[]
  beforeAll(async () => {
    for (const { id } of await listed(own)) await own.json(['import', 'undo', String(id), '--yes'])
    await node.json(['history', 'delete', '--before', 'now', '--yes'])
    append(join(node.home, 'spool'), liveName(), records(COMMANDS))
    await until(async () => (await node.status()).store.events === COMMANDS.length, { what: 'all events' })
    events = await newestOf(node)
  })

  const imports = () => listed(own)
  const stored = async (): Promise<number> => (await own.status()).store.events

  afterEach(async () => {
    for (const { id } of await imports()) await own.json(['import', 'undo', String(id), '--yes'])
  })

  test.each(['ndjson'])(
    '%s: the same events and numbers on another machine, and twice does no harm',
    async (format) => {
      const file = join(temporaryHome(), `history.${format}`)
      const exported = await node.karo(['export', '--format', format, '-o', file])
      expect([exported.code, exported.stderr]).toEqual([
        0,
        expect.stringContaining(`${COMMANDS.length} commands are in `),
      ])
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect((await node.karo(['export', '-o', file])).stderr).toContain('there is a file of that name')
      expect((await node.karo(['export', '--format', format])).stdout).toBe(readFileSync(file, 'utf8'))
      // A word is looked for, and is no file.
      expect((await node.karo(['export', file])).stderr).toContain('karo export -o <file>')

      const all = { added: COMMANDS.length, known: 0, too_old: 0, odd_durations: 0 }
      expect(await own.json(['import', file, '--dry-run'])).toEqual({
        ...all,
        dry_run: true,
        id: null,
        interrupted: false,
      })
      expect(await newestOf(own)).toEqual([])
      expect(await own.json(['import', file])).toEqual({
        ...all,
        dry_run: false,
        id: expect.any(Number),
        interrupted: false,
      })
      expect(await newestOf(own)).toEqual(events)
      const { time_range: _, ...numbers } = await own.json<StatisticsShape>(['stats', 'year'])
      const { time_range: __, ...before } = await node.json<StatisticsShape>(['stats', 'year'])
      expect(numbers).toEqual(before)
      expect(await own.json(['import', file])).toMatchObject({ added: 0, known: COMMANDS.length })
      expect(await newestOf(own)).toHaveLength(COMMANDS.length)
      expect(await node.json(['import', file])).toMatchObject({ added: 0, known: COMMANDS.length })
    },
  )

  test('standard input: one node into another through a pipe, and nothing of what is wrong there', async () => {
    const { stdout } = await node.karo(['export'])
    const cut = await own.karo(['import', '-'], stdout.slice(0, -20))
    expect([cut.code, cut.stderr]).toEqual([
      1,
      expect.stringContaining('standard input: nothing was imported'),
    ])
    const all = {
      added: COMMANDS.length,
      known: 0,
      too_old: 0,
      odd_durations: 0,
      dry_run: false,
      id: expect.any(Number),
      interrupted: false,
    }
    expect(JSON.parse((await own.karo(['import', '-', '--json'], stdout)).stdout)).toEqual(all)
    expect(await newestOf(own)).toEqual(events)
  })

  test('a file that changes while it is read: told, with what came of it, which can be taken out at once', async () => {
    const file = join(temporaryHome(), 'restless.ndjson')
    await node.karo(['export', '-o', file])
    const touching = setInterval(() => utimesSync(file, new Date(), new Date()), 1)
    const ran = await own.karo(['import', file]).finally(() => clearInterval(touching))
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('changed while it was read')])
    const [, id] =
      /commands had been added by then: karo import undo (\d+) takes them out/.exec(ran.stderr) ?? []
    expect(ran.stderr).toContain(`${COMMANDS.length} commands had been added by then`)
    expect(await own.json(['import', 'undo', id!, '--yes'])).toMatchObject({ id: Number(id) })
    expect(await newestOf(own)).toEqual([])
  })

  test('a file that somebody made brings in no secret and no name of its own to share', async () => {
    const file = join(temporaryHome(), 'made.ndjson')
    await node.karo(['export', '-o', file])
    const [head, first] = readFileSync(file, 'utf8').split('\n') as [string, string]
    const made = {
      ...(JSON.parse(first) as object),
      command: 'deploy --password=hunter2hunter',
      tool: 'my-secret-project',
      category: 'x',
    }
    writeFileSync(file, `${head}\n${JSON.stringify(made)}\n{"end":1}\n`)
    expect(await own.json(['import', file])).toMatchObject({ added: 1 })
    const [event] = await newestOf(own)
    expect(event).toMatchObject({ category: 'other' })
    expect(event?.command).not.toContain('hunter2')
    expect(JSON.stringify(await own.json(['stats', 'year']))).not.toContain('secret-project')
  })

  test('the API takes no event whose id and timestamp disagree, and nothing beside it', async () => {
    const [, first, second] = (await node.karo(['export'])).stdout.split('\n')
    const good = JSON.parse(first!) as TransferEvent
    const send = (event: unknown) =>
      callDaemon({ socket: join(own.home, 'karo.sock') }, 'POST', '/api/v1/import', {
        events: [JSON.parse(second!), event],
      })
    for (const change of [{ timestamp: '2020-01-01T00:00:00Z' }, { id: 'zzzzzzzzzzzzzzzzzz' }])
      await expect(send({ ...good, ...change })).rejects.toMatchObject({
        code: 'bad_request',
        message: expect.stringContaining('event 1 has an'),
      })
    expect(await newestOf(own)).toEqual([])
    expect(await send(good)).toMatchObject({ added: 2 })
    // The longest command that an export may hold is not too large for a request, in any script.
    expect(await send({ ...good, command: '\u0939'.repeat(262_144) })).toMatchObject({ added: 0 })
  })

  test('a bar within 80 columns, and Ctrl-C: what came is told, and can be taken out', async () => {
    const file = largeHistory()
    const cli = atTerminal(own, ['import', 'bash', file])
    await cli.shows(/\[#+ *\] \d+ % \d+ commands, \d+\/s/)
    // Hooks go on being read, and nobody else is asked in vain.
    append(join(own.home, 'spool'), liveName(), records(['echo typed meanwhile']))
    await until(async () => (await own.json<{ total: number }>(['history', 'meanwhile'])).total === 1, {
      what: 'what was typed meanwhile',
    })
    expect(cli.shown()).not.toContain('commands of bash read')
    cli.type('\x03')
    expect(await cli.ended()).toBe(130)
    for (const line of cli.shown().split(/\r|\n|\x1b\[K/)) expect(line.length).toBeLessThanOrEqual(80)
    // Erased before anything else is said.
    expect(cli.shown()).toMatch(/\r\x1b\[K\d+ commands of bash read/)
    expect(cli.shown()).toContain('The import was interrupted')
    // All that was read is in the history.
    const told = /(\d+) commands of bash read.*added +(\d+)/s.exec(cli.shown())
    expect(told?.[1]).toBe(told?.[2])
    const [one] = await imports()
    expect(one).toMatchObject({ id: expect.any(Number), finished_at: expect.any(String) })
    expect(await stored()).toBe(one!.events + 1)
    expect(one!.events).toBeGreaterThan(0)
    expect(one!.events).toBeLessThan(MANY)

    const asking = atTerminal(own, ['import', 'undo'])
    await asking.shows(/Take out \d+ commands that import \d+ brought .*\? \[y\/N\] $/s)
    for (const line of asking.shown().split(/\r?\n/)) expect(line.length).toBeLessThanOrEqual(80)
    asking.type('\r')
    expect(await asking.ended()).toBe(1)
    expect(await stored()).toBe(one!.events + 1)
    const again = atTerminal(own, ['import', 'undo'])
    await again.shows(/\[y\/N\] $/)
    again.type('y\r')
    expect(await again.ended()).toBe(0)
    expect(again.shown()).toContain(`${one!.events} commands of import ${one!.id} taken out.`)
    expect(await stored()).toBe(1)

    // A terminal that can do nothing gets no bar.
    const dumb = atTerminal(own, ['import', 'bash', largeHistory(2_000)], { TERM: 'dumb' })
    expect(await dumb.ended()).toBe(0)
    expect(dumb.shown()).not.toContain('\x1b')
    expect(dumb.shown()).toMatch(/^2000 commands of bash read/)
  })
})

/** The last, because it ends the daemon. */
describe('several histories, and the first is none of atuin’s', () => {
  let env: NodeJS.ProcessEnv
  beforeAll(() => {
    const home = temporaryHome()
    const places = { HOME: home, XDG_DATA_HOME: join(home, 'data'), XDG_CONFIG_HOME: home, HISTFILE: '' }
    env = cleanEnv(node.home, places)
    mkdirSync(join(home, 'data/atuin'), { recursive: true })
    const other = new DatabaseSync(join(home, 'data/atuin/history.db'))
    other.exec('CREATE TABLE bookmarks (url TEXT)')
    other.close()
    writeFileSync(join(home, '.bash_history'), '#1700000000\nmake all\n')
    writeFileSync(join(home, '.zsh_history'), ': 1700000100:2;git status\n')
  })

  test('it is named, the others come in, and the exit code says that not all did', async () => {
    const ran = await runKaro(['import', 'auto', '--dry-run'], env)
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('but not the one in which atuin')])
    expect(ran.stdout).toMatch(/1 command of bash.*1 command of zsh/s)
    const { code, stdout } = await runKaro(['import', 'auto', '--json'], env)
    expect([code, JSON.parse(stdout)]).toEqual([
      1,
      {
        imports: [
          {
            source: 'atuin',
            file: expect.stringMatching(/history\.db$/),
            error: { code: 'bad_file', message: expect.any(String), where: expect.any(String) },
          },
          expect.objectContaining({ source: 'bash', added: 1, id: expect.any(Number) }),
          expect.objectContaining({ source: 'zsh', added: 1, id: expect.any(Number) }),
        ],
      },
    ])
    for (const { id } of await listed(node)) await node.json(['import', 'undo', String(id), '--yes'])
  })

  test('without a daemon it is said once, and nothing of the histories', async () => {
    await node.stop()
    const ran = await runKaro(['import', 'auto'], env)
    expect([ran.code, ran.stderr]).toEqual([3, expect.not.stringContaining('atuin')])
  })
})
