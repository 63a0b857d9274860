// Keys and certificates for tests of chains: a root, an issuer, a node, and whatever is wrong with them.

import { DAY_MS } from '../../../../src/base/calendar.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { createRoll, type Roll } from '../../../../src/trust/certificates/roll.ts'
import {
  type CertificateTerms,
  meshOf,
  signCertificate,
  signRevocationList,
} from '../../../../src/trust/certificates/sign.ts'
import type { Against } from '../../../../src/trust/certificates/verify.ts'
import type { Signer } from '../../../../src/trust/identity/index.ts'
import { testIdentities, testIdentity } from '../../../support/mesh/identity.ts'

export const NOW = Date.UTC(2026, 10, 21, 9)
export const [root, issuer, node, other, otherRoot] = testIdentities(9_001, 9_002, 9_003, 9_004, 9_005)
export const mesh = meshOf(root.publicKey)

export type Change = Partial<CertificateTerms> & { readonly signer?: Signer; readonly mesh?: Uint8Array }

/** Certificates of this usage by this signer for so many days from now on, each with what is changed in it. */
const certifying =
  (
    by: Signer,
    days: number,
    usage: CertificateTerms['usage'],
    { publicKey: key }: Signer,
    terms: Pick<CertificateTerms, 'name'> & Partial<CertificateTerms>,
  ) =>
  ({ signer = by, mesh: of = mesh, ...change }: Change = {}): Uint8Array => {
    const life = { version: NOW, notBefore: NOW, notAfter: NOW + days * DAY_MS }
    const usual = { usage, key, roles: [], teams: [], ...life }
    return signCertificate(signer, of, { ...usual, ...terms, ...change }, systemRandom)
  }

const LEAD = { roles: ['lead'], teams: ['eng'] }
/** The key of a person. */
export const operator = testIdentity(9_006)
export const issuerCertificate = certifying(root, 365, 'issuer', issuer, { name: 'hq-1', grants: [] })
export const nodeCertificate = certifying(issuer, 30, 'node', node, { name: 'eng-7', ...LEAD })
export const operatorCertificate = certifying(issuer, 30, 'operator', operator, { name: 'carol', ...LEAD })

export const operatorChain = (): Uint8Array[] => [issuerCertificate(), operatorCertificate()]

export const chain = (): Uint8Array[] => [issuerCertificate(), nodeCertificate()]

/** What a node of the mesh knows that has seen these. */
export function rollWith(...certificates: readonly Uint8Array[]): Roll {
  const roll = createRoll()
  roll.trustRoot({ key: root.publicKey, mesh }, NOW)
  for (const bytes of certificates) roll.certificate(bytes, NOW)
  return roll
}

interface ListTerms {
  readonly number?: number
  readonly version?: number
  readonly mesh?: Uint8Array
  /** When its keys were revoked. */
  readonly at?: number
}
export const listOf = (
  by: Signer,
  keys: readonly Uint8Array[],
  { number = 0, version = NOW, mesh: of = mesh, at = NOW }: ListTerms = {},
): Uint8Array =>
  signRevocationList(
    by,
    { version, number, mesh: of, revoked: keys.map((key) => ({ key, at })) },
    systemRandom,
  )

export const against = (change: Partial<Against> = {}): Against => ({
  root: { key: root.publicKey, mesh },
  at: NOW,
  isRevoked: () => false,
  key: node.publicKey,
  ...change,
})
