// Who revoked a node, and how its machine gets in again, in words.
import { formatFingerprint, localTime, printable } from '../format.ts'

/** The machine needs another key, because no invite admits a revoked one. */
export const ANOTHER_KEY = 'stop its daemon, karo identity new --replace, start the daemon, karo join <code>'

interface Revoker {
  /** 16 hex digits. */
  readonly fingerprint: string
  /** Empty: it is not known. */
  readonly name: string
  /** The root of the mesh, and no issuer. */
  readonly root: boolean
  /** ISO 8601. */
  readonly at: string
}

/** The end of a sentence that says why a node lost its membership by a revocation. Null: the revoker is unknown. */
export function revokedWords(by: Revoker | null): string {
  if (by === null) return 'its key was revoked'
  const who = by.root
    ? 'the root'
    : `the issuer ${printable(by.name) || 'of its mesh'} (${formatFingerprint(by.fingerprint)})`
  return `${who} revoked its key at ${localTime(by.at)}`
}
