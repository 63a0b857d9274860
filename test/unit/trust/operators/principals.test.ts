// Who asks: an operator whose delegation covers this question, here and now, or nobody; never the node in its place.

import { describe, expect, test } from 'vitest'
import { CLOCK_WINDOW_MS } from '../../../../protocols/frame.ts'
import { DELEGATION_LIFE_MS } from '../../../../protocols/messages/operator.ts'
import { DAY_MS } from '../../../../src/base/calendar.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { newSealingKey } from '../../../../src/trust/identity/index.ts'
import { signDelegation } from '../../../../src/trust/operators/delegation.ts'
import type { Asking } from '../../../../src/trust/operators/types.ts'
import fc, { forAllIn } from '../../../support/run/properties.ts'
import {
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
  otherRoot,
} from '../certificates/chains.ts'
import { body, HOUR_MS, owner, question } from './world.ts'

const ruleOf = (asking: Asking, by = owner()): string => {
  const { fault, principal } = by.resolve(asking)
  // Whatever is wrong, the question is nobody's: it is not judged as the node's own.
  if (fault !== undefined) expect(principal).toMatchObject({ denied: true, roles: [], teams: [] })
  return fault?.rule ?? 'none'
}
const shown = (chain: readonly Uint8Array[], by = operator) =>
  question({ operator: { delegation: signDelegation(by, body, systemRandom), chain } })

test('an operator is judged by the roles and teams of the certificate, and the node is named beside it', () => {
  const { principal, operator: who, fault } = owner().resolve(question())
  expect(fault).toBeUndefined()
  expect(who).toEqual({ id: operator.nodeId, name: 'carol' })
  expect(principal).toEqual({
    node_id: node.nodeId,
    trust_level: 'peer',
    denied: false,
    roles: ['lead'],
    teams: ['eng'],
    operator: operator.fingerprint,
    operator_id: operator.nodeId,
    through: { node_id: node.nodeId, roles: ['individual'], teams: ['desk'] },
  })
})

test('a node that asks for itself is judged as before', () => {
  const asking = question()
  const { operator: _, ...own } = asking.body
  expect(owner().resolve({ ...asking, body: own })).toEqual({
    principal: {
      node_id: node.nodeId,
      trust_level: 'peer',
      denied: false,
      roles: ['individual'],
      teams: ['desk'],
    },
  })
})

describe('a delegation', () => {
  const other32 = other.publicKey
  test.each<[string, Asking, string]>([
    ['for another node', question({ body: { node: other32 } }), 'operator.wrong_node'],
    ['of another mesh', question({ body: { mesh: other32 } }), 'operator.wrong_mesh'],
    ['for answers to another key', question({ body: { audience_key: other32 } }), 'operator.wrong_key'],
    ['for other types', question({ body: { types: ['NodeHealth'] } }), 'operator.wrong_type'],
    [
      'that has ended',
      question({ body: { not_before: NOW - 8 * HOUR_MS, not_after: NOW } }),
      'operator.expired',
    ],
    [
      'from the future',
      question({ body: { not_before: NOW + CLOCK_WINDOW_MS + 1, not_after: NOW + HOUR_MS } }),
      'operator.not_yet_valid',
    ],
    ['by another key', question({ by: other }), 'operator.certificate_other_key'],
    ['of no certificate', shown([]), 'operator.certificate_empty'],
    ['of a node', shown([issuerCertificate(), nodeCertificate()], node), 'operator.certificate_wrong_usage'],
    ['of an issuer', shown([issuerCertificate()], issuer), 'operator.certificate_wrong_usage'],
    // What else may be wrong with a chain: `test/unit/trust/certificates/verify.test.ts`.
    [
      'of another root',
      shown([issuerCertificate({ signer: otherRoot }), operatorCertificate()]),
      'operator.certificate_unknown_root',
    ],
  ])('%s gives nothing', (_what, asking, rule) => {
    expect(ruleOf(asking)).toBe(rule)
  })

  test('may come from a clock that is a little ahead', () => {
    expect(ruleOf(question({ body: { not_before: NOW + CLOCK_WINDOW_MS, not_after: NOW + HOUR_MS } }))).toBe(
      'none',
    )
  })

  test('holds for 8 hours at most', () => {
    const { resolve, time } = owner()
    time.now = NOW + DELEGATION_LIFE_MS - 1
    expect(resolve(question()).fault).toBeUndefined()
    time.now++
    expect(resolve(question()).fault?.rule).toBe('operator.expired')
    expect(() =>
      signDelegation(operator, { ...body, not_after: NOW + DELEGATION_LIFE_MS + 1 }, systemRandom),
    ).toThrow('8 hours')
  })

  test('whose bytes were changed anywhere gives nothing', () => {
    const { delegation, chain } = question().body.operator as NonNullable<Asking['body']['operator']>
    const lengths = [delegation, ...chain].map(({ length }) => length)
    const places = fc.integer({ min: 0, max: 2 }).chain((part) =>
      fc.record({
        part: fc.constant(part),
        at: fc.integer({ min: 0, max: lengths[part]! - 1 }),
        bit: fc.integer({ min: 0, max: 7 }),
      }),
    )
    const by = owner()
    forAllIn({ numRuns: 400 }, places, ({ part, at, bit }) => {
      const parts = [delegation, ...chain].map((one) => Uint8Array.from(one))
      parts[part]![at]! ^= 1 << bit
      const [first, ...rest] = parts as [Uint8Array, ...Uint8Array[]]
      expect(ruleOf(question({ operator: { delegation: first, chain: rest } }), by)).not.toBe('none')
    })
  })

  test('goes with the key of its session alone', () => {
    expect(ruleOf(question({ audience_key: newSealingKey(systemRandom).publicKey }))).toBe(
      'operator.wrong_key',
    )
    expect(ruleOf(question({ query_type: 'NodeHealth' }))).toBe('operator.wrong_type')
    // Another node that got hold of it.
    const asking = { ...question(), author: other.publicKey, authorId: other.nodeId }
    expect(ruleOf(asking, owner({ [other.nodeId]: { level: 'peer' } }))).toBe('operator.wrong_node')
  })
})

test('nobody is named as the one who asked but an operator who signed for this very question and is known here', () => {
  const named = (asking: Asking, by = owner()) => {
    const { operator: who, claimed } = by.resolve(asking)
    return [who?.name, claimed]
  }
  const claimed = [undefined, operator.nodeId]
  // What a relay has seen it can show again, and so can the node after the login.
  const replayed = { ...question(), author: other.publicKey, authorId: other.nodeId }
  expect(named(replayed, owner({ [other.nodeId]: { level: 'peer' } }))).toEqual(claimed)
  expect(named(question({ query_type: 'NodeHealth' }))).toEqual(claimed)
  expect(named(question({ body: { not_before: NOW - HOUR_MS, not_after: NOW } }))).toEqual(claimed)
  expect(named(question(), owner({}, false))).toEqual(claimed)
  // Keys of nobody.
  expect(named(question({ by: other }))).toEqual([undefined, other.nodeId])
  expect(named(shown([]))).toEqual(claimed)
  // The operator did ask, and may not.
  const { roll, resolve } = owner()
  roll.certificate(operatorCertificate(), NOW)
  expect(named(question(), { ...owner(), resolve })).toEqual(['carol', undefined])
  expect(named(shown([]), { ...owner(), resolve })).toEqual(['carol', undefined])
  expect(named(question(), owner({ [operator.nodeId]: { denied: true } }))).toEqual(['carol', undefined])
})

describe('people of the owner', () => {
  test.each([
    ['deny the node', { [node.nodeId]: { denied: true } }],
    ['revoked the node', { [node.nodeId]: { revoked: true } }],
    ['do not trust the node', { [node.nodeId]: { level: 'untrusted' as const } }],
  ])('%s: an operator there has nothing, and is not looked at', (_what, said) => {
    const { principal, operator: who, fault } = owner(said).resolve(question())
    expect([who, fault, principal.operator]).toEqual([undefined, undefined, undefined])
    expect(principal.denied || principal.trust_level === 'untrusted').toBe(true)
  })

  test.each([
    ['deny the operator', { [operator.nodeId]: { denied: true } }, 'operator.denied'],
    ['revoked the operator', { [operator.nodeId]: { revoked: true } }, 'operator.denied'],
    ['deny the issuer', { [issuer.nodeId]: { denied: true } }, 'operator.issuer_denied'],
  ])('%s', (_what, said, rule) => {
    expect(ruleOf(question(), owner(said))).toBe(rule)
  })

  test('who are in no mesh know no operators', () => {
    expect(ruleOf(question(), owner({}, false))).toBe('operator.no_mesh')
  })
})

describe('what the owner knows of the issuer', () => {
  test('a list takes effect at the next question', () => {
    const { roll, resolve } = owner()
    expect(resolve(question()).fault).toBeUndefined()
    roll.list(listOf(issuer, [operator.publicKey], { number: 1 }), NOW)
    expect(resolve(question()).fault?.rule).toBe('operator.certificate_revoked')
  })

  test('an issuer that lost a grant is not shown as it was before', () => {
    const granted = issuerCertificate({ grants: ['security'] })
    const asking = shown([granted, operatorCertificate({ roles: ['security'] })])
    const { roll, resolve } = owner()
    roll.certificate(issuerCertificate({ grants: ['security'], version: NOW + 1 }), NOW)
    expect(resolve(asking).principal).toMatchObject({ trust_level: 'peer', roles: ['security'] })
    roll.certificate(issuerCertificate({ grants: [], version: NOW + 2 }), NOW)
    expect(resolve(asking).fault?.rule).toBe('operator.certificate_over_granted')
  })

  test('an operator that lost a role is not shown as it was before', () => {
    const { roll, resolve } = owner()
    const asking = question()
    roll.certificate(operatorCertificate({ version: NOW + 1, roles: ['individual'], teams: [] }), NOW)
    expect(resolve(asking).principal).toMatchObject({ roles: ['individual'], teams: [] })
    // One that is older than what is shown changes nothing.
    const newest = shown([issuerCertificate(), operatorCertificate({ version: NOW + 2, roles: ['admin2'] })])
    expect(resolve(newest).principal).toMatchObject({ roles: ['admin2'] })
  })

  test('a certificate that was renewed holds although the one that is shown has ended', () => {
    const ended = { notBefore: NOW - DAY_MS, notAfter: NOW }
    const asking = shown([issuerCertificate(), operatorCertificate({ ...ended, version: NOW - DAY_MS })])
    const { roll, resolve } = owner()
    expect(resolve(asking).fault?.rule).toBe('operator.certificate_expired')
    roll.certificate(operatorCertificate(), NOW)
    expect(resolve(asking).fault).toBeUndefined()
    // It stands in for nothing else that is wrong.
    const forged = shown([issuerCertificate(), operatorCertificate({ signer: other })])
    expect(resolve(forged).fault?.rule).toBe('operator.certificate_bad_signature')
  })

  test('without a list for a week operators open no data', () => {
    const { time, resolve } = owner()
    time.now = NOW + 7 * DAY_MS + 1
    const late = question({ body: { not_before: time.now - HOUR_MS, not_after: time.now + HOUR_MS } })
    expect(resolve(late)).toMatchObject({ principal: { trust_level: 'untrusted', roles: ['lead'] } })
  })

  test('one whose certificate is not here yet shows it with the question', () => {
    const { roll, resolve } = owner()
    expect(roll.isAuthority(issuer.nodeId)).toBe(true)
    const second = { signer: other }
    const chain = [issuerCertificate({ key: other.publicKey }), operatorCertificate(second)]
    expect(resolve(shown(chain)).fault).toBeUndefined()
    expect(resolve(shown([...operatorChain().slice(0, 1), operatorCertificate(second)])).fault?.rule).toBe(
      'operator.certificate_bad_signature',
    )
  })
})
