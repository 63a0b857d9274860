// What the lineage room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Rotation } from '../identity/index.ts'

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
export type Choice = (fork: Fork) => NodeId | undefined

/** The changes made by a rotation. */
export interface Taken {
  readonly from: NodeId
  readonly to: NodeId
  /** Milliseconds since the epoch: until when the old key is accepted. */
  readonly until: number
  /** The old key has another successor already, or the new key another predecessor. */
  readonly fork: Fork | undefined
}

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

export interface Lineage extends LineageView {
  /** The content of a rotation; undefined if it is invalid now. Changes nothing, and never throws. */
  read(frame: Uint8Array): Rotation | undefined
  /**
   * Takes one rotation. Undefined, without a change, if it is known or invalid, or if the table is full. Never throws.
   */
  take(frame: Uint8Array): Taken | undefined
  /** The rotations that lead to this key without a fork, newest last; for a person and for tests. */
  framesTo(node: NodeId): readonly Uint8Array[]
  /** The rotation by which the key was replaced; undefined: it was not, or nobody has decided by which. */
  frameFrom(node: NodeId): Uint8Array | undefined
  /** Keys whose time beside their successor ended since the last call. */
  ended(): readonly NodeId[]
  /** True when a rotation names the key. */
  isNamed(node: NodeId): boolean
  /** Sets what decides between several successors; before that nobody does. */
  decideBy(choice: Choice): void
}
