// What echoes leave behind: the links over which a later question needs no copy, so that those left form a tree. Whoever loses
// the neighbour above it in a tree takes its other links back into it, and the next question leaves out the needless of them.
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

/** One tree as this node sees it. */
export interface Tree {
  /** The echo that made it. */
  readonly echo: RoutedId
  /** Neighbours that need no copy. */
  readonly needless: Set<NodeId>
  /** The neighbour that handed on the last question over it; undefined: this node is the asker, or has lost that neighbour. */
  parent: NodeId | undefined
}

/** No two questions make trees of the same name, because their authors cannot choose what the name is a digest of. */
export const treeOf = ({ author, query_id }: RoutedId): Uint8Array =>
  new Uint8Array(blake3([author, query_id]).subarray(0, TREE_BYTES))

export function createTrees(clock: Clock) {
  const known = createRecent<string, Tree>(TREES_MAX, {
    ms: FORGET_MS,
    now: () => clock.monotonic(),
  })
  return {
    /** A tree to be filled while the echo of this question is under way. */
    grow({ author, query_id }: RoutedId, parent: NodeId | undefined): Tree {
      const tree = { echo: { author, query_id }, needless: new Set<NodeId>(), parent }
      known.set(toHex(treeOf(tree.echo)), tree)
      return tree
    },
    /** Undefined: nothing is known of the tree, so that everybody may need a copy. */
    of: (tree: Uint8Array): Tree | undefined => known.get(toHex(tree)),
    /** The link to a neighbour is gone. Returns the trees that this node, and who is behind it, is cut off from. */
    lose(node: NodeId): readonly Tree[] {
      const cut: Tree[] = []
      for (const [, tree] of known) {
        // If it comes back, it knows nothing of the tree, and needs a copy like everybody new.
        tree.needless.delete(node)
        if (tree.parent !== node) continue
        tree.parent = undefined
        cut.push(tree)
      }
      return cut
    },
    /** This neighbour is cut off from the tree of that echo. Returns the tree if this node is too, because it was above it. */
    graft(echo: RoutedId, node: NodeId): Tree | undefined {
      const tree = known.peek(toHex(treeOf(echo)))
      tree?.needless.delete(node)
      if (tree?.parent !== node) return undefined
      tree.parent = undefined
      return tree
    },
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

export type Ways = ReturnType<typeof createWays>

export function createWays(clock: Clock) {
  let known: { readonly way: Way; readonly until: number } | undefined
  let restsUntil = Number.NEGATIVE_INFINITY
  return {
    /** The way over a tree. Members that have left since are no part of it: their neighbours have mended it. */
    over(): Way | undefined {
      const now = clock.monotonic()
      return known === undefined || now >= known.until || now < restsUntil ? undefined : known.way
    },
    learn(way: Way): void {
      const isWhole = [...way.present].every((node) => way.reached.has(node))
      known = { way, until: clock.monotonic() + (isWhole ? USE_MS : USE_PARTIAL_MS) }
    },
    /** The way did not reach everybody. */
    fail(): void {
      known = undefined
      restsUntil = clock.monotonic() + REST_MS
    },
  }
}
