// The door of sealed boxes: what a document says to some nodes only, each of which finds its place by a hint that nobody else knows.
import { FrameError } from '../../../protocols/reject.ts'
import type { Random } from '../../base/clock.ts'
import {
  createHints,
  type Hints,
  type Identity,
  isSame,
  openForMany,
  sealingKeyOf,
  sealToMany,
} from '../../trust/identity/index.ts'

/** This node, or one of its earlier keys, as whoever opens a box. */
export interface Opener {
  readonly identity: Pick<Identity, 'publicKey' | 'agree'>
  /** Makes the hints; of the same identity as `identity`. */
  readonly hints: Hints
}

/** This node as author of documents. */
export interface Self extends Opener {
  readonly identity: Pick<Identity, 'publicKey' | 'sign' | 'agree'>
}

/** Who this machine is, with the keys that it had before. */
export type OwnIdentity = Pick<Identity, 'nodeId' | 'publicKey' | 'sign' | 'agree' | 'former'>

/** This node as it is now, then with each of its earlier keys. */
export function selvesOf(identity: OwnIdentity) {
  const selfOf = <One extends Pick<Identity, 'agree'>>(one: One) => ({
    identity: one,
    hints: createHints(one.agree),
  })
  return [selfOf(identity), ...identity.former.map(selfOf)] as const
}

/** What a box's hints are bound to. */
interface Edition {
  readonly slot: string
  readonly version: number
}

interface SealedBox {
  readonly recipients: readonly { readonly hint: Uint8Array; readonly key: Uint8Array }[]
  readonly epk: Uint8Array
  readonly sealed: Uint8Array
}

function usable(key: Uint8Array | undefined): Uint8Array {
  if (key === undefined) throw new FrameError('malformed', 'a recipient has no usable key')
  return key
}

/**
 * One box for several nodes, by their Ed25519 keys; places stand in the order of their hints, which is nobody's. `aad` is what the
 * box is bound to, so that it cannot be copied to another place. FrameError `malformed` for a key that nothing can be sealed to.
 */
export function sealBox(
  { identity, hints }: Self,
  random: Random,
  edition: Edition,
  recipients: readonly Uint8Array[],
  plaintext: Uint8Array,
  aad: Uint8Array,
) {
  const keys = recipients.map((key) => usable(sealingKeyOf(key)))
  const { epk, keys: wrapped, sealed } = sealToMany(keys, plaintext, aad, random)
  const context = { author: identity.publicKey, ...edition }
  const places = recipients.map((key, at) => ({
    hint: usable(hints(key, context)),
    key: wrapped[at] as Uint8Array,
  }))
  return { recipients: places.sort((a, b) => Buffer.compare(a.hint, b.hint)), epk, sealed }
}

/** The plaintext, and the place of the first of `openers` for whom it opens; undefined: it is for none of them, or does not open. */
export function openBox(
  openers: readonly Opener[],
  author: Uint8Array,
  edition: Edition,
  { recipients, epk, sealed }: SealedBox,
  aad: Uint8Array,
): { readonly plaintext: Uint8Array; readonly place: number } | undefined {
  for (const { identity, hints } of openers) {
    const hint = hints(author, { author, ...edition })
    const place = recipients.findIndex((one) => isSame(one.hint, hint))
    const own = sealingKeyOf(identity.publicKey)
    const key = recipients[place]?.key
    if (key === undefined || own === undefined) continue
    const plaintext = openForMany(identity.agree, own, { epk, key, sealed }, aad)
    if (plaintext !== undefined) return { plaintext, place }
  }
  return undefined
}
