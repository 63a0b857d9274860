// What a node says to its people when its key, or one that it had before, was replaced elsewhere.

import { expect, test } from 'vitest'
import { alarmsOf, takenHere } from '../../../src/api/routes/mesh/alarms.ts'
import type { Rooms } from '../../../src/api/server/rooms.ts'
import { DAY_MS } from '../../../src/base/calendar.ts'
import type { FleetState } from '../../../src/trust/certificates/index.ts'
import type { KeyState } from '../../../src/trust/lineage/index.ts'
import { createFakeTrust } from '../../support/mesh/fake-trust.ts'
import { testIdentities } from '../../support/mesh/identity.ts'
import { some } from '../../support/some.ts'

const [old, own, other, before] = testIdentities(1, 2, 3, 4)
type Identity = typeof own
const UNTIL = Date.UTC(2026, 10, 22)

function said(state: KeyState, identity: Rooms['identity'] = own) {
  const rooms = some<Rooms>({
    isDbLost: false,
    identity,
    mesh: { inspect: () => ({ stale: [], stalled: [], twins: { here: [], others: [] } }) as never },
    fleet: { state: () => ({ why_not: null, revoked_by: null }) as never },
    trust: {
      known: () => [],
      keyState: () => state,
      opinion: (node) => ({
        ...createFakeTrust().opinion(node),
        fingerprint: '0123456789abcdef',
        name: '',
      }),
    },
  })
  return { taken: takenHere(rooms), alarms: alarmsOf(rooms, true) }
}

const fork = (between: readonly Identity[]): KeyState =>
  ({ kind: 'frozen', fork: { at: old.nodeId, between: between.map(({ nodeId }) => nodeId) } }) as KeyState

test('a key that is replaced by one that is not here: an old backup, or a thief, with the way out of both', () => {
  const replaced = said({ kind: 'replaced', by: other.nodeId, until: UNTIL })
  expect(said({ kind: 'retired', by: other.nodeId, until: UNTIL })).toEqual(replaced)
  expect(replaced).toMatchSnapshot()
})

test('a fork names the other successor, never this node itself nor a key that it had before', () => {
  for (const pair of [
    [own, other],
    [other, own],
  ] as const)
    expect(said(fork(pair))).toMatchSnapshot()
  for (const pair of [
    [before, other],
    [other, before],
  ] as const)
    expect(said(fork(pair), { ...own, former: [before] })).toEqual(said(fork([own, other])))
})

test('nothing is said of a rotation that this node itself is about to carry out', () => {
  const pending = { identity: other, frame: new Uint8Array(0) }
  const by = { kind: 'replaced', by: other.nodeId, until: UNTIL } as const
  expect(said(by, { ...own, pending, former: [] })).toEqual({ taken: undefined, alarms: [] })
  expect(said({ kind: 'current' })).toEqual({ taken: undefined, alarms: [] })
})

const nothing = { why_not: null, revoked_by: null }
const by = { node_id: other.nodeId, root: false, name: 'hq', at: new Date(2026, 10, 22).getTime() }
const joining = { expires_at: by.at, refused: null, detail: null, places: [], attempt: 1 }

/** What is said where another key is used at these places. */
const told = (fleet: Partial<FleetState>, offs: readonly number[], at: readonly string[], admin = true) =>
  alarmsOf(
    some<Rooms>({
      isDbLost: false,
      identity: own,
      clock: { now: () => by.at },
      mesh: {
        inspect: () =>
          ({
            stalled: [],
            stale: offs.map((off) => ({ node_id: other.nodeId, clock_off_ms: off })),
            twins: { here: [], others: at.length === 0 ? [] : [{ node_id: other.nodeId, places: at }] },
          }) as never,
      },
      trust: {
        known: () => [],
        keyState: () => ({ kind: 'current' }),
        opinion: () => ({ name: '', fingerprint: '0123456789abcdef' }) as never,
      },
      fleet: { state: () => fleet as FleetState },
    }),
    admin,
  ).join()

test('where other nodes are, and are looked for, is told to administrators alone', () => {
  const looks = { ...nothing, joining: { ...joining, places: ['10.0.0.1:9238'] } }
  const places = ['10.0.0.2:9238', '10.0.0.3:9238']
  expect(told(looks, [], places)).toMatch(/10\.0\.0\.1.*10\.0\.0\.2.*10\.0\.0\.3/)
  expect(told(looks, [], places, false)).toMatch(/^the key of [^.]* is used on two machines: /)
  expect(told(looks, [], places, false)).not.toContain('10.0')
})

test('a node that was revoked, or looks for its inviter, says so, by whom, and what to do', () => {
  const about = (fleet: Partial<FleetState>, ...offs: readonly number[]) => told(fleet, offs, [])
  const issuing = (left: number) => ({ issuer: true, own: { not_after: by.at + left } as never })
  const unusable = { ...joining, refused: 'enrolment_file' }
  expect({
    nothing: about(nothing),
    'revoked by an issuer': about({ why_not: 'revoked', revoked_by: by }),
    'revoked by the root': about({ why_not: 'revoked', revoked_by: { ...by, root: true, name: '' } }),
    'its issuer was revoked': about({ why_not: 'issuer_revoked', revoked_by: null }),
    'its certificate has ended': about({ why_not: 'ended', revoked_by: null }),
    'its certificate as an issuer has ended': about({ why_not: 'issuer_ended', revoked_by: null }),
    'looks for its inviter': about({ ...nothing, joining }),
    'its clock or the inviter’s is wrong': about({ ...nothing, joining }, 7_200_000),
    'its invite was used': about({ ...nothing, joining: { ...joining, refused: 'used' } }),
    'its enrolment file is none': about({ ...nothing, joining: unusable }),
    'the invite of its enrolment file has ended': about({
      ...nothing,
      joining: { ...joining, refused: 'expired', detail: 'this invite ended yesterday: ask for a new one' },
    }),
    'others may read that': about({ ...nothing, joining: { ...unusable, detail: 'others may read it' } }),
    // Whoever is certified has its invite behind it.
    certified: about({ ...nothing, joining, own: {} as never }),
    'an issuer in its last month': about({ ...nothing, ...issuing(30 * DAY_MS - 1) }),
    'an issuer before that': about({ ...nothing, ...issuing(30 * DAY_MS) }),
    'no issuer for a week': about({ ...nothing, stale: true }),
  }).toMatchSnapshot()
})
