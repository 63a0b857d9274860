// What a node says to its people when its key, or one that it had before, was replaced elsewhere.
import { expect, test } from 'vitest'
import { type AlarmDeps, alarmsOf, takenHere } from '../../../src/api/routes/mesh/alarms.ts'
import type { KeyState } from '../../../src/trust/lineage/index.ts'
import { testIdentity } from '../../support/mesh/identity.ts'

const [old, own, other] = [1, 2, 3].map(testIdentity) as [Identity, Identity, Identity]
type Identity = ReturnType<typeof testIdentity>
const UNTIL = Date.UTC(2026, 10, 22)

function said(state: KeyState, identity: AlarmDeps['identity'] = own) {
  const deps: AlarmDeps = {
    identity,
    mesh: { inspect: () => ({ twins: { here: [], others: [] } }) },
    trust: {
      known: () => [],
      keyState: () => state,
      opinion: (node) => ({
        node_id: node,
        fingerprint: '0123456789abcdef',
        name: '',
        trust_level: 'untrusted',
        why: 'default',
        roles: [],
        teams: [],
        denied: false,
        revoked: false,
      }),
    },
  }
  return { taken: takenHere(deps), alarms: alarmsOf(deps) }
}

test('a key that is replaced by one that is not here: an old backup, or a thief, with the way out of both', () => {
  for (const kind of ['replaced', 'retired'] as const) {
    const { taken, alarms } = said({ kind, by: other.nodeId, until: UNTIL })
    expect(taken).toBe(other.nodeId)
    expect(alarms).toHaveLength(1)
    for (const word of [other.nodeId, 'backup', 'karo identity new', 'revoked', '2026-11-22'])
      expect(alarms[0]).toContain(word)
  }
})

test('a fork of an earlier key names the other successor, never this node itself', () => {
  const fork = { at: old.nodeId, between: [own.nodeId, other.nodeId] }
  for (const between of [fork.between, fork.between.toReversed()]) {
    const { taken, alarms } = said({ kind: 'frozen', fork: { ...fork, between } })
    expect(taken).toBe(other.nodeId)
    expect(alarms[0]).toContain(`karo peers trust ${own.nodeId}`)
    expect(alarms[0]).not.toContain('identity new')
  }
})

test('a fork further up names the key that is not an earlier one of this node', () => {
  const before = testIdentity(4)
  const fork = { at: old.nodeId, between: [before.nodeId, other.nodeId] }
  for (const between of [fork.between, fork.between.toReversed()]) {
    const { taken, alarms } = said(
      { kind: 'frozen', fork: { ...fork, between } },
      { ...own, former: [before] },
    )
    expect(taken).toBe(other.nodeId)
    expect(alarms[0]).toContain(`karo peers trust ${own.nodeId}`)
  }
})

test('nothing is said of a rotation that this node itself is about to carry out', () => {
  const pending = { identity: other, frame: new Uint8Array(0) }
  const by = { kind: 'replaced', by: other.nodeId, until: UNTIL } as const
  expect(said(by, { nodeId: own.nodeId, pending, former: [] })).toEqual({ taken: undefined, alarms: [] })
  expect(said({ kind: 'current' })).toEqual({ taken: undefined, alarms: [] })
})

test('a node that was revoked, or looks for its inviter, says so, by whom, and what to do', () => {
  const about = (fleet: ReturnType<NonNullable<AlarmDeps['fleet']>>) =>
    alarmsOf({
      identity: own,
      mesh: { inspect: () => ({ twins: { here: [], others: [] } }) },
      trust: { known: () => [], keyState: () => ({ kind: 'current' }), opinion: () => ({}) as never },
      fleet: () => fleet,
    }).join()
  const nothing = { why_not: null, revoked_by: null }
  expect(about(nothing)).toBe('')
  const by = { node_id: other.nodeId, root: false, name: 'hq', at: UNTIL }
  for (const word of ['hq', 'karo identity new', 'no longer a member'])
    expect(about({ why_not: 'revoked', revoked_by: by })).toContain(word)
  expect(about({ why_not: 'revoked', revoked_by: { ...by, root: true, name: '' } })).toContain(
    'the root revoked',
  )
  expect(about({ why_not: 'issuer_revoked', revoked_by: null })).toContain('another issuer')
  const joining = { expires_at: UNTIL, refused: null, detail: null, places: [], attempt: 1 }
  expect(about({ ...nothing, joining })).toContain('looks for its inviter')
  expect(about({ ...nothing, joining: { ...joining, refused: 'used' } })).toContain('was not taken')
  const unusable = { ...joining, refused: 'enrolment_file' }
  expect(about({ ...nothing, joining: unusable })).toContain('enrolment file')
  expect(about({ ...nothing, joining: { ...unusable, detail: 'others may read it' } })).toContain(
    'others may',
  )
  // Whoever is certified has its invite behind it.
  expect(about({ ...nothing, joining, own: {} as never })).toBe('')
})
