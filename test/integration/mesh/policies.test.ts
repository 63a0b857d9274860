// Two nodes, one of which a service manager runs: trust by subnet, Cedar files in force, replaced and broken; and SIGHUP takes over a configuration, or leaves it all as it was.
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type {
  AuditEntryShape,
  PolicyExplanationShape,
  PolicyShape,
  QueryResult,
} from '../../../src/api/contract/shapes.ts'
import { feed, hoursOfFeed } from '../../support/data/feed.ts'
import { append, liveName, records } from '../../support/data/spool.ts'
import { nextTo } from '../../support/mesh/honest.ts'
import { startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const SHIPPED = join(import.meta.dirname, '../../../configs/policies/roles.cedar')
const NEVER = `@id("never")
@reason("the team eng asks nobody today")
forbid (principal in Team::"eng", action == Action::"query.tool_usage", resource);
`
const range = hoursOfFeed()
const BETWEEN = ['--from', new Date(range.start).toISOString(), '--to', new Date(range.end).toISOString()]

const DOMAIN = '[trust.domains]\n"127.0.0.0/8" = { level = "peer", teams = ["lab"] }\n'

/** `ash` owns the numbers; `birch` asks, later as the lead of its team. */
let ash: TestNode, birch: TestNode
let birchId: string
/** File of the organisation's policies, and the text of ash's configuration that trusts nobody. */
let org: string, first: string

beforeAll(async () => {
  const place = temporaryHome()
  org = join(place, 'org.cedar')
  copyFileSync(SHIPPED, join(place, 'roles.cedar'))
  writeFileSync(org, '', { mode: 0o600 })
  const config = `[sharing.allow]
peers = ["*"]
[policy]
files = ["${join(place, 'roles.cedar')}", "${org}"]
teams = ["eng"]
`
  // Nobody listens there: what makes it a service, which reloads, is that it was told of a manager.
  const env = { NOTIFY_SOCKET: '@karo-test-nobody' }
  ash = await startNode({ name: 'ash', config: `${config}${DOMAIN}`, env })
  first = readFileSync(join(ash.home, 'config.toml'), 'utf8').replace(DOMAIN, '')
  birch = await startNode({ name: 'birch', config: `${await nextTo(ash)}${DOMAIN}` })
  birchId = (await birch.status()).node_id
})

interface Explained {
  readonly peer: {
    readonly state: string
    readonly trust_level: string
    readonly why: string
    readonly teams: string[]
  }
  readonly steps: readonly { readonly source: string; readonly says: string; readonly decides: boolean }[]
}
const explain = (node: TestNode, who: string): Promise<Explained> =>
  node.json<Explained>(['peers', 'explain', who])

/** Writes the file and asks for a reload; resolves when the log has one more line with `said`. */
async function reload(text: string, said: string): Promise<void> {
  const times = (): number => ash.log().split(said).length
  const before = times()
  writeFileSync(join(ash.home, 'config.toml'), text, { mode: 0o600 })
  ash.process.kill('SIGHUP')
  await until(() => times() > before, { what: `the log says: ${said}` })
}

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
async function replaced(text: string, done: (policy: PolicyShape) => boolean): Promise<void> {
  writeFileSync(org, text, { mode: 0o600 })
  ash.process.kill('SIGHUP')
  await until(async () => done(await ash.json<PolicyShape>(['policy', 'show'])), { what: 'ash has reloaded' })
}

const inForce = (policies: number) => (policy: PolicyShape) =>
  policy.problem === null && policy.files[1]?.policies === policies

/** In order, as all that follows: it admits for as long as the connection lasts, and a denial is stronger. */
describe('trust by subnet', () => {
  test('nodes of a trusted subnet admit each other with no command, and explain says by which subnet', async () => {
    await until(async () => (await ash.status()).mesh.peers_connected === 1, { what: 'they are connected' })
    const { peer, steps } = await explain(ash, birchId)
    expect(peer).toMatchObject({ state: 'connected', trust_level: 'peer', why: 'domain', teams: ['lab'] })
    expect(steps.find(({ decides }) => decides)).toMatchObject({ source: 'domain' })
    expect(steps.find(({ source }) => source === 'domain')?.says).toMatch(
      /^it is connected from 127\.0\.0\.0\/8, to which /,
    )
    const { coverage } = await ash.json<QueryResult>(['query', 'health'])
    expect(coverage).toMatchObject({ known: 1, answered: 1, complete: true })
  })

  test('a reload that takes the subnet out ends what it gave, and one that brings it back gives it again', async () => {
    await reload(first, 'configuration reloaded')
    await until(async () => (await ash.status()).mesh.peers_connected === 0, { what: 'birch is out' })
    expect((await explain(ash, birchId)).peer).toMatchObject({ trust_level: 'untrusted', why: 'default' })
    const { entries } = await ash.json<{ entries: AuditEntryShape[] }>([
      ...['audit', 'log', '--type', 'trust_change'],
    ])
    expect(entries.map(({ details }) => details)).toContainEqual(
      expect.objectContaining({ action: 'reload', level_before: 'peer', level_after: 'untrusted' }),
    )
    await reload(`${first}${DOMAIN}`, 'configuration reloaded')
    await until(async () => (await ash.status()).mesh.peers_connected === 1, { what: 'birch is back' })
  })

  test('a denial is stronger, and ends the connection', async () => {
    await ash.json(['peers', 'deny', birchId])
    await until(async () => (await ash.status()).mesh.peers_connected === 0, {
      what: 'the connection has ended',
    })
    expect((await explain(ash, birchId)).peer).toMatchObject({ state: 'denied', trust_level: 'untrusted' })
  })

  test('what a subnet gives ends with the connection', async () => {
    await until(async () => (await birch.status()).mesh.peers_connected === 0, {
      what: 'birch has seen the end of it',
    })
    const { peer, steps } = await explain(birch, (await ash.status()).node_id)
    expect(peer).toMatchObject({ trust_level: 'untrusted', why: 'default', teams: [] })
    expect(steps.find(({ source }) => source === 'domain')).toMatchObject({
      decides: false,
      says: 'it is not connected from a subnet that [trust.domains] names',
    })
  })
})

describe('role policies', () => {
  beforeAll(async () => {
    await reload(first, 'configuration reloaded')
    await ash.json(['peers', 'trust', birchId, '--name', 'birch', '--role', 'lead', '--team', 'eng'])
    await birch.json(['peers', 'trust', (await ash.status()).node_id, '--name', 'ash'])
    await until(async () => (await birch.status()).mesh.peers_trusted === 1, { what: 'the two are linked' })
    const fed = feed(join(ash.home, 'spool'), 1, 7, range)
    await until(async () => (await ash.json<{ total: number }>(['history'])).total === fed.commands, {
      what: 'ash has its commands',
    })
  })

  test('a lead has the numbers of their team, and explanation and ledger name the policy', async () => {
    expect((await ask('tools')).coverage).toMatchObject({ known: 1, answered: 1 })
    const rule = expect.stringMatching(/^role\.lead\.level1@roles\.cedar:\d+$/)
    expect(await explained()).toMatchObject({ effect: 'allow', rule, roles: ['lead'], teams: ['eng'] })
    expect(await written()).toMatchObject({ decision: 'allow', rule: 'consent.allow', policy_rule: rule })
  })

  test('a forbid that comes into force refuses what the role and the owner both allow', async () => {
    await replaced(NEVER, inForce(1))
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
    await replaced(
      'permit (principal, action, resource)\nwhen { resource.levl == 1 };',
      ({ problem }) => problem !== null,
    )
    const place = `${org}:2:8: attribute \`levl\``
    expect((await ash.status()).policy).toMatchObject({
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
    await replaced('', inForce(0))
    expect((await ask('tools')).coverage).toMatchObject({ answered: 1 })
  })
})

const stateOfBirch = async (): Promise<string | undefined> => {
  const { peers } = await ash.json<{ peers: { node_id: string; state: string }[] }>(['peers'])
  return peers.find(({ node_id }) => node_id === birchId)?.state
}

test('who is denied in the file is out at once, and back when the file lets them', async () => {
  await reload(`${first}\n[peers]\ndenied = ["${birchId}"]\n`, 'configuration reloaded')
  await until(async () => (await ash.status()).mesh.peers_connected === 0, { what: 'birch is disconnected' })
  expect(await stateOfBirch()).toBe('denied')
  expect((await ash.karo(['peers', 'trust', birchId])).code).toBe(4)
  await reload(first, 'configuration reloaded')
  await until(async () => (await ash.status()).mesh.peers_trusted === 1, { what: 'birch is back' })
})

const root = process.getuid?.() === 0
if (!root)
  process.stderr.write('only root can be somebody else: what they lose by a reload is not tried here\n')

test.runIf(root)('who is no administrator any more follows the log no longer', async () => {
  const ANN = 12_345
  const path = join(ash.home, 'karo.sock')
  chmodSync(ash.home, 0o711)
  chmodSync(path, 0o666)
  await reload(`${first}\n[access]\nadmins = ["${ANN}"]\n`, 'configuration reloaded')
  /** Follows the log as somebody; resolves when the answer has begun. */
  const following = async (
    uid: number,
  ): Promise<{ socket: Socket; ended: () => boolean; text: () => string }> => {
    process.seteuid?.(uid)
    const socket = createConnection({ path })
    process.seteuid?.(0)
    let [text, ended] = ['', false]
    socket.setEncoding('utf8').on('data', (more) => (text += String(more)))
    socket.on('error', () => {})
    socket.once('close', () => {
      ended = true
    })
    socket.write('GET /api/v1/logs?follow=true HTTP/1.1\r\nhost: karo\r\n\r\n')
    await until(() => ended || text.includes('\r\n\r\n'), { what: `the answer to ${uid}` })
    return { socket, ended: () => ended, text: () => text }
  }
  const [hers, mine] = [await following(ANN), await following(0)]
  expect(hers.text()).toContain(' 200 ')
  expect(hers.ended()).toBe(false)
  await reload(first, 'configuration reloaded')
  await until(hers.ended, { what: 'she is hung up on' })
  // Whose own node it is stays.
  expect(mine.ended()).toBe(false)
  mine.socket.destroy()
  const again = await following(ANN)
  expect(again.text()).toContain(' 403 ')
  again.socket.destroy()
  chmodSync(path, 0o600)
  chmodSync(ash.home, 0o700)
})

test('what is shared, and what is recorded, follow the file', async () => {
  const text = `${first}\n[sharing]\nmax_level = 0\n[history]\nignore = ["secret *"]\n`
  await reload(text, 'configuration reloaded')
  expect(await ash.json(['share', 'show'])).toMatchObject({
    max_level: 0,
    source: 'config',
    allow: { peers: ['*'], supervisors: ['*'] },
  })
  append(join(ash.home, 'spool'), liveName(), records(['secret sesame', 'echo sesame']))
  const { events } = await until(
    async () => {
      const history = await ash.json<{ total: number; events: { command: string }[] }>(['history', 'sesame'])
      return history.total > 0 && history
    },
    { what: 'a command is recorded' },
  )
  expect(events.map(({ command }) => command)).toEqual(['echo sesame'])
})

test('a file that cannot be used leaves everything in force, and the node running', async () => {
  const before = await ash.json(['share', 'show'])
  await reload(`${first}\n[sharing]\nmax_level = 7\n`, 'the configuration was not reloaded')
  expect(ash.log()).toMatch(/"where":"[^"]*config\.toml:\d+"/)
  expect(await ash.json(['share', 'show'])).toEqual(before)
  expect((await ash.status()).health.ready).toBe(true)
  await reload(first, 'configuration reloaded')
})

test('what needs a restart is named and waits; SIGTERM still ends it', async () => {
  const { listen } = (await ash.status()).mesh
  await reload(`${first}\n[overlay]\nfull_mesh_up_to = 9\n`, '"waiting":["overlay.full_mesh_up_to"]')
  expect((await ash.status()).mesh.listen).toEqual(listen)
  expect(await ash.stop()).toEqual({ code: 0, signal: null })
})
