// Operators in the room of certificates: an issuer certifies people, who are no machines, and takes it back.
import { expect, test } from 'vitest'
import { MeshQuery } from '../../../../protocols/messages/query.ts'
import { DAY_MS } from '../../../../src/base/calendar.ts'
import type { Roll } from '../../../../src/trust/certificates/roll.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import {
  type Change,
  issuer,
  issuerCertificate,
  listOf,
  NOW,
  node,
  nodeCertificate,
  operator,
  operatorCertificate,
  operatorChain,
  other,
  rollWith,
  root,
} from './chains.ts'
import { found, four, joins, pass, type Room, time } from './rooms.ts'

const terms = (change: object = {}) => ({
  key: operator.publicKey,
  name: 'carol',
  roles: [],
  teams: [],
  for_ms: DAY_MS,
  ...change,
})

/** What the chain of an operator is worth to this node; `chain`: the usual one. */
const worthOf = (roll: Roll, at = NOW, chain: readonly Uint8Array[] = operatorChain()) =>
  roll.operators.verdict(chain, operator.publicKey, at)

const LONG = Array.from({ length: 8 }, (_, i) => `${'ü'.repeat(60)}${i}`)

async function issuing(grants: readonly string[] = []): Promise<{ hq: Room; ann: Room }> {
  const { hq, ann } = await four()
  time.now += 1
  await found(hq, { grants })
  return { hq, ann }
}

test('an operator is known wherever its certificate came, and is expected nowhere', async () => {
  const { hq, ann } = await issuing(['security'])
  await joins(hq, ann, {}, 'ann')
  const chain = await hq.fleet.operators.issue(terms({ roles: ['security'], teams: ['soc'] }))
  expect(chain).toHaveLength(2)
  pass(hq, ann)
  for (const { fleet, changes } of [hq, ann]) {
    expect(fleet.operators.list()).toMatchObject([
      { state: 'valid', binding: { name: 'carol', usage: 'operator', roles: ['security'], teams: ['soc'] } },
    ])
    expect(fleet.operators.chainOf(operator.nodeId)).toEqual(chain)
    // What karo ca export writes proves who they are, too.
    expect(fleet.frames()).toContainEqual({ kind: 'certificate', frame: chain.at(-1) })
    expect(fleet.operators.verdict(chain, operator.publicKey)).toMatchObject({ ok: true, level: 'peer' })
    // No machine: nobody admits it, misses it, or has to think anew about it.
    expect(fleet.word(operator.nodeId)).toBeUndefined()
    expect(fleet.certified().map(({ name }) => name)).not.toContain('carol')
    expect(changes).not.toContain(operator.nodeId)
  }
})

test('an operator that shows its certificate as a node is none', () => {
  const roll = rollWith()
  expect(roll.chain(operator.nodeId, operatorChain(), NOW)).toEqual([])
  expect(roll.word(operator.nodeId, NOW)).toBeUndefined()
  expect(roll.fault(operator.nodeId, NOW)).toBe('wrong_usage')
})

test('a key is a node or a person, whichever it was first', () => {
  const roll = rollWith(issuerCertificate(), nodeCertificate())
  const asPerson = operatorCertificate({ key: node.publicKey, version: NOW + 1 })
  expect(roll.certificate(asPerson, NOW).fault).toBe('wrong_usage')
  roll.certificate(operatorCertificate(), NOW)
  const asNode = nodeCertificate({ key: operator.publicKey, version: NOW + 1 })
  expect(roll.certificate(asNode, NOW).fault).toBe('wrong_usage')
  expect(roll.operators.list(NOW)).toHaveLength(1)
})

test('only an issuer certifies, within what it was granted, names that are free, for a month at most', async () => {
  const { hq, ann } = await issuing()
  await expect(ann.fleet.operators.issue(terms())).rejects.toMatchObject({ code: 'refused' })
  const refused = (change: object, code: string) =>
    expect(hq.fleet.operators.issue(terms(change))).rejects.toMatchObject({ code })
  await refused({ roles: ['security'] }, 'refused')
  for (const wrong of [
    ...[{ name: '' }, { name: ' carol' }, { name: 'a\u202eb' }, { name: '0123 4567 89ab cdef' }],
    ...[{ roles: ['a b'] }, { teams: [''] }, { for_ms: 30 * DAY_MS + 1 }, { for_ms: 1 }],
    { roles: LONG, teams: LONG },
  ])
    await refused(wrong, 'bad_request')
  await hq.fleet.operators.issue(terms())
  await refused({ key: testIdentity(8_704).publicKey, name: 'Carol' }, 'conflict')
  await refused({ key: hq.identity.publicKey, name: 'hq' }, 'conflict')
  // Ledgers name the two side by side.
  await refused({ name: 'HQ' }, 'conflict')
  expect(hq.audited.filter(({ type }) => type === 'certificate_issued')).toMatchObject([
    { peer: operator.nodeId, details: { name: 'carol', usage: 'operator' } },
  ])
})

test('no machine is called as a person is, however it joins or is renamed', async () => {
  const { hq, ann } = await issuing()
  await hq.fleet.operators.issue(terms({ name: 'Carol' }))
  await joins(hq, ann, {}, 'ｃarol')
  expect(ann.fleet.state().own?.name).toMatch(/^ｃarol-[0-9a-f]{6}$/)
  await expect(hq.fleet.assign(ann.id, { name: 'carol' })).rejects.toMatchObject({ code: 'conflict' })
})

test('the largest certificates that are signed leave half of a question free', async () => {
  const { hq } = await issuing()
  let longest: readonly Uint8Array[] = []
  for (let length = 1; length <= 60; length++) {
    const roles = Array.from({ length: 8 }, (_, i) => `${'x'.repeat(length)}${i}`)
    const chain = await hq.fleet.operators.issue(terms({ roles, teams: roles })).catch(() => undefined)
    if (chain === undefined) break
    longest = chain
  }
  const bytes = longest.reduce((sum, one) => sum + one.length, 0)
  expect(bytes).toBeGreaterThan(MeshQuery.limit / 4)
  expect(bytes).toBeLessThanOrEqual(MeshQuery.limit / 2 + 38)
})

test('renewed, it holds for longer with the same key; revoked, it never does again', async () => {
  const { hq } = await issuing()
  const first = await hq.fleet.operators.issue(terms())
  time.now += DAY_MS + 1
  expect(hq.fleet.operators.list()).toMatchObject([{ state: 'expired' }])
  expect(hq.fleet.operators.verdict(first, operator.publicKey)).toMatchObject({ ok: false, fault: 'expired' })
  const second = await hq.fleet.operators.issue(terms())
  expect(hq.fleet.operators.chainOf(operator.nodeId)).toEqual(second)
  expect(hq.fleet.operators.list()).toMatchObject([{ state: 'valid' }])
  expect(await hq.fleet.revoke(operator.nodeId)).toBe(true)
  expect(hq.fleet.operators.list()).toMatchObject([{ state: 'revoked', binding: { name: 'carol' } }])
  const worth = hq.fleet.operators.verdict(second, operator.publicKey)
  expect(worth).toMatchObject({ ok: false, fault: 'revoked', name: 'carol' })
  expect(hq.changes).toContain(operator.nodeId)
  await expect(hq.fleet.operators.issue(terms())).rejects.toMatchObject({ code: 'refused' })
  // The name is free again, for another key.
  await hq.fleet.operators.issue(terms({ key: testIdentity(8_705).publicKey }))
})

test('one that has ended is known after a restart, and says nothing', () => {
  const roll = rollWith(issuerCertificate())
  const later = NOW + 31 * DAY_MS
  expect(roll.certificate(operatorCertificate(), later)).toEqual({ changed: [], fault: 'expired' })
  expect(roll.operators.list(later)).toMatchObject([{ state: 'expired', binding: { name: 'carol' } }])
  expect(worthOf(roll, later)).toMatchObject({ ok: false, fault: 'expired', name: 'carol' })
})

test('what an older issuer signed for a person says nothing of a node, nor the reverse', () => {
  const roll = rollWith(issuerCertificate())
  const asNode = [issuerCertificate(), nodeCertificate()]
  expect(roll.operators.verdict(asNode, node.publicKey, NOW)).toMatchObject({ fault: 'wrong_usage' })
  // The root certifies issuers alone.
  const byRoot = operatorCertificate({ signer: root, roles: ['security'], teams: [] })
  expect(worthOf(roll, NOW, [byRoot])).toMatchObject({ fault: 'wrong_usage' })
  expect(roll.isAuthority(issuer.nodeId)).toBe(true)
})

/** A mesh with two issuers, the second of which may be revoked by the root. */
function twoIssuers() {
  const roll = rollWith(issuerCertificate(), issuerCertificate({ key: other.publicKey, name: 'hq-2' }))
  const revoke = (): void => void roll.list(listOf(root, [other.publicKey], { number: 1 }), NOW)
  return { roll, revoke }
}
const byOther = (change: Change = {}): Uint8Array => operatorCertificate({ signer: other, ...change })

test.each([
  ['the same issuer', operatorCertificate],
  ['another issuer', byOther],
])(
  'what %s took away for a day is not back when a node hears of it after that day, nor after a restart',
  (_who, lower) => {
    const before = operatorCertificate({ roles: ['lead'] })
    const after = lower({ version: NOW + 1, roles: [], teams: [], notAfter: NOW + DAY_MS })
    const later = NOW + 2 * DAY_MS
    for (const [first, second] of [
      [before, after],
      [after, before],
    ] as const) {
      const { roll } = twoIssuers()
      roll.certificate(first, later)
      roll.certificate(second, later)
      expect(worthOf(roll, later)).toMatchObject({ ok: false, fault: 'expired' })
    }
  },
)

test('what the thief of an issuer signed for an operator stands in nobody’s way once that issuer is revoked', () => {
  const { roll, revoke } = twoIssuers()
  roll.certificate(operatorCertificate(), NOW)
  roll.certificate(byOther({ version: NOW + 1, roles: [], teams: [] }), NOW)
  expect(worthOf(roll)).toMatchObject({ ok: true, binding: { roles: [] } })
  revoke()
  expect(roll.operators.list(NOW)).toMatchObject([{ state: 'void', binding: { name: 'carol' } }])
  expect(worthOf(roll)).toMatchObject({ ok: true, binding: { roles: ['lead'] } })
  // Nor is what it signed good for anything itself.
  const theirs = [issuerCertificate({ key: other.publicKey, name: 'hq-2' }), byOther()]
  expect(worthOf(roll, NOW, theirs)).toMatchObject({ fault: 'revoked' })
  // The issuer that is left says what counts, with whatever version it has.
  expect(roll.certificate(operatorCertificate({ teams: ['ops'] }), NOW)).toEqual({ changed: [] })
  expect(roll.operators.list(NOW)).toMatchObject([{ state: 'valid', binding: { teams: ['ops'] } }])
})

test('a key that only a revoked issuer called a person may be a node, and the reverse', () => {
  const asPerson = twoIssuers()
  asPerson.roll.certificate(byOther({ key: node.publicKey }), NOW)
  expect(asPerson.roll.certificate(nodeCertificate(), NOW).fault).toBe('wrong_usage')
  asPerson.revoke()
  expect(asPerson.roll.certificate(nodeCertificate(), NOW)).toEqual({ changed: [node.nodeId] })
  expect(asPerson.roll.word(node.nodeId, NOW)?.binding.name).toBe('eng-7')
  const asNode = twoIssuers()
  asNode.roll.certificate(nodeCertificate({ signer: other, key: operator.publicKey }), NOW)
  expect(asNode.roll.certificate(operatorCertificate(), NOW).fault).toBe('wrong_usage')
  asNode.revoke()
  expect(asNode.roll.certificate(operatorCertificate(), NOW)).toEqual({ changed: [] })
  expect(asNode.roll.operators.list(NOW)).toMatchObject([{ state: 'valid' }])
})

test('an operator is found by those who renew or revoke it, whatever became of the issuer since', () => {
  const roll = rollWith()
  const at = (days: number) => ({ version: NOW + days * DAY_MS, notBefore: NOW + days * DAY_MS })
  roll.certificate(issuerCertificate({ grants: ['security'] }), NOW)
  roll.certificate(operatorCertificate({ roles: ['security'] }), NOW)
  const states = (days: number) => {
    const now = NOW + days * DAY_MS
    return roll.operators.list(now).map(({ state, binding }) => [state, binding.name])
  }
  // The issuer was certified anew after the operator was, with the grant and without it.
  roll.certificate(issuerCertificate({ grants: ['security'], ...at(5) }), NOW + 5 * DAY_MS)
  expect([states(6), states(31)]).toEqual([[['valid', 'carol']], [['expired', 'carol']]])
  roll.certificate(issuerCertificate({ grants: [], ...at(6) }), NOW + 6 * DAY_MS)
  expect([states(7), states(31)]).toEqual([[['void', 'carol']], [['void', 'carol']]])
})
