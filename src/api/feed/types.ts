// The types of the feed, which other rooms use without loading its code.

import type { EventType } from '../contract/constants.ts'
import type { FeedData, FeedEvent } from '../contract/shapes.ts'

/** Types of events that rooms cause; only the feed itself makes `lost`. */
export type Happening = Exclude<EventType, 'lost'>

export interface Feed {
  /** Adds an event for everybody of this machine, or with `uid` for that person alone. Never throws, never waits. */
  tell<T extends Happening>(type: T, data: FeedData[T], uid?: number): void
  /**
   * Follows the events that the person `uid` may see. `after` is the id to continue after, or `0` for all kept events;
   * without it the follower begins now. If the id is not kept any more, or is of an earlier run of the daemon, the first
   * event is `lost`. Throws KaroError `bad_request` for an invalid id, `rate_limited` if there are too many followers.
   */
  follow(uid: number, after?: string): Follower
  /** How many followers there are now. */
  followers(): number
}

export interface Follower {
  /** Takes the next event; undefined if there is none yet; `lost` if events were dropped before they were taken. */
  take(): FeedEvent | undefined
  /** The id to continue after: of the last event that was taken, or of the place where the follower began. */
  position(): string
  /** Calls `listener` when there may be more to take. There is one listener only. */
  onMore(listener: () => void): void
  /** Ends the follower; every follower has to be ended. */
  end(): void
}
