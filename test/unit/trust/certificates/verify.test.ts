// Chains of certificates: what one says when it holds, and each way in which it may not.

import { describe, expect, test } from 'vitest'
import { DAY_MS } from '../../../../src/base/calendar.ts'
import { meshOf } from '../../../../src/trust/certificates/sign.ts'
import {
  type Against,
  CHAIN_FAULTS,
  type ChainFault,
  LIFE_MAX_MS,
  verifyChain,
} from '../../../../src/trust/certificates/verify.ts'
import type { Signer } from '../../../../src/trust/identity/index.ts'
import { goldenFrames } from '../../../support/mesh/vectors.ts'
import fc, { forAllIn } from '../../../support/run/properties.ts'
import {
  against,
  type Change,
  chain,
  issuer,
  issuerCertificate,
  mesh,
  NOW,
  node,
  nodeCertificate,
  other,
  otherRoot,
  root,
} from './chains.ts'

const faultOf = (
  certificates: readonly Uint8Array[],
  change: Partial<Against> = {},
): ChainFault | 'holds' => {
  const verdict = verifyChain(certificates, against(change))
  return verdict.ok ? 'holds' : verdict.fault
}

test('a chain that holds says who, as what, by whom, and until when', () => {
  expect(verifyChain(chain(), against())).toEqual({
    ok: true,
    binding: {
      usage: 'node',
      node_id: node.nodeId,
      key: node.publicKey,
      member_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      name: 'eng-7',
      roles: ['lead'],
      teams: ['eng'],
      grants: [],
      issuer: issuer.nodeId,
      issued_at: NOW,
      not_before: NOW,
      not_after: NOW + 30 * DAY_MS,
    },
  })
  expect(verifyChain([issuerCertificate()], against({ key: issuer.publicKey }))).toMatchObject({
    ok: true,
    binding: { usage: 'issuer', node_id: issuer.nodeId, issuer: root.nodeId },
  })
})

test('a certificate never outlives the one above it', () => {
  const short = issuerCertificate({ notAfter: NOW + 3 * DAY_MS })
  expect(verifyChain([short, nodeCertificate()], against())).toMatchObject({
    binding: { not_after: NOW + 3 * DAY_MS },
  })
  expect(faultOf([short, nodeCertificate()], { at: NOW + 3 * DAY_MS })).toBe('expired')
})

const cut = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, -1)
const changed = (bytes: Uint8Array): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  const at = Buffer.from(copy).indexOf('eng-7')
  copy[at] = (copy[at] as number) ^ 1
  return copy
}

const revoking = ({ publicKey }: Signer): Partial<Against> => ({
  isRevoked: (key) => Buffer.compare(key, publicKey) === 0,
})

interface Wrong {
  /** How the two certificates differ from those that hold, or other ones in their place. */
  readonly above?: Change
  readonly leaf?: Change
  readonly all?: () => Uint8Array[]
  readonly seen?: Partial<Against>
}
const WRONG: readonly [what: string, fault: ChainFault, Wrong][] = [
  ['no certificate', 'empty', { all: () => [] }],
  [
    'a third certificate',
    'too_deep',
    { all: () => [...chain(), nodeCertificate({ signer: node, key: other.publicKey })] },
  ],
  ['no frame', 'malformed', { all: () => [issuerCertificate(), new Uint8Array(40)] }],
  ['a frame that was cut off', 'malformed', { all: () => [issuerCertificate(), cut(nodeCertificate())] }],
  ['a changed name', 'bad_signature', { all: () => [issuerCertificate(), changed(nodeCertificate())] }],
  ['a node signed by somebody else', 'bad_signature', { leaf: { signer: other } }],
  ['another root', 'unknown_root', { above: { signer: otherRoot } }],
  ['the node alone', 'unknown_root', { all: () => [nodeCertificate()] }],
  ['the order turned round', 'reordered', { all: () => chain().reverse() }],
  ['the issuer twice', 'reordered', { all: () => [issuerCertificate(), issuerCertificate()] }],
  ['a node that signed itself', 'self_issued', { leaf: { signer: node } }],
  ['a root that signed itself', 'self_issued', { above: { key: root.publicKey } }],
  ['a node that the root signed', 'wrong_usage', { all: () => [nodeCertificate({ signer: root })] }],
  [
    'a node in the place of an issuer',
    'wrong_usage',
    { all: () => [nodeCertificate({ signer: root, key: issuer.publicKey }), nodeCertificate()] },
  ],
  [
    'an issuer that an issuer made',
    'wrong_usage',
    { all: () => [issuerCertificate(), issuerCertificate({ signer: issuer, key: node.publicKey })] },
  ],
  ['a usage of later', 'wrong_usage', { leaf: { usage: 'operator' } }],
  ['an issuer of another mesh', 'wrong_mesh', { above: { mesh: meshOf(otherRoot.publicKey) } }],
  ['a node of another mesh', 'wrong_mesh', { leaf: { mesh: new Uint8Array(32) } }],
  ['a role that the issuer may not give', 'over_granted', { leaf: { roles: ['security'] } }],
  [
    'a node that may give roles',
    'over_granted',
    { above: { grants: ['admin'] }, leaf: { grants: ['admin'] } },
  ],
  ['the key of somebody else', 'other_key', { seen: { key: other.publicKey } }],
  ['a node for 31 days', 'over_long', { leaf: { notAfter: NOW + 31 * DAY_MS } }],
  ['an issuer for 401 days', 'over_long', { above: { notAfter: NOW + 401 * DAY_MS } }],
  ['an end before the beginning', 'over_long', { leaf: { notAfter: NOW - 1 } }],
  [
    'a moment before the first',
    'not_yet_valid',
    { leaf: { notBefore: NOW + DAY_MS, notAfter: NOW + 2 * DAY_MS } },
  ],
  ['a clock that is behind', 'clock', { seen: { at: NOW - DAY_MS } }],
  ['the moment it ends', 'expired', { seen: { at: NOW + 30 * DAY_MS } }],
  ['a revoked node', 'revoked', { seen: revoking(node) }],
  ['a revoked issuer', 'revoked', { seen: revoking(issuer) }],
]

describe('refused', () => {
  test.each(WRONG)('%s: %s', (_, fault, { above, leaf, all, seen }) => {
    expect(faultOf(all?.() ?? [issuerCertificate(above), nodeCertificate(leaf)], seen)).toBe(fault)
  })

  test('each reason there is has a case', () => {
    expect(Object.keys(CHAIN_FAULTS).filter((fault) => !WRONG.some(([, told]) => told === fault))).toEqual([])
  })
})

test('clocks may differ by five minutes, and no more', () => {
  expect(faultOf(chain(), { at: NOW - 5 * 60_000 })).toBe('holds')
  expect(faultOf(chain(), { at: NOW - 5 * 60_000 - 1 })).toBe('clock')
})

test('an issuer gives privileged roles that the root granted it, and no others', () => {
  const granted = issuerCertificate({ grants: ['security'] })
  expect(faultOf([granted, nodeCertificate({ roles: ['security', 'lead'] })])).toBe('holds')
  expect(faultOf([granted, nodeCertificate({ roles: ['admin'] })])).toBe('over_granted')
})

test('a role that only looks like one of the role table is none, and the rest of the certificate holds', () => {
  const roles = ['Security', 'ａｄｍｉｎ', 'lеad', 'lead', 'auditor']
  const verdict = verifyChain([issuerCertificate(), nodeCertificate({ roles })], against())
  expect(verdict).toMatchObject({ ok: true, binding: { roles: ['lead', 'auditor'] } })
})

test('what was changed anywhere in a chain never holds', () => {
  const whole = chain()
  forAllIn(
    { numRuns: 300 },
    fc.nat({ max: 1 }),
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
    (which, at, flip) => {
      const broken = whole.map((bytes) => Uint8Array.from(bytes))
      const target = broken[which] as Uint8Array
      target[at % target.length] = (target[at % target.length] as number) ^ flip
      return faultOf(broken) !== 'holds'
    },
  )
})

test('any bytes are a reason and never an exception', () => {
  forAllIn({ numRuns: 200 }, fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 4 }), (bytes) => {
    expect(faultOf(bytes)).not.toBe('holds')
  })
})

test('a chain holds exactly while both certificates do', () => {
  const DAYS = fc.integer({ min: -40, max: 40 })
  const life = fc.integer({ min: 1, max: 30 })
  forAllIn({ numRuns: 200 }, DAYS, life, DAYS, (from, days, at) => {
    const notBefore = NOW + from * DAY_MS
    const notAfter = notBefore + days * DAY_MS
    const certificate = nodeCertificate({ version: Math.min(NOW, notBefore), notBefore, notAfter })
    const early = NOW - 50 * DAY_MS
    const above = issuerCertificate({ version: early, notBefore: early, notAfter: NOW + 300 * DAY_MS })
    const held = faultOf([above, certificate], { at: NOW + at * DAY_MS })
    return (held === 'holds') === (at >= from && at < from + days)
  })
})

test('signers in any combination: only root, then issuer, then the node itself hold', () => {
  const keys: readonly Signer[] = [root, issuer, node, other]
  for (const first of keys) {
    for (const second of keys) {
      const holds = first === root && second === issuer
      const made = [issuerCertificate({ signer: first }), nodeCertificate({ signer: second })]
      expect(faultOf(made) === 'holds').toBe(holds)
    }
  }
})

test('golden: a chain that another encoder signed holds, and ends when it says', () => {
  const frame = (name: string): Uint8Array =>
    new Uint8Array(Buffer.from(goldenFrames.find((one) => one.name === name)!.bytes.hex!, 'hex'))
  const golden = [frame('certificate of an issuer'), frame('certificate of a node')]
  const { envelope, body } = goldenFrames.find(({ name }) => name === 'certificate of an issuer')!
  const terms = body as unknown as { mesh: Uint8Array; version: number }
  const at = terms.version
  const trusted = { key: envelope.sender, mesh: terms.mesh }
  const verdict = verifyChain(golden, { root: trusted, at, isRevoked: () => false })
  expect(verdict).toMatchObject({ ok: true, binding: { name: 'Büro 7', teams: ['eng', '日本'] } })
  const over = at + LIFE_MAX_MS.node
  const ended = verifyChain(golden, { root: trusted, at: over, isRevoked: () => false })
  expect(ended).toEqual({ ok: false, fault: 'expired', index: 1 })
  expect(mesh).not.toEqual(terms.mesh)
})
