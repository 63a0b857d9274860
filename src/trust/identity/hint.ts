// Hints: eight bytes beside a sealed key by which only author and recipient can tell whom it means.
//
// key = HKDF-SHA256(ikm = X25519(author, recipient), salt = none, info = "karo-hint-v1"), 32 bytes;
// hint = HMAC-SHA256(key, author 32 ‖ version u64 ‖ slot)[0:8], integers big-endian.
// The author stands in it because the two keys share one secret, whichever of them writes.
import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { HINT_BYTES } from '../../../protocols/messages/fields.ts'
import { createRecent } from '../../base/recent.ts'
import type { Agree } from './agree.ts'
import { sealingKeyOf } from './montgomery.ts'

const KEY_BYTES = 32
const INFO = 'karo-hint-v1'
const NONE = new Uint8Array(0)
/** Agreeing costs about 100 µs, and every document of a neighbour is looked at. */
const CACHED = 2048

/** What a hint is bound to: it changes with every document and edition. */
interface HintContext {
  /** Ed25519 key of the document's author. */
  readonly author: Uint8Array
  readonly slot: string
  readonly version: number
}

/**
 * The hint that names one end of (`peer`, this node) in a document by the other; undefined for a key nobody can agree
 * with. `peer` is the Ed25519 key of the other end: the recipient when this node writes, the author when it reads.
 */
export type Hints = (peer: Uint8Array, context: HintContext) => Uint8Array | undefined

/** `agree` is this node's. Only in memory, and bounded. */
export function createHints(agree: Agree): Hints {
  /** As key objects, because Node takes three times as long over keys that are bytes; null: nobody can agree with that key. */
  const keys = createRecent<string, KeyObject | null>(CACHED)
  return (peer, { author, slot, version }) => {
    const id = Buffer.from(peer).toString('latin1')
    let key = keys.get(id)
    if (key === undefined) {
      const theirs = sealingKeyOf(peer)
      const shared = theirs && agree(theirs)
      key = shared === undefined ? null : keyOf(shared)
      shared?.fill(0)
      keys.set(id, key)
    }
    if (key === null) return undefined
    const edition = Buffer.alloc(8)
    edition.writeBigUInt64BE(BigInt(version))
    const mac = createHmac('sha256', key).update(author).update(edition).update(slot).digest()
    return new Uint8Array(mac.subarray(0, HINT_BYTES))
  }
}

function keyOf(shared: Uint8Array): KeyObject {
  const key = new Uint8Array(hkdfSync('sha256', shared, NONE, INFO, KEY_BYTES))
  const object = createSecretKey(key)
  key.fill(0)
  return object
}

/** Whether one of the hints, 8 bytes each, names this node under its present key or one before it. */
export function namesOne(
  all: readonly Hints[],
  author: Uint8Array,
  { slot, version, hints }: { readonly slot: string; readonly version: number; readonly hints: Uint8Array },
): boolean {
  return all.some((one) => {
    const own = hints.length === 0 ? undefined : one(author, { author, slot, version })
    if (own === undefined) return false
    for (let at = 0; at + HINT_BYTES <= hints.length; at += HINT_BYTES) {
      if (Buffer.compare(hints.subarray(at, at + HINT_BYTES), own) === 0) return true
    }
    return false
  })
}
