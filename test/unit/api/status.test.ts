// /status, /health and /identity answer in the shapes scripts rely on, also when the store cannot be read.

import { expect, test } from 'vitest'
import { formatNodeId } from '../../../protocols/node-id.ts'
import { REJECT_CODES, type RejectCode } from '../../../protocols/reject.ts'
import { statusRoutes } from '../../../src/api/routes/status.ts'
import type { Caller } from '../../../src/api/server/route.ts'
import { BUILD, VERSION } from '../../../src/base/version.ts'
import { owner } from '../../support/api/callers.ts'
import { servingOver } from '../../support/api/serving.ts'
import { createFakeTrust } from '../../support/mesh/fake-trust.ts'
import { plainPolicy } from '../../support/mesh/policy.ts'

const rejected = { ...Object.fromEntries(REJECT_CODES.map((code) => [code, 0])), stale: 2 } as Record<
  RejectCode,
  number
>
const nodeId = formatNodeId(new Uint8Array(32).fill(7))
const other = formatNodeId(new Uint8Array(32).fill(8))

const summaries = { recipients: 2, left_out: 1, refused: 0 }
const documents = { own: 2, received: 3, relayed: 4, bytes: 5_000, conflicts: 0 }

function server(count: (uid?: number) => Promise<number>, caller: Caller | null = owner(1000)) {
  let now = 1_000
  const clock = { now: () => 0, monotonic: () => now }
  const rooms: Parameters<typeof servingOver>[1] = {
    identity: { nodeId, former: [], fingerprint: '0123456789abcdef' },
    name: 'eng-042',
    config: {
      discovery: { dns_sd: [], scan: [], peers: [] } as never,
      mesh: { listen: [] } as never,
    },
    service: true,
    clock,
    mesh: {
      status: () => ({
        listen: ['/ip4/10.0.0.5/tcp/9238'],
        peers_connected: 3,
        peers_trusted: 2,
        peers_pending: 1,
      }),
      rejections: () => rejected,
      inspect: () =>
        ({
          stale: [],
          stalled: [],
          twins: {
            others: [
              { node_id: other, places: ['10.0.0.3:1', '10.0.0.4:1'] },
              { node_id: nodeId, places: ['10.0.0.5:1', '10.0.0.6:1'] },
            ],
            here: [],
          },
        }) as never,
    },
    trust: {
      members: () => [],
      known: () => [nodeId],
      keyState: () => ({ kind: 'current' }),
      opinion: (node) => ({
        ...createFakeTrust([node]).opinion(node),
        fingerprint: '0123456789abcdef',
        name: 'bob',
      }),
    },
    policy: plainPolicy(),
    store: { events: { count } as never, bytes: async () => 4096 },
    observe: { status: async () => ({ pending_bytes: 10, dropped: 1 }) },
    anomalies: { unseen: async () => new Array(2) },
    alerts: { of: () => [] },
    muscle: { state: () => ({ state: 'off', detail: 'agents are not enabled' }) as never },
    names: { local: async (uid) => ({ users: uid === 1000 ? ['ada', 'ada2'] : [], groups: [] }) },
    people: { held: () => 0 },
    forward: {
      status: () => [
        { to: 'ecs+file:/var/log/karo', waiting: 0, missed: 0, problem: null },
        { to: 'syslog+tcp://127.0.0.1:514', waiting: 3, missed: 0, problem: 'it refuses connections' },
      ],
    },
    fleet: { state: () => ({ why_not: null, revoked_by: null }) as never },
    documents: { counts: () => documents },
    summaries: { status: () => summaries },
    http: { address: () => ({ host: '127.0.0.1', port: 9237 }) },
    health: () => ({ ready: false, checks: [{ name: 'store.open', ok: false, detail: 'closed' }] }),
  }
  const { get } = servingOver(statusRoutes, rooms, () => caller ?? undefined)
  now += 61_500
  return get
}

test('status counts the commands of whoever asks', async () => {
  const asked: (number | undefined)[] = []
  const count = async (uid?: number) => asked.push(uid)
  await server(count)('/api/v1/status')
  expect(asked).toEqual([1000])
})

test('status names the account, where the files of the machine have it', async () => {
  const nameOf = async (uid: number) =>
    (await server(async () => 0, owner(uid))('/api/v1/status')).body.you.name
  expect([await nameOf(1000), await nameOf(1001)]).toEqual(['ada', null])
})

test('status has exactly the shape scripts rely on', async () => {
  const answer = await server(async () => 12)('/api/v1/status')
  expect(answer.status).toBe(200)
  const { version, build, ...status } = answer.body
  expect([version, build]).toEqual([VERSION, BUILD])
  expect(status).toMatchSnapshot()
})

test('who is no administrator is not told to the byte what waits, which others typed', async () => {
  const asked = async (admin: boolean) =>
    (await server(async () => 12, { ...owner(1000), admin })('/api/v1/status')).body.spool
  expect(await asked(true)).toEqual({ pending_bytes: 10, dropped: 1 })
  expect(await asked(false)).toEqual({ pending_bytes: 0, dropped: 1 })
})

test('a store that cannot be read leaves the status answerable', async () => {
  const answer = await server(() => Promise.reject(new Error('closed')))('/api/v1/status')
  expect([answer.status, answer.body.store]).toEqual([200, { events: 0, bytes: 1_048_576 }])
})

test('health tells ready, checks and the pid; identity tells who', async () => {
  const health = await server(async () => 0)('/api/v1/health')
  const checks = [{ name: 'store.open', ok: false, detail: 'closed' }]
  expect(health.body).toEqual({ ready: false, checks, pid: process.pid, build: VERSION })
  const identity = await server(async () => 0)('/api/v1/identity')
  expect(identity.body).toEqual({ node_id: nodeId, fingerprint: '0123456789abcdef', name: 'eng-042' })
})

test('whoever shows nothing hears of health only whether the node is ready', async () => {
  const answer = await server(async () => 0, null)('/api/v1/health')
  expect([answer.status, answer.body]).toEqual([200, { ready: false }])
})
