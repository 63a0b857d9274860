// Traces by OTLP: from the command line and the page over this node to its jails and to other nodes, and nothing in them that anybody typed.
import { realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { QueryResult, SessionCodeShape, TaskShape } from '../../../src/api/contract/shapes.ts'
import { serverDirectory } from '../../support/agents/server.ts'
import { append, deadName, records } from '../../support/data/spool.ts'
import { befriend, nextTo } from '../../support/mesh/honest.ts'
import { providersHere } from '../../support/muscle/muscle.ts'
import { cleanEnv, runKaro, startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { type OtlpCollector, startOtlp } from '../../support/node/otlp.ts'
import { until } from '../../support/run/until.ts'
import { inTerminal } from '../../support/shell/terminal-run.ts'

const [jails] = await providersHere()
const AGENTS = '[agents]\nenabled = true\n'
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
  const config = `[forward]\ntraces = "${collector.url}"\n`
  bob = await startNode({ name: 'bob', config })
  ann = await startNode({ name: 'ann', config: `${config}${AGENTS}${await nextTo(bob)}` })
  eve = await startNode({ name: 'eve' })
  await befriend(bob, ann)
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
    resource: { 'service.name': 'karo', 'service.instance.id': await nodeOf(ann), 'host.name': 'ann' },
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

test('an address beyond the private network is refused', async () => {
  const home = temporaryHome()
  writeFileSync(join(home, 'config.toml'), '[forward]\ntraces = "http://192.0.2.1:4318"\n', { mode: 0o600 })
  const { code, stderr } = await runKaro(['config', 'get', 'forward.traces'], cleanEnv(home))
  expect([code, stderr]).toEqual([2, expect.stringContaining('private network')])
})
