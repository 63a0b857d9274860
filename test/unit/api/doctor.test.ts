// What the daemon tells karo doctor: in steps, where to the byte it would be what others type.
import { expect, test } from 'vitest'
import { formatNodeId } from '../../../protocols/node-id.ts'
import type { DaemonFacts } from '../../../src/api/contract/shapes.ts'
import { doctorRoutes } from '../../../src/api/routes/care/doctor.ts'
import type { Rooms } from '../../../src/api/server/rooms.ts'
import { owner } from '../../support/api/callers.ts'
import { servingOver } from '../../support/api/serving.ts'
import { plainPolicy } from '../../support/mesh/policy.ts'

const OTHER = formatNodeId(new Uint8Array(32).fill(8))
const VERSIONS = { karo_version: null, protocol_version: null }
const LINK = { admitted: true, dialed: true, remote: '10.0.0.5:9238', skew_ms: 0 }
const CONNECTION = { node_id: OTHER, ...LINK, ...VERSIONS }
const TWIN = { node_id: OTHER, places: ['10.0.0.6:9238'] }
let sent = 0

/** Rooms of a node with nobody around it; whatever else were asked of them would fail the request. */
const rooms = {
  identity: { nodeId: formatNodeId(new Uint8Array(32).fill(7)), former: [] },
  mesh: {
    status: () => ({ listen: [] }),
    tryMulticast: async () => {
      sent++
      return []
    },
    inspect: () => ({
      connections: [CONNECTION],
      one_sided: [],
      stalled: [{ node_id: OTHER, ip: '10.0.0.8' }],
      stale: [],
      stale_strangers: [{ node_id: OTHER, clock_off_ms: 900_000 }],
      twins: { others: [TWIN], here: [] },
      mdns: [],
      dialing: ['10.0.0.7:9238'],
      leaves: { linked: 0, up_to: 256, turned_away: [] },
    }),
  },
  trust: {
    pending: () => [{ node_id: OTHER, first_seen: 0 }],
    opinion: () => ({ fingerprint: '0123456789abcdef', name: 'bob' }),
    known: () => [],
    keyState: () => ({ kind: 'current' }),
    member: () => undefined,
  },
  fleet: {
    state: () => ({
      lists_at: null,
      stale: false,
      joining: { refused: null, expires_at: 0, places: ['10.0.0.5:9238'] },
    }),
    certified: () => [],
    fault: () => 'expired',
    operators: { list: () => [] },
  },
  sessions: { state: () => undefined },
  totals: { audiences: () => [] },
  forward: { status: () => [] },
  traces: { problem: () => 'connect ECONNREFUSED 10.0.0.7:4318' },
  people: { held: () => 0 },
  store: { bytes: async () => 1_234_567, probe: async () => {} },
  observe: {
    status: async () => ({ pending_bytes: 70_000, dropped: 1 }),
    unfollowed: () => ALL,
  },
  documents: { of: async () => [] },
  summaries: { status: () => ({ recipients: 0 }) },
  health: () => ({ ready: true, checks: [] }),
  policy: plainPolicy(),
  drift: () => ({ reload: ['sharing.max_level'], restart: [], problem: 'line 7 of it' }),
  http: { address: () => null, tokenEnds: { of: () => [] } },
  retention: { waits: () => 0 },
} as unknown as Rooms

async function facts(admin: boolean): Promise<DaemonFacts> {
  const { get } = servingOver(doctorRoutes, rooms, { ...owner(1000), admin })
  const { status, body } = await get('/api/v1/doctor?multicast=true')
  expect(status).toBe(200)
  return body
}

const ALL = [
  { uid: 1002, files: 3_000 },
  { uid: 1000, files: 2 },
]

test('an administrator is told what waits; who is none in steps, and no addresses, nothing of files, and has nothing sent', async () => {
  const before = sent
  const told = await facts(false)
  expect(sent).toBe(before)
  expect(told).toMatchObject({ limited: true, multicast: null, pending: [], store_bytes: 2 * 1024 * 1024 })
  expect(told.stale_strangers).toEqual([])
  expect(told.spool).toEqual({ pending_bytes: 64 * 1024, dropped: 1, unfollowed: ALL.slice(1) })
  expect(told.policy).toBeUndefined()
  expect(JSON.stringify(told)).not.toMatch(/10\.0\.0\.|max_level|line 7/)
  const all = await facts(true)
  expect(sent).toBe(before + 1)
  expect(all.spool).toEqual({ pending_bytes: 70_000, dropped: 1, unfollowed: ALL })
  expect(all.limited).toBeUndefined()
  expect(all.stale_strangers).toMatchObject([{ name: 'bob', clock_off_ms: 900_000 }])
  expect(told.stalled).toMatchObject([{ name: 'bob' }])
  expect(all.stalled).toMatchObject([{ name: 'bob', ip: '10.0.0.8' }])
  expect(all.joining).toMatch(/^this node looks for its inviter until .* at 10\.0\.0\.5:9238; /)
  expect(JSON.stringify(all)).toMatch(/10\.0\.0\.5.*10\.0\.0\.6/)
})
