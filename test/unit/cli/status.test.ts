// karo status for people: what is wrong comes last, with what to do, and nothing foreign moves the cursor.
import { expect, test } from 'vitest'
import { REJECT_CODES, type RejectCode } from '../../../protocols/reject.ts'
import type { StatusShape } from '../../../src/api/contract/shapes.ts'
import { statusView } from '../../../src/cli/views/status.ts'

const noneRejected = Object.fromEntries(REJECT_CODES.map((code) => [code, 0])) as Record<RejectCode, number>
const SHAPE: StatusShape = {
  node_id: 'karo:ed25519:x',
  fingerprint: '0123456789abcdef',
  name: 'eng-042',
  version: '0.1.0',
  service: false,
  you: { uid: 1000, admin: true, asks: true },
  uptime_seconds: 45,
  mesh: {
    alone: false,
    listen: ['/ip4/10.0.0.5/tcp/9238', '/ip6/fd00::2/tcp/9238'],
    peers_connected: 3,
    peers_trusted: 2,
    peers_pending: 0,
    alarms: [],
    members_known: 4,
    rejected: noneRejected,
  },
  http: { listen: '127.0.0.1:9237' },
  store: { events: 1_234_567, bytes: 20 * 1024 * 1024 },
  spool: { pending_bytes: 0, dropped: 0 },
  anomalies: { unseen: 0 },
  documents: { own: 3, received: 1_200, relayed: 0, bytes: 2 * 1024 * 1024, conflicts: 0 },
  summaries: { recipients: 1, left_out: 0, refused: 0 },
  policy: { engine: 'built-in', files: 0, problem: null },
  health: { ready: true, checks: [{ name: 'store.open', ok: true, detail: 'open' }] },
}
const plain = { colour: false, columns: Number.POSITIVE_INFINITY }
const view = (over: Partial<StatusShape>, isHooked = false): string =>
  statusView({ ...SHAPE, ...over }, plain, isHooked)

test('a node that is used alone says nothing of other machines', () => {
  const mesh = {
    ...SHAPE.mesh,
    alone: true,
    listen: [],
    members_known: 0,
    peers_connected: 0,
    peers_trusted: 0,
  }
  const shown = view({ mesh })
  expect(shown).toContain('mesh   none: this node is used alone')
  expect(shown).not.toMatch(/documents|summaries|member/)
})

test('a healthy node is eight lines', () => {
  expect(view({})).toBe(
    [
      'node       eng-042  0123 4567 89ab cdef',
      'state      ready, up 45.0 s, version 0.1.0',
      'mesh       3 connected (2 trusted), 4 members known; 10.0.0.5:9238 [fd00::2]:9238',
      'api        127.0.0.1:9237',
      'documents  3 own, 1,200 received, 0 kept for others; 2.0 MiB',
      'summaries  for 1 node',
      'store      1,234,567 commands, 20 MiB',
      'spool      nothing waiting',
      '',
    ].join('\n'),
  )
})

test('one command is not called many', () => {
  expect(view({ store: { ...SHAPE.store, events: 1 } })).toMatch(/^store {6}1 command, 20 MiB$/m)
})

test('what is unusual and was not seen is one line more', () => {
  expect(view({ anomalies: { unseen: 2 } })).toMatch(/^unusual {4}2 new in your numbers: karo anomalies$/m)
})

test('nobody connected, and somebody who waits', () => {
  const mesh = { ...SHAPE.mesh, peers_connected: 0, peers_trusted: 0, peers_pending: 1, members_known: 0 }
  expect(view({ mesh })).toMatch(/mesh +nobody connected, 0 members known, 1 waits to be trusted; 10/)
})

test('what is wrong is named at the end', () => {
  const text = view({
    health: { ready: false, checks: [{ name: 'mesh.listening', ok: false, detail: 'port 9238 is taken' }] },
    mesh: { ...SHAPE.mesh, listen: [], peers_pending: 2 },
    spool: { pending_bytes: 2_048, dropped: 7 },
  })
  expect(text).toMatch(/state +not ready/)
  expect(text).toContain('2 wait to be trusted; not listening')
  expect(text).toContain('2.0 KiB waiting, 7 dropped')
  expect(text.split('\n').slice(-4)).toEqual([
    '',
    '  → mesh.listening: port 9238 is taken',
    '  → karo peers pending  shows the nodes that wait to be trusted',
    '',
  ])
})

test('authors that contradict themselves are named in the ledger', () => {
  expect(view({ documents: { ...SHAPE.documents, conflicts: 2 } })).toContain(
    '→ 2 signed documents contradict',
  )
})

test('summaries that do not reach everybody, or could not be read, are said', () => {
  const text = view({ summaries: { recipients: 0, left_out: 12, refused: 3 } })
  expect(text).toMatch(/summaries +none published yet/)
  expect(text).toContain('→ summaries have no room for 12 more nodes')
  expect(text).toContain('→ 3 summaries of other nodes were refused')
})

test('a node that records nothing yet is told how', () => {
  expect(view({ store: { events: 0, bytes: 0 } }, true)).toContain('from now on')
  expect(view({ store: { events: 0, bytes: 0 } })).toContain('karo shell install ')
})

test('escapes in a name or a detail stay text', () => {
  const text = view({
    name: 'x\u001b[2Jy',
    health: { ready: false, checks: [{ name: 'a.b', ok: false, detail: '\u001b]0;z\u0007' }] },
  })
  expect(text).not.toContain('\u001b')
})

test('refused frames are named by reason, with where to look', () => {
  const rejected = { ...noneRejected, bad_signature: 1_200, stale: 3 }
  const text = view({ mesh: { ...SHAPE.mesh, rejected } })
  expect(text).toContain(
    'refused since the start: 1,200 with a bad signature, 3 for a wrong clock (karo doctor --only clock.peers); karo audit log --type policy',
  )
})

test.each([
  [{ admin: true, asks: true }, /^you {8}may manage this node; you see only your own/m],
  [{ admin: false, asks: true }, /^you .*may ask the mesh; an administrator manages this node$/m],
  [{ admin: false, asks: false }, /^you .*an administrator manages this node and may let you ask the mesh$/m],
])("of the machine's node a person sees whose it is and what they may: %j", (rights, says) => {
  const text = view({
    service: true,
    you: { uid: 1001, ...rights },
    mesh: { ...SHAPE.mesh, peers_pending: 1 },
  })
  expect(text).toMatch(/^node {7}eng-042 .*, this machine's$/m)
  expect(text).toMatch(says)
  expect(text).toMatch(/^store {6}1,234,567 commands of yours, /m)
  expect(text.includes('karo peers pending')).toBe(rights.admin)
})

test('agents are off, or jails can be started, or nothing runs', () => {
  const says = (state: 'off' | 'locked' | 'ready'): string =>
    view({ agents: { state, detail: 'jails can be started' } })
  expect(says('off')).toMatch(/^agents {5}off$/m)
  expect(says('ready')).toMatch(/^agents {5}jails can be started$/m)
  expect(says('locked')).toMatch(/^agents {5}locked: nothing runs$/m)
})
