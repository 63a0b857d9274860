// What echoes leave behind: the links over which a later question needs no copy, so that those left form a tree.
// After J. Leitão, J. Pereira and L. Rodrigues, "Epidemic Broadcast Trees", SRDS 2007.
import { TREE_BYTES } from '../../../../protocols/messages/query.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Clock } from '../../../base/clock.ts'
import { blake3 } from '../../../base/hash.ts'
import { toHex } from '../../../base/hex.ts'
import { createRecent } from '../../../base/recent.ts'
import type { RoutedId } from './types.ts'

/** Trees that are remembered, the ones that were used last; over a forgotten one a question goes over every link. */
const TREES_MAX = 512
/** A tree that nobody used for so long is forgotten. Askers use one for less, see outreach.ts. */
const FORGET_MS = 15 * 60_000

export interface Trees {
  /** Neighbours that need no copy, to be filled while the echo of this question is under way. */
  grow(echo: RoutedId): Set<NodeId>
  /** Undefined: nothing is known of the tree, so that everybody may need a copy. */
  needless(tree: Uint8Array): ReadonlySet<NodeId> | undefined
}

/** No two questions make trees of the same name, because their authors cannot choose what the name is a digest of. */
export const treeOf = ({ author, query_id }: RoutedId): Uint8Array =>
  new Uint8Array(blake3([author, query_id]).subarray(0, TREE_BYTES))

export function createTrees(clock: Clock): Trees {
  const known = createRecent<string, Set<NodeId>>(TREES_MAX, {
    ms: FORGET_MS,
    now: () => clock.monotonic(),
  })
  return {
    grow(echo) {
      const needless = new Set<NodeId>()
      known.set(toHex(treeOf(echo)), needless)
      return needless
    },
    needless: (tree) => known.get(toHex(tree)),
  }
}

/** For so long an asker goes over the same tree: links that came meanwhile carry a copy that nobody needs. */
const USE_MS = 10 * 60_000
/** A tree whose echo did not reach everybody that was expected: an echo looks for the others again before long. */
const USE_PARTIAL_MS = 60_000
/** After a tree that did not reach everybody the asker keeps to echoes, so that nobody can make each question cost both. */
const REST_MS = 60_000

/** What an echo of this node has shown. */
export interface Way {
  readonly tree: Uint8Array
  /** Members that were expected to be there, and those of them that the echo reached. */
  readonly present: ReadonlySet<NodeId>
  readonly reached: ReadonlySet<NodeId>
}

export interface Ways {
  /** The way over a tree, unless one of the members that were there then is not there any more. */
  over(present: ReadonlySet<NodeId>): Way | undefined
  learn(way: Way): void
  /** The way did not reach everybody. */
  fail(): void
}

export function createWays(clock: Clock): Ways {
  let known: { readonly way: Way; readonly until: number } | undefined
  let restsUntil = Number.NEGATIVE_INFINITY
  return {
    over(present) {
      const now = clock.monotonic()
      if (known === undefined || now >= known.until || now < restsUntil) return undefined
      for (const node of known.way.present) if (!present.has(node)) return undefined
      return known.way
    },
    learn(way) {
      const isWhole = [...way.present].every((node) => way.reached.has(node))
      known = { way, until: clock.monotonic() + (isWhole ? USE_MS : USE_PARTIAL_MS) }
    },
    fail() {
      known = undefined
      restsUntil = clock.monotonic() + REST_MS
    },
  }
}
