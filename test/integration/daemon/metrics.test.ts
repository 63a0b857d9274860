// Metrics, logs and traces of two real daemons: what is made of them names only what there is, and none names a person nor what was typed.

import { spawnSync } from 'node:child_process'
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AuditEntryShape, QueryResult, TaskShape } from '../../../src/api/contract/shapes.ts'
import { LOG_LEVELS } from '../../../src/base/run/log.ts'
import { METRICS, OTHER } from '../../../src/ops/metrics/table.ts'
import { serverDirectory } from '../../support/agents/server.ts'
import { append, deadName, records } from '../../support/data/spool.ts'
import { befriend, nextTo } from '../../support/mesh/honest.ts'
import { providersHere } from '../../support/muscle/muscle.ts'
import { startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { type OtlpCollector, startOtlp } from '../../support/node/otlp.ts'
import { until } from '../../support/run/until.ts'
import type { SessionCodeShape } from '../../support/shapes.ts'
import { openBash } from '../../support/shell/pty.ts'
import { inTerminal } from '../../support/shell/terminal-run.ts'

const ROOT = join(import.meta.dirname, '../../..')
const RULES = join(ROOT, 'configs/prometheus/karo-alerts.yml')
const hasPromtool = spawnSync('promtool', ['--version']).error === undefined
if (!hasPromtool) process.stderr.write('no promtool here: rules and expressions are not checked\n')

/** Names people give, and what they type: none of it may be in a log. */
const NAMES = { peer: 'zqpeername', team: 'zqteamname', role: 'zqrolename' }
const TYPED = ['zqtyped', 'zqsearched', 'zqchecked', 'zqmistyped', 'zqnobody']

const [jails] = await providersHere()
/** What people type and name, and what they keep secret. */
const CANARIES = [
  'canary-typed',
  'canary-searched',
  'canary-checked',
  'canary-agent',
  'canary-given',
  'hunter2',
]

let collector: OtlpCollector
let ann: TestNode
let bob: TestNode
/** Has no key for traces. */
let eve: TestNode
beforeAll(async () => {
  collector = await startOtlp()
  const traces = `[forward]\ntraces = "${collector.url}"\n`
  // Nobody listens there: it is run as by a service manager.
  const env = { NOTIFY_SOCKET: '@karo-test-nobody', WATCHDOG_USEC: '20000000', KARO_LOG_LEVEL: 'debug' }
  bob = await startNode({ name: 'zqbob', config: traces, env })
  const config = `${traces}[agents]\nenabled = true\n${await nextTo(bob)}`
  ann = await startNode({ name: 'zqann', config, env })
  eve = await startNode({ name: 'eve' })
  await befriend(bob, ann)
})

/** One request as a scraper sends it, over the control socket. */
function get(node: TestNode, path: string, accept = '*/*'): Promise<{ head: string; body: string }> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(join(node.home, 'karo.sock'))
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (part) => (text += part))
    socket.on('error', reject)
    socket.on('end', () => {
      const [head = '', body = ''] = text.split('\r\n\r\n', 2)
      resolve({ head, body })
    })
    socket.write(`GET ${path} HTTP/1.0\r\nhost: localhost\r\naccept: ${accept}\r\n\r\n`)
  })
}

const metricsOf = async (node: TestNode): Promise<string> => (await get(node, '/metrics')).body

const reading = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

function promtool(args: readonly string[], input = ''): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' })
  return { code: status, said: stdout + stderr }
}

describe('a real daemon', () => {
  test('counts what happens to it, where it happens', async () => {
    const result = await ann.json<QueryResult>(['query', 'health'])
    expect(result.status).toBe('success')
    const asked = await metricsOf(ann)
    expect(
      reading(asked, 'karo_query_duration_seconds_count{query_type="NodeHealth",ended_by="all_done"}'),
    ).toBe(1)
    expect(reading(asked, 'karo_query_members_total{outcome="answered"}')).toBe(1)
    expect(reading(asked, 'karo_api_requests_total{route="/api/v1/query",method="POST",class="2xx"}')).toBe(1)
    expect(reading(asked, 'karo_mesh_neighbours')).toBe(1)
    expect(reading(asked, 'karo_mesh_members{presence="online"}')).toBe(1)
    expect(reading(asked, 'karo_mesh_clock_skew_seconds')).toBeLessThan(60)
    const answered = await metricsOf(bob)
    expect(reading(answered, 'karo_answers_total{query_type="NodeHealth",status="success"}')).toBe(1)
    for (const text of [asked, answered]) {
      expect(reading(text, 'karo_ready')).toBe(1)
      expect(reading(text, 'karo_store_probe_success')).toBe(1)
      expect(reading(text, 'karo_audit_entries_total')).toBeGreaterThan(0)
      expect(reading(text, 'process_open_fds')).toBeGreaterThan(5)
    }
  })

  test('names nobody and nothing: no node, no address, no path, no word of a caller', async () => {
    const { node_id, fingerprint } = await bob.status()
    for (let i = 0; i < 50; i++) await get(ann, `/api/v1/zqroute${i}?zq=${i}`)
    const text = await metricsOf(ann)
    for (const word of ['zq', node_id, fingerprint, node_id.slice(13, 33), ann.home, '10.99.', '127.0.0.1']) {
      expect(text.includes(word), word).toBe(false)
    }
    // What is in no table is an attempt, or a check that src/base/run/checks.ts does not know.
    const others = text.split('\n').filter((line) => line.includes(`"${OTHER}"`))
    expect(others.every((line) => line.includes(`route="${OTHER}"`))).toBe(true)
    expect(others.length).toBeGreaterThan(0)
  })

  test('has every metric of the table, and promtool finds nothing to say about them', async () => {
    const { head, body } = await get(ann, '/api/v1/metrics')
    expect(head).toMatch(/content-type: text\/plain; version=0\.0\.4/i)
    const types = Array.from(body.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name, type]) => [name, type])
    expect(Object.fromEntries(types)).toEqual(
      Object.fromEntries(Object.entries(METRICS).map(([name, { type }]) => [name, type])),
    )
    const open = await get(ann, '/metrics', 'application/openmetrics-text; version=1.0.0')
    expect(open.head).toMatch(/content-type: application\/openmetrics-text; version=1\.0\.0/i)
    expect(open.body.endsWith('# EOF\n')).toBe(true)
    if (hasPromtool) expect(promtool(['check', 'metrics'], body)).toEqual({ code: 0, said: '' })
  })

  test('a reload that fails and one that works are told, and so is the watchdog', async () => {
    const file = join(ann.home, 'config.toml')
    const before = readFileSync(file, 'utf8')
    const reload = async (text: string, successful: number): Promise<void> => {
      writeFileSync(file, text, { mode: 0o600 })
      ann.process.kill('SIGHUP')
      await until(
        async () => reading(await metricsOf(ann), 'karo_config_last_reload_successful') === successful,
        { what: `the reload shows as ${successful}`, pollMs: 50 },
      )
    }
    expect(reading(await metricsOf(ann), 'karo_config_last_reload_successful')).toBe(1)
    await reload('nonsense', 0)
    await reload(before, 1)
    const text = await metricsOf(ann)
    expect(reading(text, 'karo_watchdog_limit_seconds')).toBe(20)
    expect(Date.now() / 1000 - (reading(text, 'karo_watchdog_last_fed_timestamp_seconds') ?? 0)).toBeLessThan(
      60,
    )
  })
})

/** Names that stand for metrics in PromQL: ours, and those every exporter has. */
const namesIn = (expressions: string): string[] => [
  ...new Set(Array.from(expressions.matchAll(/\b(?:karo|process|nodejs)_[a-z_]+\b/g), ([name]) => name)),
]

function expectKnown(names: readonly string[], text: string): void {
  const known = Array.from(text.matchAll(/^# TYPE (\S+) (\S+)$/gm)).flatMap(([, name = '', type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  )
  expect(names.filter((name) => !known.includes(name))).toEqual([])
  expect(names.length).toBeGreaterThan(10)
}

describe('the alert rules', () => {
  const rules = readFileSync(RULES, 'utf8')
  const tested = ['.test.yml', '-days.test.yml'].map((end) => RULES.replace('.yml', end))
  const tests = tested.map((file) => readFileSync(file, 'utf8')).join('')
  const alerts = Array.from(rules.matchAll(/^ +- alert: (\w+)$/gm), ([, name]) => name as string)

  test('use metrics that a real daemon has', async () => {
    const expressions = rules.replace(/^ +(summary|description): .*$/gm, '').replace(/^ +- alert:.*$/gm, '')
    expectKnown(namesIn(expressions), await metricsOf(ann))
  })

  test('each has a test in which it fires, and its words say what to do', () => {
    expect(alerts.length).toBeGreaterThan(20)
    expect(new Set(alerts).size).toBe(alerts.length)
    for (const alert of alerts) {
      expect(tests, alert).toContain(`- name: ${alert}\n`)
      const rule = rules.slice(rules.indexOf(`- alert: ${alert}\n`)).split('- alert:', 2)[1] ?? ''
      expect(rule, alert).toMatch(/severity: (critical|warning|info)/)
      expect(rule, alert).toMatch(/summary: ".+"\n +description: ".+"/)
    }
  })

  test.skipIf(!hasPromtool)('please promtool, and do in its tests what they should', () => {
    expect(promtool(['check', 'rules', RULES])).toMatchObject({ code: 0 })
    expect(promtool(['test', 'rules', ...tested])).toMatchObject({ code: 0 })
    const scrape = join(ROOT, 'configs/prometheus/scrape.yml')
    expect(promtool(['check', 'config', '--syntax-only', scrape])).toMatchObject({ code: 0 })
  })
})

interface Dashboard {
  readonly uid: string | null
  readonly id: number | null
  readonly schemaVersion: number
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly query: unknown }[]
  }
  readonly panels: readonly Panel[]
}
interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource?: { readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly {
    readonly expr: string
    readonly refId: string
    readonly datasource: { readonly uid: string }
  }[]
}

describe('the dashboard', () => {
  const dashboard = JSON.parse(readFileSync(join(ROOT, 'configs/grafana/karo.json'), 'utf8')) as Dashboard
  const shown = dashboard.panels.filter(({ type }) => type !== 'row')
  const expressions = shown.flatMap(({ targets }) => targets?.map(({ expr }) => expr) ?? [])

  test('can be imported anywhere: nothing in it belongs to one Grafana', () => {
    expect([dashboard.uid, dashboard.id]).toEqual([null, null])
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36)
    const variables = dashboard.templating.list
    expect(variables.find(({ type }) => type === 'datasource')).toMatchObject({
      name: 'datasource',
      query: 'prometheus',
    })
    for (const { title, datasource, targets = [] } of shown) {
      for (const source of [datasource, ...targets.map((target) => target.datasource)]) {
        expect(source?.uid, title).toBe('${datasource}')
      }
    }
    const used = JSON.stringify(expressions).match(/\$\{?[a-z_]+/g) ?? []
    const known = [...variables.map(({ name }) => name), '__rate_interval']
    expect([...new Set(used)].filter((one) => !known.includes(one.replace(/^\$\{?/, '')))).toEqual([])
  })

  test('every panel says what it shows, and none lies on another', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
    const cells = new Set<string>()
    for (const { title, description, type, gridPos, targets } of dashboard.panels) {
      expect(title).not.toBe('')
      if (type !== 'row')
        expect([Boolean(description), targets?.length ?? 0], title).toEqual([
          true,
          expect.toSatisfy((n: number) => n > 0),
        ])
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(cells.has(`${x},${y}`), title).toBe(false)
          cells.add(`${x},${y}`)
        }
      }
    }
  })

  test('asks for metrics that a real daemon has', async () => {
    expectKnown(namesIn(expressions.join('\n')), await metricsOf(ann))
  })

  test.skipIf(!hasPromtool)('every expression is PromQL', () => {
    // As rules, which promtool reads one by one; with values where Grafana would put some.
    const rules = expressions.map((expr, i) => {
      const filled = expr.replaceAll('$__rate_interval', '5m').replace(/\$\{?\w+\}?/g, '.*')
      return `  - record: "panel:${i}"\n    expr: ${JSON.stringify(filled)}\n`
    })
    const file = join(temporaryHome(), 'panels.yml')
    writeFileSync(file, `groups:\n- name: panels\n  rules:\n${rules.join('')}`)
    expect(promtool(['check', 'rules', file])).toMatchObject({ code: 0 })
    expect(expressions.length).toBeGreaterThan(30)
  })
})

interface LogLine {
  readonly level: string
  readonly msg: string
}

const logOf = (node: TestNode): LogLine[] =>
  node
    .log()
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogLine] : []))

const ledgerOf = async (node: TestNode): Promise<readonly AuditEntryShape[]> =>
  (await node.json<{ entries: AuditEntryShape[] }>(['audit', 'log'])).entries

describe('the log', () => {
  test('names no person, holds nothing that was typed, and every line has a level of its own', async () => {
    const { node_id } = await bob.status()
    await ann.json([
      'peers',
      'trust',
      node_id,
      '--name',
      NAMES.peer,
      '--team',
      NAMES.team,
      '--role',
      NAMES.role,
    ])
    await ann.json(['share', 'allow', NAMES.peer])
    await ann.json(['share', 'allow', `team:${NAMES.team}`])
    const result = await ann.json<QueryResult>(['query', 'health', '--team', NAMES.team, '--per-node'])
    expect(result.team).toBe(NAMES.team)

    const rc = join(temporaryHome(), 'rc')
    writeFileSync(rc, (await ann.karo(['shell', 'init', 'bash'])).stdout)
    const bash = await openBash({ rc, env: { KARO_HOME: ann.home } })
    await bash.run(`echo ${TYPED[0]} > /dev/null`)
    await bash.close()
    await until(async () => (await ann.json<{ total: number }>(['history', TYPED[0]!])).total > 0, {
      what: 'what was typed is stored',
      pollMs: 100,
    })
    // What people look for, and what they get wrong.
    for (const words of [
      ['history', TYPED[1]!],
      ['check', `rm -rf /${TYPED[2]}`],
      ['peers', 'explain', TYPED[3]!],
      ['peers', 'trust', TYPED[4]!],
      ['share', 'stop', `role:${NAMES.role}`],
      ['query', 'tools', '--where', `tool=${TYPED[3]}`],
      ['audit', 'log', '--peer', NAMES.peer],
    ]) {
      await ann.karo(words)
    }
    await bob.karo(['query', 'tools'])
    for (const node of [ann, bob]) {
      const log = node.log()
      for (const word of [...Object.values(NAMES), ...TYPED]) expect(log.includes(word), word).toBe(false)
      const lines = logOf(node)
      expect(lines.length).toBeGreaterThan(20)
      for (const { level, msg } of lines) expect(LOG_LEVELS, msg).toContain(level)
      // Nor does the daemon tell it to those who follow.
      const told = (await node.karo(['logs', 'tail', '-n', '1000', '--json'])).stdout
      for (const word of [...Object.values(NAMES), ...TYPED]) expect(told.includes(word), word).toBe(false)
    }
    // A ledger belongs to whoever is asked about; a name in it is the node's id.
    expect(JSON.stringify(await ledgerOf(bob))).not.toContain(NAMES.peer)
  })
})

const ofTrace = (trace: string) => collector.spans().filter((span) => span.trace === trace)
const nodeOf = async (node: TestNode) => (await node.status()).node_id

test('a question is one trace: the request, the asking, and the answer of the other node below it', async () => {
  const { trace_id: trace } = await ann.json<QueryResult>(['query', 'health'])
  const names = ['POST /api/v1/query', 'answer a question', 'ask the mesh']
  await until(() => ofTrace(trace).length >= 3, { what: 'all steps have come' })
  const spans = ofTrace(trace).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  expect(spans.map(({ name }) => name)).toEqual(names)
  const [request, answer, asking] = spans
  expect(request).toMatchObject({
    parent: undefined,
    attributes: { 'http.route': '/api/v1/query', 'http.response.status_code': 200 },
    resource: { 'service.name': 'karo', 'service.instance.id': await nodeOf(ann), 'host.name': 'zqann' },
  })
  expect(answer).toMatchObject({
    parent: request!.id,
    attributes: { 'karo.query_type': 'NodeHealth', 'karo.decision': 'allow', 'karo.peer': await nodeOf(ann) },
    resource: { 'service.instance.id': await nodeOf(bob) },
  })
  expect(asking).toMatchObject({ parent: request!.id, attributes: { 'karo.known': 1, 'karo.answered': 1 } })
  for (const { ms } of spans) expect(ms).toBeGreaterThanOrEqual(0)
  expect(new Set(spans.map(({ id }) => id)).size).toBe(3)
})

test.skipIf(jails?.problem !== undefined)('a task leads from its request to the jail', async () => {
  const directory = serverDirectory()
  const program = realpathSync(process.execPath)
  const read = [directory, program].flatMap((place) => ['--read', place])
  const server = ['--', program, `${directory}/server.mjs`]
  const added = inTerminal(['agent', 'add', 'canary-agent', ...read, ...server], ann.home)
  expect(await added.ended(), added.shown()).toBe(0)
  // The task is to start it.
  expect((await ann.karo(['agent', 'stop', 'canary-agent'])).code).toBe(0)
  const given = JSON.stringify({ text: 'canary-given' })
  const ran = await ann.karo(['task', 'run', 'canary-agent', 'echo', given, '--id', 'traced'])
  expect(ran, ran.stderr).toMatchObject({ code: 0 })
  const { trace_id: trace } = await ann.json<TaskShape>(['task', 'show', 'traced'])
  await until(() => ofTrace(trace).some(({ name }) => name === 'run a task'), { what: 'the task has come' })
  await ann.karo(['task', 'run', 'canary-agent', 'echo', given, '--id', 'traced-again'])
  const { trace_id: again } = await ann.json<TaskShape>(['task', 'show', 'traced-again'])
  // The jail of the agent lives on, so its own step ends with it.
  await ann.karo(['agent', 'stop', 'canary-agent'])
  await until(() => ofTrace(trace).some(({ name }) => name === 'run in a jail'), {
    what: 'the jail has ended',
  })
  const top = ofTrace(trace).filter(({ parent }) => parent === undefined)
  expect(top.map(({ id }) => id)).toEqual([trace.slice(0, 16)])
  expect(ofTrace(trace).every(({ id, parent }) => id === top[0]!.id || parent === top[0]!.id)).toBe(true)
  // The Muscle has no network; its log has the trace of each job, and of each call in one that runs already.
  const logged = (by: string) =>
    ann
      .log()
      .split('\n')
      .filter((line) => line.includes(by))
      .join('\n')
  for (const said of ['a job is asked for', 'a call is handed to a job', 'a job ended'])
    expect(logged(trace)).toContain(said)
  expect(logged(again)).toContain('a call is handed to a job')
  expect(logged(again)).not.toContain('a job is asked for')
})

test('a request of the page, or of a program that traces itself, keeps its trace', async () => {
  const { page } = await ann.json<SessionCodeShape>(['dashboard'])
  const { token } = await ann.json<{ token: string }>(['token', 'create', '--name', 'canary-given'])
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
  const headers = { authorization: `Bearer ${token}`, traceparent: `00-${trace}-00f067aa0ba902b7-01` }
  for (const path of ['status', 'peers'])
    expect((await fetch(`${new URL(page!).origin}/api/v1/${path}`, { headers })).status).toBe(200)
  await until(() => ofTrace(trace).length === 2, { what: 'both requests' })
  expect(ofTrace(trace).map(({ name, parent }) => [name, parent])).toEqual([
    ['GET /api/v1/status', undefined],
    ['GET /api/v1/peers', trace.slice(0, 16)],
  ])
})

test('nothing that anybody typed, named or keeps secret is in them, and a node without the key sends none', async () => {
  for (const node of [ann, bob]) {
    const typed = ['echo canary-typed', 'mysql --password=hunter2', 'canary-typed --token hunter2']
    append(join(node.home, 'spool'), deadName(1), records(typed, 1, { start: Date.now() * 1000 }))
    await until(async () => (await node.json<{ total: number }>(['history'])).total > 0, { what: 'recorded' })
    await node.karo(['history', 'canary-searched'])
    await node.karo(['check', 'rm -rf canary-checked'])
    await node.karo(['peers', 'trust', 'canary-given'])
    await node.karo(['ask', 'delete canary-searched'])
    await node.karo(['share', 'allow', 'team:canary-given'])
    await node.karo(['canary-typed'])
    await node.karo(['query', 'tools', '--per-node'])
  }
  await eve.karo(['query', 'health'])
  const { trace_id: last } = await ann.json<QueryResult>(['query', 'tools'])
  await until(() => ofTrace(last).length >= 3, { what: 'the last question has come' })
  for (const canary of CANARIES) expect(collector.text().includes(canary), canary).toBe(false)
  expect(collector.text()).not.toContain(ann.home)
  const senders = new Set(collector.spans().map(({ resource }) => resource['service.instance.id']))
  expect(senders).toEqual(new Set([await nodeOf(ann), await nodeOf(bob)]))
  const told = new Set(collector.spans().flatMap(({ attributes }) => Object.keys(attributes)))
  expect([...told].filter((name) => !/^(http|karo|process)\./.test(name))).toEqual([])
})

test('a node that loses its neighbour shows it', async () => {
  await bob.stop()
  await until(
    async () => {
      const text = await metricsOf(ann)
      return (
        reading(text, 'karo_mesh_neighbours') === 0 &&
        reading(text, 'karo_mesh_members{presence="offline"}') === 1
      )
    },
    { what: 'the neighbour is gone in the metrics', pollMs: 200 },
  )
  expect(reading(await metricsOf(ann), 'karo_mesh_clock_skew_seconds')).toBeUndefined()
})
