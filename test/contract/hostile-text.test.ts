// Whatever others have written: no command shows it to a terminal, and no format hands it on, so that it acts or hides.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { OPERATIONS } from '../../src/api/contract/operations/index.ts'
import type { RiskVerdict } from '../../src/assist/risk/index.ts'
import { EXIT, KaroError } from '../../src/base/errors.ts'
import { jsonText } from '../../src/base/printable.ts'
import { BUILD } from '../../src/base/version.ts'
import type { Command } from '../../src/cli/command.ts'
import { logLine } from '../../src/cli/commands/node/logs.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { runCli } from '../../src/cli/run.ts'
import { printVerdict } from '../../src/cli/views/check.ts'
import { type TransferEvent, WRITERS } from '../../src/ops/care/transfer.ts'
import { ANSWERS } from '../support/data/answers.ts'
import { temporaryDirectory } from '../support/data/database.ts'
import { EVERY_HOSTILE, UNSAFE } from '../support/data/hostile-text.ts'
import { playDaemon } from '../support/node/played-daemon.ts'

const root = new URL('../../', import.meta.url).pathname
const COLOUR = /\x1b\[[0-9;:]*m/g
const REDRAWS = /^(\r\x1b\[K|\x1b\[H\x1b\[2J)/

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

interface Ran {
  readonly out: string
  readonly err: string
}

async function run(
  words: readonly string[],
  home: string,
  tty: boolean,
  commands?: readonly Command[],
): Promise<Ran> {
  let out = ''
  let err = ''
  const sink = (add: (text: string) => void) => ({
    write: (text: string | Uint8Array) => add(typeof text === 'string' ? text : Buffer.from(text).toString()),
    ...(tty && { isTTY: true, columns: 100 }),
  })
  await runCli(words, {
    env: { KARO_HOME: home, HOME: home, TERM: 'xterm' },
    stdout: sink((text) => (out += text.replace(REDRAWS, ''))),
    stderr: sink((text) => (err += text.replace(REDRAWS, ''))),
    ...(commands && { commands: [{ name: 'test', group: 'node', load: async () => commands }] }),
  })
  return { out, err }
}

/** Our own colours only where there is a terminal for them. */
function expectInert({ out, err }: Ran, tty: boolean, what: string): void {
  for (const text of [out, err]) {
    const rest = (tty ? text.replace(COLOUR, '') : text).replace(/\r?\n|\t/g, '')
    if (UNSAFE.test(rest)) expect({ what, tty, text: JSON.stringify(rest) }).toBe('inert')
  }
}

/** A value with each text in it made hostile, but for times, which have to be some. */
function poisoned(value: unknown, key = ''): unknown {
  if (typeof value === 'string') {
    return /^\d{4}-\d\d-\d\dT/.test(value) || KEPT.has(key) ? value : value + EVERY_HOSTILE
  }
  if (Array.isArray(value)) return value.map((one) => poisoned(one, key))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, poisoned(one, name)]))
}

/** Fields whose value decides which view is shown: with another they would show none. */
let KEPT: ReadonlySet<string> = new Set()
const DECIDING = new Set([
  ...[
    'granularity',
    'query_type',
    'type',
    'risk_level',
    'level',
    'state',
    'outcome',
    'trust_level',
    'unit',
    'kind',
  ],
  ...['status', 'presence', 'known_by', 'node_id', 'fingerprint', 'target', 'id', 'code'],
])

interface Shape {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Shape>>
  readonly anyOf?: readonly Shape[]
  readonly oneOf?: readonly Shape[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly type?: string
  readonly format?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
  readonly additionalProperties?: Shape | boolean
  readonly propertyNames?: Shape
}

/** A value of that JSON schema with something in each field. */
function sampleOf(shape: Shape, root: Shape = shape): unknown {
  if (shape.$ref !== undefined) return sampleOf(root.$defs?.[shape.$ref.split('/').at(-1)!] ?? {}, root)
  if (shape.const !== undefined) return shape.const
  if (shape.enum !== undefined) return shape.enum[0]
  const [first] = (shape.anyOf ?? shape.oneOf ?? []).filter(({ type }) => type !== 'null')
  if (first !== undefined) return sampleOf(first, root)
  if (shape.type === 'array') return shape.items === undefined ? [] : [sampleOf(shape.items, root)]
  if (shape.type === 'object') {
    const named = Object.entries(shape.properties ?? {}).map(([name, one]) => [name, sampleOf(one, root)])
    const more = typeof shape.additionalProperties === 'object' ? shape.additionalProperties : undefined
    const others = more && (shape.propertyNames?.enum ?? ['x']).map((name) => [name, sampleOf(more, root)])
    return Object.fromEntries([...named, ...(others ?? [])])
  }
  if (shape.type === 'integer' || shape.type === 'number') return 1
  if (shape.type === 'boolean') return true
  return shape.format === 'date-time' ? '2026-11-20T08:15:00.000Z' : 'x'
}

/** What a daemon answers, by `METHOD path`. */
async function answers(): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {}
  for (const { method, path, answer } of OPERATIONS) {
    if (answer === undefined) continue
    const schema = await answer()
    const example = ANSWERS[z.globalRegistry.get(schema)?.id ?? '']
    const sample = example ?? sampleOf(z.toJSONSchema(schema, { unrepresentable: 'any' }) as Shape)
    all[`${method} ${path}`] = poisoned(sample)
  }
  return all
}

/** First words whose commands show no text of others on a terminal, each with its reason. */
const SHOWING_NOTHING: Readonly<Record<string, string>> = {
  up: 'a daemon',
  stop: 'a daemon',
  version: 'what this program is',
  demo: 'what it has made itself',
  mcp: 'JSON for a program',
  acp: 'JSON for a program',
  hook: 'JSON for a program',
  run: 'what another program shows; what it says of sessions passes printable',
  shell: 'a program for a shell',
  completion: 'a program for a shell',
  events: 'a line for each event, without end',
  identity: 'what this node has made',
  init: 'what this node has made',
  service: 'what this node has made',
  backup: 'a file',
  restore: 'a file',
  'report-problem': 'a file',
}

/** They read standard input to its end; what they show, others of their first word show too. */
const WAITS_FOR_INPUT = ['secret set']

/** Every command that shows an answer of the daemon: with each choice of its arguments, and as its examples have it. */
async function showingAnswers(): Promise<string[][]> {
  const entries = COMMANDS.filter(({ name }) => !(name in SHOWING_NOTHING))
  const commands = (await Promise.all(entries.map(({ load }) => load()))).flat()
  return commands
    .filter(({ name, shows }) => shows !== undefined && !WAITS_FOR_INPUT.includes(name))
    .flatMap(({ name, args, examples }) => {
      const values = args.filter(({ required }) => required).map(({ choices }) => choices ?? ['bob'])
      const plain = values.reduce<string[][]>(
        (lines, some) => lines.flatMap((line) => some.map((value) => [...line, value])),
        [name.split(' ')],
      )
      const shown = examples
        .map(({ run }) => run.split(' ').slice(1))
        // A shell would have to read the others, or they do not end.
        .filter((words) =>
          words.every((word) => /^[\w.:=,-]+$/.test(word) && !/^--(follow|watch)$/.test(word)),
        )
      return [...plain, ...shown]
    })
}

/** Command lines that show more of what a daemon says, or what the person typed. */
const MORE = [
  ['history', '--rank'],
  ['history', 'delete', 'x', '--dry-run'],
  ['processes', '--now'],
  ['stats', '--commands'],
  ['knowledge', 'list'],
  ['anomalies', 'show', '3f9a12c4'],
  ['query', 'tools', '--per-node'],
  ['doctor'],
  ['fleet', 'show'],
  [EVERY_HOSTILE],
  ['peers', EVERY_HOSTILE],
  ['history', EVERY_HOSTILE],
  ['history', `--${EVERY_HOSTILE}`],
  ['check', EVERY_HOSTILE],
  ['check', `rm -rf / ${EVERY_HOSTILE}`],
  ['check', '--rules', EVERY_HOSTILE],
  ['explain', `tar ${EVERY_HOSTILE}`],
  ['ask', EVERY_HOSTILE],
  ['fix', EVERY_HOSTILE],
  ['import', EVERY_HOSTILE],
  ['export', '-o', `/nowhere/${EVERY_HOSTILE}`],
  ['config', 'get', EVERY_HOSTILE],
  ['config', 'list'],
  ['guard', 'list'],
  ['guard', 'allow', EVERY_HOSTILE],
  ['guard', 'remove', EVERY_HOSTILE],
  ['policy', 'check', '--as', `role:${EVERY_HOSTILE}`],
  ['policy', 'test', `/nowhere/${EVERY_HOSTILE}`],
] as const

test.each([
  ['free texts', DECIDING],
  ['every text', new Set<string>()],
] as const)('no command shows them: %s', async (_name, kept) => {
  KEPT = kept
  const { home } = await playDaemon(await answers(), BUILD)
  mkdirSync(join(home, 'guard'), { recursive: true })
  // Examples that write a file write it there, and not into the sources.
  vi.spyOn(process, 'cwd').mockReturnValue(home)
  let shown = 0
  for (const words of [...(await showingAnswers()), ...MORE]) {
    // What a terminal is shown goes through one screen, whatever wrote it; JSON has to be inert by itself.
    for (const [tty, json] of [
      [true, []],
      [false, []],
      [false, ['--json']],
    ] as const) {
      const ran = await run([...words.map((word) => word.replaceAll('\0', '')), ...json], home, tty)
      expectInert(ran, tty, [...words, ...json].join(' '))
      if (/\\(x1b|u\{202e\}|u202e)/.test(ran.out + ran.err)) shown++
    }
  }
  // They were there to be shown.
  expect(shown).toBeGreaterThan(60)
})

test('a rules file of somebody else says nothing to the terminal', async () => {
  const home = temporaryDirectory()
  const why = EVERY_HOSTILE.replaceAll('\ud800', '')
  // A text of JSON is one of TOML.
  const rule = `[[deny]]\ncommand = "ls *"\nwhy = ${jsonText(why)}\nsafer = ${jsonText(why)}\n`.replaceAll(
    /\\u(db40|d834)\\u(d[c-f][0-9a-f]{2})/g,
    (pair) => `\\U${JSON.parse(`"${pair}"`).codePointAt(0).toString(16).padStart(8, '0')}`,
  )
  writeFileSync(join(home, 'guard.toml'), rule, { mode: 0o600 })
  let shown = 0
  for (const words of [
    ['check', 'ls -l'],
    ['guard', 'list'],
    ['explain', 'ls -l'],
  ]) {
    for (const tty of [true, false]) {
      const ran = await run(words, home, tty)
      expectInert(ran, tty, words.join(' '))
      if (ran.out.includes('\\u{202e}')) shown++
    }
  }
  expect(shown).toBeGreaterThanOrEqual(4)
  const match = { rule: 'x-deny', risk_level: 'high', why, span: [0, 2] } as const
  const verdict = { command: 'ls -l', risk_level: 'high', decision: 'block', matches: [match], safer: why }
  const text = printVerdict(verdict as unknown as RiskVerdict, { colour: false, columns: 100 })
  expect(text.replaceAll('\n', '')).not.toMatch(UNSAFE)
})

test('nothing a command says reaches a terminal as it is, whatever its view has left out', async () => {
  const careless = (name: string, act: Command['run']): Command => ({
    name,
    summary: 'x',
    args: [],
    options: [],
    examples: [],
    run: act,
  })
  const commands = [
    careless('test out', async (io) => {
      io.out(io.json ? JSON.stringify({ text: EVERY_HOSTILE }) : EVERY_HOSTILE)
      io.err(EVERY_HOSTILE)
      return EXIT.done
    }),
    careless('test bytes', async (io) => {
      if (io.terminal) io.out(Buffer.from(EVERY_HOSTILE))
      return EXIT.done
    }),
    careless('test error', () =>
      Promise.reject(new KaroError('bad_file', EVERY_HOSTILE, { where: EVERY_HOSTILE, hint: EVERY_HOSTILE })),
    ),
    careless('test failure', () => Promise.reject(new Error(EVERY_HOSTILE))),
  ]
  for (const command of commands) {
    for (const tty of [true, false]) {
      for (const json of [[], ['--json']]) {
        const words = [...command.name.split(' '), ...json]
        expectInert(await run(words, temporaryDirectory(), tty, commands), tty, words.join(' '))
      }
    }
  }
})

test('what programs read is exact where it is no terminal', async () => {
  const exact: Command = {
    name: 'test',
    summary: 'x',
    args: [],
    options: [],
    examples: [],
    async run(io) {
      io.out(Buffer.from('\x1b[2J\t'))
      return EXIT.done
    },
  }
  expect((await run(['test'], temporaryDirectory(), false, [exact])).out).toBe('\x1b[2J\t')
})

test('no export hands them on', () => {
  const event: TransferEvent = {
    id: 'a',
    timestamp: '2026-11-20T08:15:00.000Z',
    shell: 'bash',
    command: EVERY_HOSTILE,
    cwd: EVERY_HOSTILE,
    exit_code: 0,
    duration_us: 1,
    risk_level: 'safe',
    category: 'other',
    tool: 'x',
    karo_generated: false,
  }
  for (const { line } of Object.values(WRITERS))
    expect(line(event).replace(/\r?\n|\t/g, '')).not.toMatch(UNSAFE)
})

test('no line of the log', () => {
  const line = {
    level: 'warn',
    time: '2026-11-20T08:15:00.000Z',
    pid: 1,
    msg: EVERY_HOSTILE,
    [EVERY_HOSTILE]: EVERY_HOSTILE,
  }
  expect(logLine(line as never, { colour: false, columns: 80 }).replaceAll('\n', '')).not.toMatch(UNSAFE)
})

test('every command is one of those above, or says why not', async () => {
  const shown = new Set([...(await showingAnswers()), ...MORE].map(([first]) => first))
  const missing = COMMANDS.map(({ name }) => name).filter(
    (name) => !shown.has(name as never) && !(name in SHOWING_NOTHING),
  )
  expect(missing).toEqual([])
})

/** Files that write to a terminal themselves, and what they write. */
const WRITING: Readonly<Record<string, string>> = {
  'src/cli/run.ts': 'the one place that screens what all commands say',
  'src/cli/main.ts': 'words of our own, before anything is loaded',
  'src/muscle/main.ts': 'its log, a document for the doctor, and words of our own: by jsonText',
  'src/cli/run/session.ts': 'the bytes of the tool, which has a terminal of its own',
  'src/cli/passphrase.ts': 'words of our own; what is typed is not echoed',
}

test('texts and JSON go out by the functions that make them safe', () => {
  const found: string[] = []
  for (const entry of readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue
    const path = join(entry.parentPath, entry.name).slice(root.length)
    const text = readFileSync(join(root, path), 'utf8')
    if (/std(out|err)\.write\(/.test(text) && WRITING[path] === undefined)
      found.push(`${path} writes to a terminal`)
    if (
      /^src\/(api\/routes|mcp)\//.test(path) &&
      path !== 'src/api/routes/care/openapi.ts' &&
      text.includes('JSON.stringify(')
    )
      found.push(`${path} sends JSON that is not safe: jsonText`)
  }
  expect(found).toEqual([])
})
