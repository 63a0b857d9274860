// What the people room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { Room } from '../../base/run/room.ts'
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

export interface People extends Room {
  /** Of the account that has this uid; undefined for none, or while the system cannot say. Takes at most 3 s. */
  nameOf(uid: number): Promise<string | undefined>
  /**
   * The number under which the data of the account is kept that has this uid now. Undefined while the system cannot say
   * whose the uid is: then nothing is to be shown or stored. A person who is new gets a number that is kept only with
   * `keep`. Takes at most 3 s; an answer is at most 5 s old.
   */
  numberOf(uid: number, options?: NumberOptions): Promise<number | undefined>
  /** True: nothing of this uid is kept, because no account has it and other such uids have all the places there are. */
  turnsAway(uid: number): Promise<boolean>
  /** True while an account has this uid, or nobody can say. */
  hasAccount(uid: number): Promise<boolean>
  /** The uid of the account that the data under this number belongs to; undefined while it is held. */
  uidOf(number: number): Promise<number | undefined>
  /** The part of these numbers whose accounts exist. */
  here(numbers: readonly number[]): Promise<readonly number[]>
  /** By name. */
  list(): Promise<readonly Person[]>
  /** How many people's data is held, as the last look a minute ago or less saw it. */
  held(): number
  /**
   * Gives the data of `who` (a name, a uid or `number:…`) to the account `user` (a name or uid). Throws
   * KaroError `not_found`; `conflict` where it means several, or where the account has data of its own already.
   */
  map(who: string, user: string): Promise<Person>
  /** The person that is meant; `held`: of several the one whose data is held back, as `map` takes it. */
  find(who: string, options?: { readonly held: boolean }): Promise<Person>
  /** Everything of this person is to go: from now on nobody has the number. The caller removes the rows. */
  remove(number: number): Promise<void>
}
