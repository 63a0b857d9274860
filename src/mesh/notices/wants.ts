// What each neighbour was asked for: nothing is asked of two at once, and of whoever does not send it only once. Pure.
import { KEYS_MAX, NAME_BYTES, WANTED_MAX } from '../../../protocols/messages/notices.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'

/** What one neighbour was asked for and did not send is asked of another one that names it after this. */
export const ANSWER_MS = 5_000
/** Of one neighbour so many are waited for. */
const ASKED_MAX = 4 * KEYS_MAX
/** Of those that named it; more members than that are needed to keep it away. */
const OTHERS_MAX = 8

interface Asked {
  readonly left: Set<string>
  /** More of what it has differs. */
  again: boolean
}

export function createWants(clock: Pick<Clock, 'monotonic'>) {
  const asked = new Map<NodeId, Asked>()
  const askedAt = new Map<string, number>()
  /** Who named it while another one was asked: each is asked in turn, so that no two keep it away by naming it again and again. */
  const others = new Map<string, Set<NodeId>>()

  const isFree = (name: string): boolean =>
    clock.monotonic() - (askedAt.get(name) ?? Number.NEGATIVE_INFINITY) > ANSWER_MS

  return {
    /** The neighbour has these, which are missing here. True: it is to be asked. */
    add(node: NodeId, names: readonly string[], more: boolean): boolean {
      const { left, again } = asked.get(node) ?? { left: new Set<string>(), again: false }
      asked.set(node, { left, again: again || more })
      const isIdle = left.size === 0
      for (const name of names) {
        if (left.size >= ASKED_MAX || left.has(name)) continue
        if (!isFree(name)) {
          const named = others.get(name) ?? new Set()
          if (named.size < OTHERS_MAX) others.set(name, named.add(node))
          continue
        }
        askedAt.set(name, clock.monotonic())
        left.add(name)
      }
      return isIdle
    },
    /** What it was asked for and has not brought. */
    of: (node: NodeId): ReadonlySet<string> => asked.get(node)?.left ?? new Set(),
    came(node: NodeId, name: string): void {
      asked.get(node)?.left.delete(name)
      askedAt.delete(name)
      others.delete(name)
    },
    isBusy: (): boolean => others.size > 0,
    /** What nobody is asked for any more and did not come, by who named it as well. */
    *overdue(): Generator<readonly [NodeId, string]> {
      for (const [name, named] of others) {
        const [node] = named
        if (node === undefined || !isFree(name)) continue
        named.delete(node)
        if (named.size === 0) others.delete(name)
        yield [node, name]
      }
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
      for (const name of asked.get(node)?.left ?? []) askedAt.delete(name)
      asked.delete(node)
    },
  }
}

export function* readWanted(wanted: Uint8Array): Generator<string> {
  const buffer = Buffer.from(wanted.buffer, wanted.byteOffset, wanted.length)
  for (let at = 0; at + NAME_BYTES <= buffer.length; at += NAME_BYTES)
    yield buffer.toString('hex', at, at + NAME_BYTES)
}
