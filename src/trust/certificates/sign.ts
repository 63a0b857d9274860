// Makes the documents that a root and its issuers sign: certificates and revocation lists.
import {
  Certificate,
  RevocationList,
  type RevocationListBody,
} from '../../../protocols/messages/certificate.ts'
import type { Random } from '../../base/clock.ts'
import { blake3 } from '../../base/hash.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { fingerprintOf, type Signer, signStatement } from '../identity/index.ts'
import type { Usage } from './verify.ts'

/** The identity of a mesh: BLAKE3 of the public key of its root, 32 bytes. */
export const meshOf = (root: Uint8Array): Uint8Array => blake3([root])

export interface CertificateTerms {
  readonly usage: Usage
  /** Ed25519 public key, 32 bytes. */
  readonly key: Uint8Array
  /** Fingerprint of the first key of its lineage, 16 hex digits. Absent: of `key`. */
  readonly member?: string | undefined
  /** 1 to 64 visible characters. */
  readonly name: string
  readonly roles: readonly string[]
  readonly teams: readonly string[]
  /** Of a node: who has it. */
  readonly owner?: string | undefined
  /** Of an issuer: privileged roles that it may give. */
  readonly grants?: readonly string[]
  /** Milliseconds since the epoch, as `notBefore` and `notAfter`. Higher than of any certificate of that key before. */
  readonly version: number
  readonly notBefore: number
  readonly notAfter: number
}

/** A whole frame. FrameErrors: `malformed` for terms out of bounds, `too_large` for more than 2 KiB of them. */
export function signCertificate(
  signer: Signer,
  mesh: Uint8Array,
  terms: CertificateTerms,
  random: Random,
): Uint8Array {
  const { usage, key, name, roles, teams, owner, version } = terms
  const member = Buffer.from(terms.member ?? fingerprintOf(key), 'hex')
  const times = { version, not_before: terms.notBefore, not_after: terms.notAfter }
  const body = { ...times, usage, mesh, key, name, roles, teams, owner, member, grants: terms.grants ?? [] }
  return signStatement(Certificate, body, signer, version, random)
}

/** What a certificate of these terms has, in bytes; only the frame itself tells, so one is signed for nothing. Infinite: it is too large. */
export function certificateBytes(
  signer: Signer,
  mesh: Uint8Array,
  terms: Omit<CertificateTerms, 'version' | 'notBefore' | 'notAfter'>,
  { clock, random }: Pick<Ambient, 'clock' | 'random'>,
): number {
  const now = clock.now()
  try {
    const times = { version: now, notBefore: now, notAfter: now + 1 }
    return signCertificate(signer, mesh, { ...terms, ...times }, random).length
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** A whole frame. */
export const signRevocationList = (signer: Signer, body: RevocationListBody, random: Random): Uint8Array =>
  signStatement(RevocationList, body, signer, body.version, random)
