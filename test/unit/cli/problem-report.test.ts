// The problem report: whatever stands in the places it is made from, only numbers and constants of the program get in.
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Operation } from '../../../src/api/contract/operation.ts'
import { KaroError } from '../../../src/base/errors.ts'
import { ownFrames } from '../../../src/base/run/own-frames.ts'
import { problemView } from '../../../src/cli/commands/node/report-problem.ts'
import { buildReport, type ReportSources } from '../../../src/cli/problem-report.ts'
import { homePaths } from '../../../src/config/paths.ts'
import { createPlainLog } from '../../../src/ops/log/log.ts'
import { withSinks } from '../../../src/ops/log/sinks.ts'
import { createProblems } from '../../../src/ops/system/report-problems.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { commandLine } from '../../support/run/command-line.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** One for every kind of thing that must not get in; no word of the program has them. */
const PLANTED = {
  name: 'zqannasmith',
  path: '/home/zqpathzq/work',
  command: 'zqcommand --zqsecretflag',
  node_id: 'karo:ed25519:zqPgUM8n0BxpLfK4LXPRxbiKKaD6BFiblsyDjA7Olzp8',
  address: '203.0.113.77',
  port: '48713',
  token: 'zqtokenAAAABBBBCCCCDDDDEEEE',
  host: 'zqhost.internal.corp',
  team: 'zqteam',
}
const WORDS = [...Object.values(PLANTED), 'zqpathzq', 'zqsecretflag', 'zqPgUM8n0BxpLfK4', 'zqtokenAAAA']
const everything = Object.values(PLANTED).join(' ')

let home: string
beforeEach(() => {
  // Also where it stands.
  home = join(temporaryDirectory(), PLANTED.name)
  mkdirSync(home, { mode: 0o700 })
  for (const directory of ['db', 'spool']) {
    mkdirSync(join(home, directory))
    writeFileSync(join(home, directory, `${PLANTED.team}-${PLANTED.token}`), everything)
  }
  writeFileSync(
    join(home, 'config.toml'),
    `[node]
name = "${PLANTED.name}"
[mesh]
port = ${PLANTED.port}
lan_only = false
listen = ["${PLANTED.address}"]
[discovery]
peers = ["${PLANTED.host}:${PLANTED.port}"]
[history]
ignore = ["${PLANTED.command}"]
[sharing.allow]
peers = ["team:${PLANTED.team}"]
`,
    { mode: 0o600 },
  )
})

const env = (): Record<string, string> => ({
  KARO_HOME: home,
  HOME: PLANTED.path,
  USER: PLANTED.name,
  KARO_TOKEN: PLANTED.token,
  [`KARO_MESH_${PLANTED.team.toUpperCase()}`]: PLANTED.command,
  NODE_OPTIONS: `--require=${PLANTED.path}`,
})

/** The planted words that are in `text`: as they are, in any case, as base64 and hex at any alignment, in parts. */
function found(text: string): string[] {
  const lower = text.toLowerCase()
  return WORDS.filter((word) => {
    const bytes = Buffer.from(word)
    // Characters that do not depend on what stands before or behind.
    const base64 = [0, 1, 2].map((shift) =>
      Buffer.concat([Buffer.alloc(shift), bytes])
        .toString('base64')
        .slice(shift === 0 ? 0 : shift + 1, -4),
    )
    return (
      [word.toLowerCase(), bytes.toString('hex'), encodeURIComponent(word).toLowerCase()].some((form) =>
        lower.includes(form),
      ) ||
      base64.some(
        (form) => text.includes(form) || text.includes(form.replaceAll('+', '-').replaceAll('/', '_')),
      )
    )
  })
}

/** Problems that a program in this directory has, and the log in which they are told. */
function logging(root = ROOT) {
  const problems = createProblems({ root, clock: { now: () => 0, monotonic: () => 5_000 } })
  const log = withSinks(
    createPlainLog('error', () => {}),
    [problems.sink],
  )
  return { problems, log }
}

/** A daemon that has all of it in its log: in texts, fields, codes, stacks, messages, names of children. */
function loggedProblems() {
  const { problems, log: whole } = logging()
  const log = whole.child({ room: PLANTED.name, trace_id: PLANTED.token })
  const error = Object.assign(new TypeError(everything), { code: PLANTED.token })
  error.stack = `${error.stack}
    at ${PLANTED.command} (${ROOT}/chunks/${PLANTED.team}.js:1:2)
    at ${PLANTED.name} (file://${ROOT}/src/${PLANTED.team}.ts:1:2)
    at ${ROOT}/src/../${PLANTED.path}:3:4
    at ${PLANTED.path}/x.ts:3:4`
  for (const peer of [PLANTED.node_id, PLANTED.name]) {
    log.error({ peer, error: error.stack, address: PLANTED.address }, `${everything} failed`)
    log.warn({ peer, reason: `Error: ENOENT: no such file, open '${PLANTED.path}'` }, PLANTED.path)
    log.warn({ peer, code: PLANTED.token, reason: everything }, PLANTED.command)
  }
  return problems
}

function sources(ask: (path: string) => Promise<unknown>): ReportSources {
  const daemon = { look: (operation: Operation) => ask(operation.path) } as ReportSources['daemon']
  const paths = homePaths(env())
  return { paths, service: false, env: env(), daemon, root: ROOT, now: Date.UTC(2026, 10, 20) }
}

/** Every string anywhere in it replaced by what is planted, and unknown members added. */
function poisoned(value: unknown): unknown {
  // One word by itself, and all together.
  if (typeof value === 'string') return value.length % 2 === 0 ? everything : PLANTED.name
  if (Array.isArray(value)) return [...value.map(poisoned), everything, PLANTED.node_id]
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, of]) => [name, poisoned(of)])
  return Object.fromEntries([...entries, [PLANTED.name, everything], [PLANTED.node_id, 7]])
}

const STATUS = {
  node_id: 'x',
  name: 'x',
  version: '0.1.0',
  uptime_seconds: 12,
  mesh: {
    listen: ['x'],
    peers_connected: 3,
    peers_trusted: 2,
    peers_pending: 1,
    members_known: 4,
    rejected: { stale: 9 },
  },
  store: { events: 100, bytes: 2_000 },
  spool: { pending_bytes: 1, dropped: 2 },
  health: {
    ready: false,
    checks: [
      { name: 'store.open', ok: true, detail: 'x' },
      { name: 'mesh.listening', ok: false, detail: 'x' },
    ],
  },
}

test('who may not see a part is told who may', async () => {
  const report = await buildReport(
    sources(async (path) => {
      if (path === '/api/v1/status') return STATUS
      throw new KaroError('refused', 'only an administrator of this node may do this')
    }),
  )
  const closed = (service: boolean) => ({
    ...report,
    program: { ...report.program, service },
    home: { ...report.home, database: { error: 'EACCES' } },
  })
  const shown = (service: boolean) => problemView(closed(service), 'r.json', { colour: false, columns: 80 })
  for (const part of ['database', 'problems'])
    expect(shown(true)).toMatch(new RegExp(`^${part} .*sudo karo report-problem$`, 'm'))
  // What cannot be read in a home of one's own has another cause.
  expect(shown(false)).toMatch(/^database +unknown \(EACCES\)$/m)
  expect(shown(false)).not.toContain('sudo')
})

describe('nothing planted gets into a report', () => {
  test('from the log, the configuration, the environment, the home and the names of files', async () => {
    const problems = loggedProblems()
    const told = problems.report(Buffer.alloc(32, 1))
    expect(found(JSON.stringify(told))).toEqual([])
    const report = await buildReport(
      sources(async (path) =>
        path === '/api/v1/status' ? { ...STATUS, node_id: PLANTED.node_id } : { problems: told },
      ),
    )
    expect(found(JSON.stringify(report))).toEqual([])
    expect(found(problemView(report, 'r.json', { colour: true, columns: 80 }))).toEqual([])
    // It is about them nevertheless.
    expect(report.config).toEqual({
      changed: [
        'node.name',
        'mesh.port',
        'mesh.listen',
        'mesh.lan_only',
        'discovery.peers',
        'sharing.allow.peers',
        'history.ignore',
      ],
      problem: null,
    })
    expect(report.home.spool).toEqual({ files: 1, bytes: everything.length })
  })

  test('from a daemon that answers with it in every place', async () => {
    const problems = loggedProblems()
      .report(Buffer.alloc(32, 1))
      .map((problem) => ({
        ...(poisoned(problem) as object),
        // Whatever else it says of it.
        level: problem.level,
        at: `src/${PLANTED.team}.ts:1:2`,
        stack: [`chunks/${PLANTED.name}.js:1:2`, everything],
      }))
    const report = await buildReport(
      sources(async (path) => (path === '/api/v1/status' ? poisoned(STATUS) : { problems, [everything]: 1 })),
    )
    expect(found(JSON.stringify(report))).toEqual([])
    expect(found(problemView(report, 'r.json', { colour: false, columns: 80 }))).toEqual([])
    const daemon = report.daemon as Extract<typeof report.daemon, { counts: unknown }>
    expect(daemon.counts['mesh.peers_connected']).toBe(3)
    expect(daemon.version).toBe(null)
    const told = daemon.problems as Exclude<typeof daemon.problems, { error: string }>
    expect(told.map(({ at, kind, code }) => [at, kind, code])).toEqual(Array(3).fill([null, null, null]))
    // Poisoned as a whole, level and all.
    const whole = await buildReport(sources(async () => poisoned({ ...STATUS, problems })))
    expect(found(JSON.stringify(whole))).toEqual([])
  })

  test('from errors: of the daemon, of the file', async () => {
    const failing = Object.assign(new Error(everything), { code: PLANTED.token })
    const told = await buildReport(sources(() => Promise.reject(failing)))
    expect(told.daemon).toEqual({ error: 'internal' })
    const broken = temporaryDirectory()
    writeFileSync(join(broken, 'config.toml'), `${everything} = `, { mode: 0o600 })
    const paths = homePaths({ KARO_HOME: broken })
    const report = await buildReport({
      ...sources(() => Promise.reject(new KaroError('not_running', everything))),
      paths,
      env: {},
    })
    expect(found(JSON.stringify([told, report]))).toEqual([])
    expect([report.config.problem, report.daemon]).toEqual(['bad_config', { error: 'not_running' }])
  })

  test('the search itself finds what is there', () => {
    for (const [i, word] of WORDS.entries()) {
      expect(found(`x${word}`), word).toContain(word)
      expect(found(`${'x'.repeat(i)}${Buffer.from(word).toString('hex')}`), word).toContain(word)
      for (const before of ['', 'a', 'ab']) {
        expect(found(Buffer.from(`${before}${word}---`).toString('base64')), word).toContain(word)
      }
    }
  })
})

describe('what a report is for', () => {
  test('whoever may not see the problems of the daemon gets the rest', async () => {
    const report = await buildReport(
      sources(async (path) => {
        if (path === '/api/v1/status') return STATUS
        throw new KaroError('refused', everything)
      }),
    )
    expect(report.daemon).toMatchObject({
      ready: false,
      checks: [
        { name: 'store.open', ok: true },
        { name: 'mesh.listening', ok: false },
      ],
      rejected: { stale: 9, replayed: 0 },
      problems: { error: 'refused' },
    })
  })

  test('it says where in the program, which error, how often, and whether it was the same node', () => {
    const told = loggedProblems().report(Buffer.alloc(32, 1))
    expect(told).toHaveLength(3)
    const [third, second, first] = told
    expect(first).toMatchObject({ level: 'error', kind: 'TypeError', code: null, times: 2 })
    expect(second).toMatchObject({ level: 'warn', kind: 'Error', code: 'ENOENT', times: 2 })
    expect(third).toMatchObject({ level: 'warn', kind: null, code: null })
    for (const { peers } of told) expect(peers).toHaveLength(2)
    expect(first!.peers).toEqual(second!.peers)
    // Another report has another salt.
    expect(loggedProblems().report(Buffer.alloc(32, 2))[0]!.peers).not.toEqual(third!.peers)
  })

  test('the place is that of whoever logged, in files of ours', async () => {
    // A file of ours by name, so that its frames count.
    const stack = [
      'Error',
      `    at f (${ROOT}/src/ops/a.ts:1:2)`,
      `    at ${ROOT}/node_modules/x/y.ts:3:4`,
      '    at g (node:fs:5:6)',
      `    at async h (file://${ROOT}/chunks/main-AB_c.js:7:8)`,
    ]
    expect(ownFrames(stack.join('\n'), ROOT)).toEqual(['src/ops/a.ts:1:2', 'chunks/main-AB_c.js:7:8'])
    // A program of one file, that logs.
    const root = temporaryDirectory()
    mkdirSync(join(root, 'chunks'))
    writeFileSync(join(root, 'chunks/main-X.js'), "export const say = (log) =>\n  log.warn({}, 'here')\n")
    const { problems, log } = logging(root)
    const { say } = (await import(join(root, 'chunks/main-X.js'))) as { say: (to: typeof log) => void }
    say(log)
    // This test is no file of that program: nothing is told, rather than the place of the sink.
    log.warn({}, 'there')
    expect(problems.report(Buffer.alloc(1)).map(({ at }) => at)).toEqual([
      null,
      expect.stringMatching(/^chunks\/main-X\.js:2:\d+$/),
    ])
  })

  test('places are bounded, and the quiet ones go first', () => {
    const { problems, log } = logging()
    for (let i = 1; i < 200; i++) {
      log.error({ error: `Error: x\n    at ${ROOT}/src/daemon/main.ts:${i}:1`, peer: `p${i}` }, 'x')
    }
    const told = problems.report(Buffer.alloc(1))
    expect(told).toHaveLength(64)
    expect(told[0]!.stack).toEqual(['src/daemon/main.ts:199:1'])
  })
})

test('karo report-problem writes one file that only its owner can read, also when no daemon runs, and never over another', async () => {
  const reported = async (output: string, ...more: string[]) => {
    const words = ['report-problem', '--output', output, ...more]
    const { code, out, err } = await commandLine(words, { env: env() })
    return { code, said: out + err }
  }
  const file = join(home, '..', 'report.json')
  const { code, said } = await reported(file)
  expect([code, said]).toEqual([0, expect.stringContaining('does not run')])
  expect(said).toContain(file)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const taken = expect.stringContaining('a file of that name already')
  expect(await reported(file)).toEqual({ code: 1, said: taken })
  expect(JSON.parse((await reported(`${file}.2`, '--json')).said)).toMatchObject({
    file: `${file}.2`,
    report: { daemon: { error: 'not_running' } },
  })
  expect((await reported(join(home, 'nowhere', 'x'))).code).toBe(1)
})
