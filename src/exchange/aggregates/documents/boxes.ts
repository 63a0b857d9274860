// Boxes of this room's documents: sealed to the keys of nodes, and found by hints that only author and recipient know.
import { type Bucket, slotOfBucket } from '../../../../protocols/buckets.ts'
import { FrameError } from '../../../../protocols/reject.ts'
import type { Random } from '../../../base/clock.ts'
import {
  createHints,
  findHint,
  type Hints,
  type Identity,
  isSame,
  openForMany,
  sealingKeyOf,
  sealToMany,
} from '../../../trust/identity/index.ts'
import type { Pair } from '../types.ts'

/** This node as author of documents. */
export interface Self {
  readonly identity: Pick<Identity, 'publicKey' | 'sign' | 'agree'>
  /** Makes the hints; of the same identity as `identity`. */
  readonly hints: Hints
}

/** This node, or one of its earlier keys, as whoever opens a box. */
export interface Opener {
  readonly identity: Pick<Identity, 'publicKey' | 'agree'>
  readonly hints: Hints
}

/** Who this machine is, with the keys that it had before. */
export type OwnIdentity = Pick<Identity, 'nodeId' | 'publicKey' | 'sign' | 'agree'> &
  Partial<Pick<Identity, 'former'>>

/** This node as it is now, then with each of its earlier keys. */
export function selvesOf(identity: OwnIdentity) {
  const selfOf = <One extends Pick<Identity, 'agree'>>(one: One) => ({
    identity: one,
    hints: createHints(one.agree),
  })
  return [selfOf(identity), ...(identity.former ?? []).map(selfOf)] as const
}

/** What a box's hints are bound to. */
interface Edition {
  readonly slot: string
  readonly version: number
}

interface Place {
  readonly hint: Uint8Array
  readonly key: Uint8Array
}

interface SealedBox {
  readonly recipients: readonly Place[]
  readonly epk: Uint8Array
  readonly sealed: Uint8Array
}

/** FrameErrors `malformed` for a document of another mesh, bucket or, where it has to name one, pair. */
export function checkAbout(
  body: Bucket & { readonly mesh: Uint8Array; readonly pair?: readonly Uint8Array[] },
  about: { readonly mesh: Uint8Array; readonly bucket: Bucket; readonly pair?: Pair },
): void {
  if (!isSame(about.mesh, body.mesh) || slotOfBucket(body) !== slotOfBucket(about.bucket))
    throw new FrameError('malformed', 'it is of another mesh or bucket')
  if (about.pair?.every((key, at) => isSame(key, body.pair?.[at])) === false)
    throw new FrameError('malformed', 'of another pair')
}

/** `what` is what a node is missing that cannot be sealed to. */
function usable<T>(what: T | undefined): T {
  if (what === undefined) throw new FrameError('malformed', 'a recipient has no usable key')
  return what
}

/**
 * One box for several nodes, by their Ed25519 keys; places stand in the order of their hints, which is nobody's.
 * FrameError `malformed` for a key that nothing can be sealed to.
 */
export function sealFor(
  { identity, hints }: Self,
  random: Random,
  edition: Edition,
  recipients: readonly Uint8Array[],
  plaintext: Uint8Array,
  aad: Uint8Array,
): SealedBox {
  const keys = recipients.map((key) => usable(sealingKeyOf(key)))
  const { epk, keys: wrapped, sealed } = sealToMany(keys, plaintext, aad, random)
  const context = { author: identity.publicKey, ...edition }
  const places = recipients.map((key, at) => ({
    hint: usable(hints(key, context)),
    key: wrapped[at] as Uint8Array,
  }))
  return { recipients: places.sort((a, b) => Buffer.compare(a.hint, b.hint)), epk, sealed }
}

/** The plaintext and who of `openers` it is for; undefined: for none of them, or it does not open. */
export function openAs(
  openers: readonly Opener[],
  author: Uint8Array,
  edition: Edition,
  box: SealedBox,
  aadFor: (opener: Opener) => Uint8Array,
): { readonly opener: Opener; readonly plaintext: Uint8Array } | undefined {
  for (const opener of openers) {
    const found = findHint(opener.hints, author, { ...edition, boxes: [box] })
    const own = sealingKeyOf(opener.identity.publicKey)
    if (found === undefined || own === undefined) continue
    const { epk, sealed, recipients } = box
    const part = { epk, key: recipients[found[1]]!.key, sealed }
    const plaintext = openForMany(opener.identity.agree, own, part, aadFor(opener))
    if (plaintext !== undefined) return { opener, plaintext }
  }
  return undefined
}
