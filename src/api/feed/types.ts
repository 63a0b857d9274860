// What the feed room shows of itself: the shapes other rooms use, apart from the code that makes them.

import type { EventType } from '../contract/constants.ts'
import type { FeedData, FeedEvent } from '../contract/shapes.ts'

/** `lost` is made for a follower, not by what happens. */
export type Happening = Exclude<EventType, 'lost'>

export interface Feed {
  /** To everybody known on this machine, or with `uid` to that person alone. Never throws, never waits. */
  tell<T extends Happening>(type: T, data: FeedData[T], uid?: number): void
  /**
   * Follows as `uid`: what everybody may see, and what is theirs. `after`: the id to continue after, `0` for all that is
   * kept; without it, from now on. An id that is not kept any more, or of an earlier life of the daemon, begins with
   * `lost`. KaroErrors: `bad_request` for what is no id; `rate_limited` when too many follow.
   */
  follow(uid: number, after?: string): Follower
  /** Followers now. */
  followers(): number
}

export interface Follower {
  /** The next one, undefined when there is none yet; `lost` when it gave way before it was taken. */
  take(): FeedEvent | undefined
  /** Of the last one that was taken, or where it began: what to continue after. */
  position(): string
  /** Called when there may be more to take. One listener. */
  onMore(listener: () => void): void
  /** Has to be called. */
  end(): void
}
