// What the people room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { HeldReason } from '../../base/words/held-reasons.ts'

/** A person of this node, without anything of what they did. */
export interface Person {
  /** Under which the person's data is kept. */
  readonly number: number
  readonly uid: number
  readonly name: string | null
  /** Milliseconds since the epoch; 0: from before Karo noted it. */
  readonly since: number
  /** Null: the account is there, and the person sees their data. */
  readonly held: HeldReason | null
  /** Who has the uid now; null: nobody. */
  readonly account: string | null
}

export interface NumberOptions {
  readonly keep: boolean
  /**
   * When what is to be stored was begun, milliseconds since the epoch. What is older than the account that has the uid
   * now is the one's who had the uid then, as far as that is known.
   */
  readonly begun?: number
}
