// Agreements of keys that only tell whom a document is for, without the curve: the same secret at both ends, counted.
import { blake3 } from '../../../src/base/hash.ts'
import { createHints, type Hints, type Identity, sealingKeyOf } from '../../../src/trust/identity/index.ts'

const textOf = (key: Uint8Array): string => Buffer.from(key).toString('latin1')

/**
 * Every node asks of every document whether it is for it, by a secret with the author: a million agreements for a thousand
 * documents at a thousand nodes. A real node makes one with each author, and keeps it. Here a node agrees only where the author
 * did, so that it finds the same hints; and what is sealed and opened agrees by the curve here too, with a key made for it.
 */
export class Agreements {
  /** That real nodes would have made by the curve. */
  spared = 0
  /** By key of the curve: the key of the node. */
  readonly #nodes = new Map<string, Uint8Array>()
  /** Whoever agreed, and with whom. */
  readonly #made = new Set<string>()

  of(identity: Identity): { readonly identity: Identity; readonly hints: Hints } {
    const own = textOf(identity.publicKey)
    this.#nodes.set(textOf(sealingKeyOf(identity.publicKey) as Uint8Array), identity.publicKey)
    const agree: Identity['agree'] = (key) => {
      const other = this.#nodes.get(textOf(key))
      if (other === undefined) return identity.agree(key)
      this.#made.add(own + textOf(other))
      return blake3(
        Buffer.compare(identity.publicKey, other) < 0
          ? [identity.publicKey, other]
          : [other, identity.publicKey],
      )
    }
    const real = createHints(agree)
    const hints: Hints = (peer, context) => {
      this.spared++
      const isOwn = Buffer.compare(context.author, identity.publicKey) === 0
      return isOwn || this.#made.has(textOf(peer) + own) ? real(peer, context) : undefined
    }
    return { identity: { ...identity, agree }, hints }
  }
}
