// Certificates of nodes that ended before the day on which older ones would: they take their place, so that nothing comes back.
import { expect, test } from 'vitest'
import { formatNodeId } from '../../../../protocols/node-id.ts'
import { DAY_MS } from '../../../../src/base/calendar.ts'
import { LIFE_MAX_MS } from '../../../../src/trust/certificates/verify.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import {
  issuer,
  issuerCertificate,
  listOf,
  NOW,
  node,
  nodeCertificate,
  other,
  rollWith,
  root,
} from './chains.ts'

const twoIssuers = () =>
  rollWith(issuerCertificate(), issuerCertificate({ key: other.publicKey, name: 'hq-2' }))
const LATER = NOW + 2 * DAY_MS
const short = { version: NOW + 1, roles: [], teams: [], notAfter: NOW + DAY_MS }

test.each([
  ['the same issuer', {}],
  ['another issuer', { signer: other }],
])('what %s took away for a day is not back for who hears of it later, nor after a restart', (_who, by) => {
  const before = nodeCertificate({ roles: ['lead'] })
  const after = nodeCertificate({ ...by, ...short })
  for (const [first, second] of [
    [before, after],
    [after, before],
  ] as const) {
    const roll = twoIssuers()
    roll.certificate(first, LATER)
    roll.certificate(second, LATER)
    expect(roll.word(node.nodeId, LATER)).toBeUndefined()
    expect(roll.whyNot(node.nodeId, LATER)).toBe('ended')
    expect(roll.fault(node.nodeId, LATER)).toBe('expired')
    expect(roll.certified(LATER).map(({ name }) => name)).toEqual(['hq-1', 'hq-2'])
    // A newer one counts again.
    const next = { version: LATER, notBefore: LATER, notAfter: LATER + DAY_MS }
    expect(roll.certificate(nodeCertificate(next), LATER)).toEqual({ changed: [node.nodeId] })
    expect(roll.word(node.nodeId, LATER)?.binding.roles).toEqual(['lead'])
  }
})

test('what a revoked issuer signed for a node, and ended, stands in nobody’s way', () => {
  const roll = twoIssuers()
  roll.list(listOf(root, [other.publicKey]), NOW)
  roll.certificate(nodeCertificate(), LATER)
  const ended = nodeCertificate({ signer: other, ...short })
  expect(roll.certificate(ended, LATER)).toEqual({ changed: [], fault: 'expired' })
  expect(roll.word(node.nodeId, LATER)?.binding.roles).toEqual(['lead'])
})

/** None of the node's older certificates can hold any more. */
const OVER = NOW + LIFE_MAX_MS.node + DAY_MS

test('a node whose time is over is told as one that has ended, and by its newest terms, also after a restart', () => {
  const roll = rollWith(issuerCertificate())
  for (const change of [{}, { version: NOW + 1, roles: [] }, {}])
    roll.certificate(nodeCertificate(change), OVER)
  expect([roll.fault(node.nodeId, OVER), roll.whyNot(node.nodeId, OVER)]).toEqual(['expired', 'ended'])
  expect(roll.lastTerms(node.nodeId)).toMatchObject({ name: 'eng-7', roles: [], issued_at: NOW + 1 })
})

test('nodes whose time is over give way in a full roll, also where another issuer has fewer', () => {
  const roll = twoIssuers()
  const late = { version: OVER - 1, notBefore: OVER - 1, notAfter: OVER + DAY_MS }
  const keyOf = (n: number) => testIdentity(30_000 + n).publicKey
  // It ended early, and may stand in the place of one that still holds.
  const [since, until] = [OVER - 2 * DAY_MS, OVER - DAY_MS]
  const early = { key: keyOf(5_000), signer: other, version: since, notBefore: since, notAfter: until }
  roll.certificate(nodeCertificate(early), OVER)
  for (let n = 1; n < 4_095; n++) roll.certificate(nodeCertificate({ key: keyOf(n), ...late }), OVER)
  roll.certificate(nodeCertificate({ signer: other }), OVER)
  expect(roll.lastTerms(node.nodeId)).toBeDefined()
  roll.certificate(nodeCertificate({ key: keyOf(4_095), ...late }), OVER)
  expect(roll.lastTerms(node.nodeId)).toBeUndefined()
  // It pushes out nobody either when it comes last.
  roll.certificate(nodeCertificate({ signer: other }), OVER)
  expect(roll.lastTerms(node.nodeId)).toBeUndefined()
  expect(roll.certified(OVER)).toHaveLength(4_095 + 2)
  expect(roll.whyNot(formatNodeId(early.key), OVER)).toBe('ended')
  // An issuer has no terms of a machine.
  expect(roll.lastTerms(issuer.nodeId)).toBeUndefined()
})

test('whose certificate ended is told with it for as long as is asked, and not where more than time is against it', () => {
  const roll = twoIssuers()
  roll.certificate(nodeCertificate({ signer: other }), NOW)
  const end = NOW + 30 * DAY_MS
  expect(roll.told(end)).not.toContain(node.nodeId)
  expect(roll.told(end - 1)).toContain(node.nodeId)
  expect(roll.since(node.nodeId, end - 1)).toMatchObject({ name: 'eng-7', not_after: end })
  expect(roll.since(node.nodeId, end)).toBeUndefined()
  // Who was revoked is told for good, and whom a revoked issuer certified is told no more.
  roll.list(listOf(issuer, [node.publicKey]), NOW)
  expect(roll.since(node.nodeId, 0)).toBeUndefined()
  expect(roll.told(end)).toContain(node.nodeId)
  const more = twoIssuers()
  more.certificate(nodeCertificate({ signer: other }), NOW)
  more.list(listOf(root, [other.publicKey]), NOW)
  expect(more.told(0)).not.toContain(node.nodeId)
})
