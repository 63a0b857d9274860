// Histories that real shells wrote come in whole, once, beside what Karo recorded of the same shells; and go out again.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EventShape, ImportListShape } from '../../../src/api/contract/shapes.ts'
import type { ImportSummary } from '../../../src/cli/import/summary.ts'
import { makeAtuin } from '../../support/data/atuin.ts'
import { append, liveName, records } from '../../support/data/spool.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import { cleanEnv, runKaro, startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { times } from '../../support/run/thorough.ts'
import { until } from '../../support/run/until.ts'
import { isInstalled } from '../../support/shell/hook-cases.ts'
import { type Program, type ShellOptions, startShell } from '../../support/shell/hooked-shell.ts'

const historyOf = async (node: TestNode): Promise<EventShape[]> =>
  (await node.json<{ events: EventShape[] }>(['history', '--limit', '10000'])).events.toReversed()
const textsOf = async (node: TestNode): Promise<string[]> =>
  (await historyOf(node)).map(({ command }) => command)
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

describe('a home with several histories', () => {
  let home: string
  let own: TestNode
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

  test('what is typed now would be kept out of: so is what is imported; secrets, risk and lines that are none', async () => {
    const file = write(
      'mixed',
      [
        ...['#1700001000', ' private', '#1700001001', 'pass show bank', '#1700001002', 'rm -rf /'],
        ...['#1700001003', 'curl -H "Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789" x.example'],
        ...['#1700001004', '\0\0\0', '#1700001005', `echo ${'x'.repeat(70_000)}`, 'half'],
      ].join('\n'),
    )
    const summary = await bring(own, 'bash', file)
    expect(summary).toMatchObject({ read: 5, added: 3, ignored: 2, redacted: 1, cut: 1, bad: 2 })
    expect(summary.bad_lines).toEqual([
      { line: 10, problem: 'holds NUL bytes and nothing else' },
      { line: 13, problem: expect.stringContaining('has no line end') },
    ])
    const found = (await historyOf(own)).filter(({ timestamp }) => timestamp.startsWith('2023-11-14T22:30'))
    expect(found.map(({ risk_level }) => risk_level)).toEqual([
      'critical',
      expect.any(String),
      expect.any(String),
    ])
    expect(found[1]!.command).not.toContain('abcdefghij')
    expect(found[2]!.command).toMatch(/ …\[cut\]$/)
    const people = await karo('import', 'bash', file)
    expect(people.stdout).toContain('line 10 holds NUL bytes')
    expect(await own.json(['import', 'undo', '-y'])).toMatchObject({ removed: 3 })
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

/** So many that something can be typed while they come in. */
const LARGE = times(15_000, 30_000)

test('hooks go on being read while a large import comes in, and nobody else is asked in vain', async () => {
  const file = join(temporaryHome(), 'large')
  writeFileSync(
    file,
    Array.from({ length: LARGE }, (_, i) => `#${1_600_000_000 + i * 60}\ngit commit -m "change ${i}"\n`).join(
      '',
    ),
  )
  const own = node
  let done = false
  const running = own.json<ImportSummary>(['import', 'bash', file]).finally(() => {
    done = true
  })
  await until(async () => (await own.status()).store.events > 0, { what: 'the first of them' })
  expect(done).toBe(false)
  append(join(own.home, 'spool'), liveName(), records(['echo typed meanwhile']))
  const typed = async () =>
    (await callDaemon({ socket: join(own.home, 'karo.sock') }, 'GET', '/api/v1/history?word=meanwhile')) as {
      total: number
    }
  await until(async () => (await typed()).total === 1, { what: 'what was typed meanwhile' })
  expect(done).toBe(false)
  expect(await running).toMatchObject({ added: LARGE })
  expect(await own.json(['import', 'undo', '--yes'])).toMatchObject({ removed: LARGE })
  expect(await textsOf(own)).toEqual(['echo typed meanwhile'])
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
