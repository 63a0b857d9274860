// The lineage room: which keys are one member, as the rotations say that came here, and which of them is accepted now; state in memory,
// fed with frames, deciding nothing itself.
import type { NodeId } from '../../../protocols/node-id.ts'
import { orElse } from '../../base/run/or-else.ts'
import { KEYS_MAX, type Rotation, readRotation } from '../identity/index.ts'

/**
 * The state of a key in its lineage. `current`: nothing replaced it. `replaced`: another key replaced it, and both are
 * accepted until `until`. `retired`: that time has passed. `frozen`: a key of its lineage has several successors, and
 * nobody has decided between them. `rejected`: somebody decided for another successor.
 */
export type KeyState =
  | { readonly kind: 'current' }
  | { readonly kind: 'replaced' | 'retired'; readonly by: NodeId; readonly until: number }
  | { readonly kind: 'frozen'; readonly fork: Fork }
  | { readonly kind: 'rejected'; readonly fork: Fork; readonly chosen: NodeId }

/** Several successors of one key; or one successor of several keys, and then `at` is that successor. */
export interface Fork {
  readonly at: NodeId
  /** The keys between which somebody has to decide. */
  readonly between: readonly NodeId[]
}

/** Which of several successors counts; undefined: nobody has decided. Asked often, so it has to be cheap. */
type Choice = (fork: Fork) => NodeId | undefined

/** The changes made by a rotation. */
export interface Taken {
  readonly from: NodeId
  readonly to: NodeId
  /** Milliseconds since the epoch: until when the old key is accepted. */
  readonly until: number
  /** The old key has another successor already, or the new key another predecessor. */
  readonly fork: Fork | undefined
}

/** The first answer that one of these keys has, in their order; undefined: none of them has one. */
export const firstOf = <T>(keys: readonly NodeId[], said: (key: NodeId) => T | undefined): T | undefined =>
  keys.map((key) => said(key)).find((one) => one !== undefined)

/** Answers about single keys, which many rooms ask; cheap for keys that were never rotated. */
export interface LineageView {
  /** The first key of its lineage, which names the member; the key itself when it was never rotated. */
  memberOf(node: NodeId): NodeId
  /** The key itself, and those before it, nearest first. */
  ancestors(node: NodeId): readonly NodeId[]
  /** All keys that share decisions with this one: its ancestors, and its successors as far as they are decided. */
  family(node: NodeId): readonly NodeId[]
  /** Every key that is connected with this one by rotations, whether they count or not. */
  all(node: NodeId): readonly NodeId[]
  state(node: NodeId): KeyState
  /** The key that is used now: the last successor, as far as it is decided. */
  current(node: NodeId): NodeId
  /** The forks that the key is in one of the branches of, decided or not, nearest first; `head`: where its branch begins. */
  branches(node: NodeId): readonly Branch[]
  /** The key itself, and everything that leads on from it, whatever counts. */
  below(node: NodeId): readonly NodeId[]
}

export interface Branch {
  readonly fork: Fork
  readonly head: NodeId
}

/** Rotations of all lineages. */
const ROTATIONS_MAX = 8_192
/** Successors of one key, and predecessors: two of them freeze the lineage already. */
const BESIDE_MAX = 4
/**
 * Keys of one lineage, with all branches; a member that makes more takes no room from others. Beyond it a key is only given
 * its second successor, because that one freezes.
 */
const LINEAGE_MAX = KEYS_MAX * BESIDE_MAX
/** Keys of one lineage that are looked at. */
const WALK_MAX = 2 * LINEAGE_MAX

interface Edge extends Rotation {
  readonly frame: Uint8Array
}

export type Lineage = ReturnType<typeof createLineage>

/** `now`: milliseconds since the epoch. */
export function createLineage(now: () => number) {
  /** By the old key, then by the new one. */
  const after = new Map<NodeId, Map<NodeId, Edge>>()
  const before = new Map<NodeId, Set<NodeId>>()
  let count = 0
  let choice: Choice = () => undefined
  let endedAt = now()

  /** True when a rotation names the key. */
  const isNamed = (node: NodeId): boolean => after.has(node) || before.has(node)
  const successors = (node: NodeId): readonly NodeId[] => [...(after.get(node)?.keys() ?? [])].sort()
  const predecessors = (node: NodeId): readonly NodeId[] => [...(before.get(node) ?? [])].sort()

  /** `node` and everything that `next` leads to from it, nearest first. */
  function walk(node: NodeId, next: (node: NodeId) => readonly NodeId[]): NodeId[] {
    const found = new Set([node])
    for (const one of found) {
      if (found.size >= WALK_MAX) break
      for (const other of next(one)) found.add(other)
    }
    return [...found]
  }

  const all = (node: NodeId): readonly NodeId[] =>
    isNamed(node) ? walk(node, (one) => [...predecessors(one), ...successors(one)]) : [node]

  const ancestors = (node: NodeId): readonly NodeId[] =>
    before.has(node) ? walk(node, predecessors) : [node]

  /** The fork at this key: between its successors. */
  function forkAfter(node: NodeId): Fork | undefined {
    const between = successors(node)
    return between.length < 2 ? undefined : { at: node, between }
  }
  /** The fork at this key: it was named as the successor of several. Nobody decides about that one. */
  function mergeAt(node: NodeId): Fork | undefined {
    const between = predecessors(node)
    return between.length < 2 ? undefined : { at: node, between }
  }

  /** The successor that counts; undefined if there is none, or nobody has decided. */
  function following(node: NodeId): NodeId | undefined {
    const fork = forkAfter(node)
    const next = fork === undefined ? successors(node)[0] : choice(fork)
    return next === undefined || mergeAt(next) !== undefined ? undefined : next
  }

  const descendants = (node: NodeId): readonly NodeId[] =>
    walk(node, (one) => {
      const next = following(one)
      return next === undefined ? [] : [next]
    })

  /** From the nearest one up: the fork in which `node` is in the branch of `head`. */
  function* branches(node: NodeId): Generator<Branch> {
    for (const head of ancestors(node)) {
      for (const at of predecessors(head)) {
        const fork = forkAfter(at)
        if (fork !== undefined) yield { fork, head }
      }
    }
  }

  function state(node: NodeId): KeyState {
    if (!isNamed(node)) return { kind: 'current' }
    for (const one of ancestors(node)) {
      const merge = mergeAt(one)
      if (merge !== undefined) return { kind: 'frozen', fork: merge }
    }
    for (const { fork, head } of branches(node)) {
      const chosen = choice(fork)
      if (chosen === undefined) return { kind: 'frozen', fork }
      if (chosen !== head) return { kind: 'rejected', fork, chosen }
    }
    const own = forkAfter(node)
    if (own !== undefined && choice(own) === undefined) return { kind: 'frozen', fork: own }
    const by = following(node)
    if (by === undefined) return { kind: 'current' }
    const until = after.get(node)?.get(by)?.until ?? 0
    return { kind: now() < until ? 'replaced' : 'retired', by, until }
  }

  /**
   * Takes one rotation. Undefined, without a change, if it is known or invalid, or if the table is full. A new one may not be
   * from the future. One that was kept here is taken whatever its time, because the clock may be behind at the start. Never throws.
   */
  function take(frame: Uint8Array, isNew = false): Taken | undefined {
    const rotation = orElse(() => readRotation(frame, isNew ? now() : Number.POSITIVE_INFINITY), undefined)
    if (rotation === undefined) return undefined
    const { from, to, until } = rotation
    const known = after.get(from)?.get(to)
    // A second rotation with other times would prolong the acceptance of the old key.
    if (known !== undefined) return undefined
    if (
      count >= ROTATIONS_MAX ||
      successors(from).length >= BESIDE_MAX ||
      predecessors(to).length >= BESIDE_MAX
    )
      return undefined
    const above = ancestors(from)
    if (above.includes(to) || above.length + walk(to, successors).length > KEYS_MAX) return undefined
    const isFreezing = successors(from).length === 1
    if (!isFreezing && all(from).length + all(to).length > LINEAGE_MAX) return undefined
    after.set(from, (after.get(from) ?? new Map()).set(to, { ...rotation, frame }))
    before.set(to, (before.get(to) ?? new Set()).add(from))
    count++
    return { from, to, until, fork: forkAfter(from) ?? mergeAt(to) }
  }

  const view: LineageView = {
    memberOf: (node) => {
      let first = node
      for (const _ of ancestors(node)) first = predecessors(first)[0] ?? first
      return first
    },
    ancestors,
    family: (node) => (isNamed(node) ? [...new Set([...ancestors(node), ...descendants(node)])] : [node]),
    all,
    below: (node) => walk(node, successors),
    state,
    current: (node) => (after.has(node) ? (descendants(node).at(-1) as NodeId) : node),
    branches: (node) => (isNamed(node) ? [...branches(node)] : []),
  }

  return {
    ...view,
    take,
    /** The rotation by which the key was replaced; undefined: it was not, or nobody has decided by which. */
    frameFrom(node: NodeId) {
      const by = following(node)
      return by === undefined ? undefined : after.get(node)?.get(by)?.frame
    },
    /** Keys whose time beside their successor ended since the last call. */
    ended() {
      const [since, at] = [endedAt, now()]
      endedAt = at
      return [...after.values()].flatMap((edges) =>
        [...edges.values()].filter(({ until }) => until > since && until <= at).map(({ from }) => from),
      )
    },
    isNamed,
    /** Sets what decides between several successors; before that nobody does. */
    decideBy(next: Choice) {
      choice = next
    },
  }
}

/** The keys of this node: the one it has, the next one if a rotation has begun, and those it had before. */
interface OwnKeys {
  readonly nodeId: NodeId
  readonly next?: NodeId | undefined
  readonly former: readonly { readonly nodeId: NodeId }[]
}

/** The successor that somebody else made; undefined: nobody did. `state` is that of this node's key. */
export function takenBy(state: KeyState, { nodeId, next, former }: OwnKeys): NodeId | undefined {
  // Where the fork is at an earlier key, one of the keys between which somebody has to decide was this node's.
  const own = new Set([nodeId, next, ...former.map((one) => one.nodeId)])
  switch (state.kind) {
    case 'current':
      return undefined
    case 'frozen':
      return state.fork.between.find((one) => !own.has(one))
    case 'rejected':
      return state.chosen
    default:
      return own.has(state.by) ? undefined : state.by
  }
}
