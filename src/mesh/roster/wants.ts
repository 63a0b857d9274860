// What each neighbour was asked for: nothing is asked of two at once, and of whoever does not send it only once. Pure.
import { KEYS_MAX, LINK_BYTES, WANTED_MAX } from '../../../protocols/messages/presence.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'

/** What one neighbour was asked for and did not send is asked of another one that names it after this. */
const ANSWER_MS = 5_000
/** Of one neighbour so many are waited for. */
const ASKED_MAX = 4 * KEYS_MAX

interface Asked {
  readonly left: Set<string>
  /** More of what it has differs. */
  again: boolean
}

/** By the fingerprints of authors. */
export function createWants(clock: Pick<Clock, 'monotonic'>) {
  const asked = new Map<NodeId, Asked>()
  const askedAt = new Map<string, number>()

  const isFree = (fingerprint: string): boolean =>
    clock.monotonic() - (askedAt.get(fingerprint) ?? Number.NEGATIVE_INFINITY) > ANSWER_MS

  return {
    /** The neighbour has these, which are missing here. True: it is to be asked. */
    add(node: NodeId, fingerprints: readonly string[], more: boolean): boolean {
      const { left, again } = asked.get(node) ?? { left: new Set<string>(), again: false }
      asked.set(node, { left, again: again || more })
      const isIdle = left.size === 0
      for (const fingerprint of fingerprints) {
        if (left.size >= ASKED_MAX || left.has(fingerprint) || !isFree(fingerprint)) continue
        askedAt.set(fingerprint, clock.monotonic())
        left.add(fingerprint)
      }
      return isIdle
    },
    has: (node: NodeId, fingerprint: string): boolean => asked.get(node)?.left.has(fingerprint) === true,
    left: (node: NodeId): number => asked.get(node)?.left.size ?? 0,
    came(node: NodeId, fingerprint: string): void {
      asked.get(node)?.left.delete(fingerprint)
      askedAt.delete(fingerprint)
    },
    /** What to ask it for now, `again`: nothing is missing but what is still to be compared; undefined: nothing at all. */
    next(node: NodeId): Uint8Array | 'again' | undefined {
      const entry = asked.get(node)
      if (entry === undefined) return undefined
      if (entry.left.size > 0)
        return new Uint8Array(Buffer.from([...entry.left].slice(0, WANTED_MAX).join(''), 'hex'))
      asked.delete(node)
      return entry.again ? 'again' : undefined
    },
    drop(node: NodeId): void {
      for (const fingerprint of asked.get(node)?.left ?? []) askedAt.delete(fingerprint)
      asked.delete(node)
    },
  }
}

export function* readWanted(wanted: Uint8Array): Generator<string> {
  const buffer = Buffer.from(wanted.buffer, wanted.byteOffset, wanted.length)
  for (let at = 0; at + LINK_BYTES <= buffer.length; at += LINK_BYTES)
    yield buffer.toString('hex', at, at + LINK_BYTES)
}
