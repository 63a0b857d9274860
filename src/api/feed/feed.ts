// Keeps events in bounded rings, one for everybody and one for each person, and merges both for a follower.
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { EventType } from '../contract/constants.ts'
import type { FeedData, FeedEvent } from '../contract/shapes.ts'

/** Types of events that rooms cause; only the feed itself makes `lost`. */
type Happening = Exclude<EventType, 'lost'>

export type Feed = ReturnType<typeof createFeed>

export type Follower = ReturnType<Feed['follow']>

export function createRing<T>(most: number) {
  const kept: T[] = []
  let next = 0
  const first = (): number => Math.max(0, next - most)
  return {
    push(value: T) {
      kept[next % most] = value
      next++
    },
    /** Number of the oldest kept item; the first item ever has 0. */
    first,
    /** Number that the next item gets. */
    next: () => next,
    /** The item with this number; undefined if it was dropped or does not exist yet. */
    at: (number: number) => (number >= first() && number < next ? kept[number % most] : undefined),
  }
}

/** An event takes some 250 bytes, so there are at most 1 MiB for everybody and 256 KiB for each person. */
export const FEED_LIMITS = {
  /** Most kept events that everybody may see. */
  shared: 4096,
  /** Most kept events of each person. */
  own: 1024,
  /** Most people with own events. Beyond it, the person without a follower whose last event is oldest is dropped. */
  people: 64,
  followers: 32,
  followersOfOne: 8,
}

interface Kept {
  /** A number that grows over both rings, so that they can be merged. */
  readonly order: number
  readonly happened: {
    readonly timestamp: string
    readonly type: Happening
    readonly data: FeedData[Happening]
  }
}

/**
 * A person's event ids are `<stream>-<number>`. The number counts only events that this person may see, so it has no gaps
 * and tells nothing about others. The stream changes with each start of the daemon.
 */
interface Person {
  readonly stream: string
  readonly ring: ReturnType<typeof createRing<Kept>>
  readonly followers: Set<() => void>
}

const STREAM_BYTES = 8
const ID = /^([0-9a-f]{16})-(\d{1,15})$/
/** The id that stands for "after nothing": it asks for all kept events. */
const ALL = '0'

/** Position of a follower: how many events of each ring it has passed. */
interface Place {
  readonly shared: number
  readonly own: number
}

/** `limits`: smaller ones for tests. */
export function createFeed({ clock, random }: Pick<Ambient, 'clock' | 'random'>, limits = FEED_LIMITS) {
  const shared = createRing<Kept>(limits.shared)
  /** People by uid; the person with the newest event is last. */
  const people = new Map<number, Person>()
  let order = 0
  let following = 0

  function personOf(uid: number): Person {
    const person = people.get(uid) ?? {
      stream: toHex(random.bytes(STREAM_BYTES)),
      ring: createRing<Kept>(limits.own),
      followers: new Set(),
    }
    people.delete(uid)
    people.set(uid, person)
    if (people.size > limits.people) {
      const silent = [...people].find(([one, { followers }]) => one !== uid && followers.size === 0)
      if (silent !== undefined) people.delete(silent[0])
    }
    return person
  }

  /** The next event in time of both rings; undefined if there is none. */
  function nextAt({ ring }: Person, { shared: s, own: o }: Place): { kept: Kept; place: Place } | undefined {
    const all = shared.at(s)
    const mine = ring.at(o)
    if (all !== undefined && (mine === undefined || all.order < mine.order))
      return { kept: all, place: { shared: s + 1, own: o } }
    return mine && { kept: mine, place: { shared: s, own: o + 1 } }
  }

  /** The place of the event `number`, or the oldest place from which both rings can still be merged. */
  function placeOf({ ring }: Person, number: number): Place {
    let s = shared.next()
    let o = ring.next()
    while (s + o > number) {
      const all = shared.at(s - 1)
      const mine = ring.at(o - 1)
      // A ring that dropped events ends the walk, because the dropped events may belong here.
      if ((all === undefined && s > 0) || (mine === undefined && o > 0)) break
      if (all !== undefined && (mine === undefined || all.order > mine.order)) s--
      else o--
    }
    return { shared: s, own: o }
  }

  /** Where a follower begins, and how many events before it are missing. */
  function begin(person: Person, after: string | undefined): { place: Place; lost?: number | null } {
    const newest = { shared: shared.next(), own: person.ring.next() }
    if (after === undefined) return { place: newest }
    const [, stream, digits] = after === ALL ? [after, person.stream, '0'] : (ID.exec(after) ?? [])
    if (digits === undefined) {
      throw new KaroError('bad_request', 'that is not the id of an event', {
        where: 'since',
        hint: `Give the id of the last event that you received, or ${ALL} for all kept events.`,
      })
    }
    const number = Number(digits)
    const oldest = placeOf(person, 0)
    if (stream !== person.stream || number > newest.shared + newest.own) return { place: oldest, lost: null }
    const place = placeOf(person, number)
    const missing = place.shared + place.own - number
    return missing === 0 ? { place } : { place, lost: missing }
  }

  /**
   * Follows the events that the person `uid` may see. `after` is the id to continue after, or `0` for all kept events;
   * without it the follower begins now, and every follower has to be ended. If the id is not kept any more, or is of an
   * earlier run of the daemon, the first event is `lost`. Throws KaroError `bad_request` for an invalid id, `rate_limited`
   * if there are too many followers.
   */
  function follow(uid: number, after?: string) {
    const person = personOf(uid)
    if (following >= limits.followers || person.followers.size >= limits.followersOfOne) {
      throw new KaroError('rate_limited', 'too many programs follow the events of this node already', {
        hint: 'End one of them first.',
      })
    }
    let { place, lost } = begin(person, after)
    let more = (): void => {}
    const wake = (): void => more()
    person.followers.add(wake)
    following++
    const here = (): string => `${person.stream}-${place.shared + place.own}`
    // A `lost` event has to be taken before the position moves past it.
    let position = lost === undefined || after === undefined ? here() : after

    return {
      /** Takes the next event; undefined if there is none yet; `lost` if events were dropped before they were taken. */
      take(): FeedEvent | undefined {
        if (place.shared < shared.first() || place.own < person.ring.first()) {
          const number = place.shared + place.own
          place = placeOf(person, number)
          // Added to lost events that were not reported yet.
          if (lost !== null) lost = (lost ?? 0) + place.shared + place.own - number
        }
        if (lost !== undefined) {
          const count = lost
          lost = undefined
          const timestamp = new Date(clock.now()).toISOString()
          position = here()
          return { id: position, timestamp, type: 'lost', data: { count } }
        }
        const next = nextAt(person, place)
        if (next === undefined) return undefined
        place = next.place
        position = here()
        // `tell` has put type and data together; the compiler cannot see that through the union.
        return { id: position, ...next.kept.happened } as FeedEvent
      },
      /** The id to continue after: of the last event that was taken, or of the place where the follower began. */
      position: () => position,
      /** Calls `listener` when there may be more to take. There is one listener only. */
      onMore(listener: () => void) {
        more = listener
      },
      end() {
        if (person.followers.delete(wake)) following--
      },
    }
  }

  return {
    /** Adds an event for everybody of this machine, or with `uid` for that person alone. Never throws, never waits. */
    tell<T extends Happening>(type: T, data: FeedData[T], uid?: number) {
      const kept: Kept = {
        order: order++,
        happened: { timestamp: new Date(clock.now()).toISOString(), type, data },
      }
      if (uid === undefined) {
        shared.push(kept)
        for (const { followers } of people.values()) for (const wake of followers) wake()
      } else {
        const person = personOf(uid)
        person.ring.push(kept)
        for (const wake of person.followers) wake()
      }
    },
    follow,
    /** How many followers there are now. */
    followers: () => following,
  }
}
