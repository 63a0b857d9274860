// Two nodes, where a role decides the answer: Cedar files in force, replaced and broken, and consent by category.
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type {
  AuditEntryShape,
  PolicyExplanationShape,
  PolicyShape,
  QueryResult,
  StatusShape,
} from '../../../src/api/contract/shapes.ts'
import { feed, hoursOfFeed } from '../../support/data/feed.ts'
import { cleanEnv, runKaro, startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const SHIPPED = join(import.meta.dirname, '../../../configs/policies/roles.cedar')
const NEVER = `@id("never")
@reason("the team eng asks nobody today")
forbid (principal in Team::"eng", action == Action::"query.tool_usage", resource);
`
const range = hoursOfFeed()
const BETWEEN = ['--from', new Date(range.start).toISOString(), '--to', new Date(range.end).toISOString()]

/** `ash` owns the numbers; `birch` asks as the lead of its team. */
let ash: TestNode, birch: TestNode
let org: string

async function newNode(): Promise<{ home: string; id: string }> {
  const home = temporaryHome()
  const made = await runKaro(['init', '--json'], cleanEnv(home))
  return { home, id: (JSON.parse(made.stdout) as { node_id: string }).node_id }
}

beforeAll(async () => {
  const [a, b] = [await newNode(), await newNode()]
  org = join(a.home, 'org.cedar')
  copyFileSync(SHIPPED, join(a.home, 'roles.cedar'))
  writeFileSync(org, '', { mode: 0o600 })
  const config = `[node]
name = "ash"
[peers.trusted]
"${b.id}" = { name = "birch", level = "peer", roles = ["lead"], teams = ["eng"] }
[sharing.allow]
peers = ["*"]
[policy]
files = ["${join(a.home, 'roles.cedar')}", "${org}"]
teams = ["eng"]
`
  writeFileSync(join(a.home, 'config.toml'), config, { mode: 0o600 })
  // Nobody listens there: what makes it a service, which reloads, is that it was told of a manager.
  ash = await startNode({ name: 'ash', home: a.home, env: { NOTIFY_SOCKET: '@karo-test-nobody' } })
  const port = /tcp\/(\d+)$/.exec((await ash.status()).mesh.listen[0] ?? '')?.[1]
  const other = `[discovery]\npeers = ["127.0.0.1:${port}"]\n[peers.trusted]\n"${a.id}" = { name = "ash", level = "peer" }\n`
  writeFileSync(join(b.home, 'config.toml'), `[node]\nname = "birch"\n${other}`, { mode: 0o600 })
  birch = await startNode({ name: 'birch', home: b.home })
  await until(async () => (await birch.status()).mesh.peers_trusted === 1, { what: 'the two are linked' })
  const fed = feed(join(ash.home, 'spool'), 1, 7, range)
  await until(async () => (await ash.json<{ total: number }>(['history'])).total === fed.commands, {
    what: 'ash has its commands',
  })
})

/** A question that is refused exits 4 and prints its result all the same. */
const ask = async (type: string): Promise<QueryResult> =>
  JSON.parse((await birch.karo(['query', type, ...BETWEEN, '--json'])).stdout)
const explained = () => ash.json<PolicyExplanationShape>(['policy', 'explain', 'birch'])

/** What ash wrote down about the newest question. */
async function written(): Promise<AuditEntryShape['details']> {
  const { entries } = await ash.json<{ entries: AuditEntryShape[] }>([
    ...['audit', 'log', '--type', 'query_responded'],
  ])
  const newest = [...entries].sort((one, other) => other.seq - one.seq)[0]
  if (newest === undefined) throw new Error('the ledger has no answer')
  return newest.details
}

/** Writes the policies of the organisation and asks for a reload; resolves when it has been seen to. */
async function reload(text: string, done: (policy: PolicyShape) => boolean): Promise<void> {
  writeFileSync(org, text, { mode: 0o600 })
  ash.process.kill('SIGHUP')
  await until(async () => done(await ash.json<PolicyShape>(['policy', 'show'])), { what: 'ash has reloaded' })
}

const inForce = (policies: number) => (policy: PolicyShape) =>
  policy.problem === null && policy.files[1]?.policies === policies

test('a lead has the numbers of their team, and explanation and ledger name the policy', async () => {
  expect((await ask('tools')).coverage).toMatchObject({ known: 1, answered: 1 })
  const rule = expect.stringMatching(/^role\.lead\.level1@roles\.cedar:\d+$/)
  expect(await explained()).toMatchObject({ effect: 'allow', rule, roles: ['lead'], teams: ['eng'] })
  expect(await written()).toMatchObject({ decision: 'allow', rule: 'consent.allow', policy_rule: rule })
})

test('a forbid that comes into force refuses what the role and the owner both allow', async () => {
  await reload(NEVER, inForce(1))
  expect((await ask('tools')).coverage).toMatchObject({ known: 1, answered: 0, denied: 1 })
  const rule = 'never@org.cedar:1'
  expect(await explained()).toMatchObject({
    effect: 'deny',
    rule,
    layers: [
      { layer: 'owner', effect: 'allow', decides: false },
      { layer: 'roles', effect: 'deny', rule, reason: 'the team eng asks nobody today', decides: true },
    ],
  })
  expect(await written()).toMatchObject({ status: 'access_denied', decision: 'deny', rule })
  expect((await ask('safety')).coverage).toMatchObject({ answered: 1 })
})

test('a file that is broken changes nothing, and status, doctor and ledger say so with its place', async () => {
  await reload(
    'permit (principal, action, resource)\nwhen { resource.levl == 1 };',
    ({ problem }) => problem !== null,
  )
  const place = `${org}:2:8: attribute \`levl\``
  expect((await ash.json<StatusShape>(['status'])).policy).toMatchObject({
    engine: 'cedar',
    files: 2,
    problem: expect.stringContaining(place),
  })
  const doctor = await ash.karo(['doctor', '--only', 'policy.files'])
  expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringContaining(`${org}:2:8`)])
  const { entries } = await ash.json<{ entries: AuditEntryShape[] }>([
    'audit',
    'log',
    '--type',
    'policy_change',
  ])
  expect(entries.map(({ details }) => details.change)).toContain('refused')
  expect((await ask('tools')).coverage).toMatchObject({ answered: 0, denied: 1 })
  expect(await explained()).toMatchObject({ rule: 'never@org.cedar:1' })
  await reload('', inForce(0))
  expect((await ask('tools')).coverage).toMatchObject({ answered: 1 })
})

test('a broken file refuses the start, with its place', async () => {
  const { home } = await newNode()
  const broken = join(home, 'broken.cedar')
  writeFileSync(broken, 'permit (principal, action)', { mode: 0o600 })
  writeFileSync(join(home, 'config.toml'), `[policy]\nfiles = ["${broken}"]\n`, { mode: 0o600 })
  const ran = await runKaro(['up'], cleanEnv(home))
  expect(ran.code).not.toBe(0)
  expect(ran.stderr).toContain(`${broken}:1:27`)
})
