// Keeps what happened in bounded rings, one for all and one for each person, and merges the two for whoever follows.

import type { Clock, Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import type { FeedData, FeedEvent } from '../contract/shapes.ts'
import { createRing, type Ring } from './ring.ts'
import type { Feed, Follower, Happening } from './types.ts'

export interface FeedLimits {
  /** Events kept that everybody may see. */
  readonly shared: number
  /** Events kept of each person's own. */
  readonly own: number
  /** Persons with events of their own; of more, the one without a follower who was told nothing for longest gives way. */
  readonly people: number
  readonly followers: number
  readonly followersOfOne: number
}

/** Some 250 bytes each: at most 1 MiB for all and 256 KiB for each person. */
export const FEED_LIMITS: FeedLimits = {
  shared: 4096,
  own: 1024,
  people: 64,
  followers: 32,
  followersOfOne: 8,
}

export interface FeedDeps {
  readonly clock: Clock
  readonly random: Random
  readonly limits?: FeedLimits
}

interface Kept {
  /** Over both rings, so that they can be merged. */
  readonly order: number
  readonly happened: {
    readonly timestamp: string
    readonly type: Happening
    readonly data: FeedData[Happening]
  }
}

/**
 * A person's ids are `<stream>-<number>`, the number counting what this person may see since the daemon started: so
 * they are without gaps, and say nothing about what others do. The stream is another one after a restart.
 */
interface Person {
  readonly stream: string
  readonly ring: Ring<Kept>
  readonly followers: Set<() => void>
}

const STREAM_BYTES = 8
const ID = /^([0-9a-f]{16})-(\d{1,15})$/
/** Asks for all that is kept. */
const ALL = '0'

/** Where somebody is: so many of both rings are behind them. */
interface Place {
  readonly shared: number
  readonly own: number
}

export function createFeed({ clock, random, limits = FEED_LIMITS }: FeedDeps): Feed {
  const shared = createRing<Kept>(limits.shared)
  /** The one told something last is last. */
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

  /** Which of the two is next in time; undefined when nothing is. */
  function nextAt({ ring }: Person, { shared: s, own: o }: Place): { kept: Kept; place: Place } | undefined {
    const all = shared.at(s)
    const mine = ring.at(o)
    if (all !== undefined && (mine === undefined || all.order < mine.order))
      return { kept: all, place: { shared: s + 1, own: o } }
    return mine && { kept: mine, place: { shared: s, own: o + 1 } }
  }

  /** Back from now to `number`, or as far back as both rings can still be merged. */
  function placeOf({ ring }: Person, number: number): Place {
    let s = shared.next()
    let o = ring.next()
    while (s + o > number) {
      const all = shared.at(s - 1)
      const mine = ring.at(o - 1)
      // A ring that lost something ends the walk: what it lost may belong here.
      if ((all === undefined && s > 0) || (mine === undefined && o > 0)) break
      if (all !== undefined && (mine === undefined || all.order > mine.order)) s--
      else o--
    }
    return { shared: s, own: o }
  }

  /** Where to begin, and what is missing before it. */
  function begin(person: Person, after: string | undefined): { place: Place; lost?: number | null } {
    const newest = { shared: shared.next(), own: person.ring.next() }
    if (after === undefined) return { place: newest }
    const [, stream, digits] = after === ALL ? [after, person.stream, '0'] : (ID.exec(after) ?? [])
    if (digits === undefined) {
      throw new KaroError('bad_request', 'that is no id of an event', {
        where: 'since',
        hint: `Give the id of the last event you had, or ${ALL} for all that are kept.`,
      })
    }
    const number = Number(digits)
    const oldest = placeOf(person, 0)
    if (stream !== person.stream || number > newest.shared + newest.own) return { place: oldest, lost: null }
    const place = placeOf(person, number)
    const missing = place.shared + place.own - number
    return missing === 0 ? { place } : { place, lost: missing }
  }

  function follow(uid: number, after: string | undefined): Follower {
    const person = personOf(uid)
    if (following >= limits.followers || person.followers.size >= limits.followersOfOne) {
      throw new KaroError('rate_limited', 'too many follow the events of this node already', {
        hint: 'End one of them first.',
      })
    }
    let { place, lost } = begin(person, after)
    let more = (): void => {}
    const wake = (): void => more()
    person.followers.add(wake)
    following++
    const here = (): string => `${person.stream}-${place.shared + place.own}`
    // What is lost has to be told before anything continues after it.
    let position = lost === undefined || after === undefined ? here() : after

    return {
      take() {
        if (place.shared < shared.first() || place.own < person.ring.first()) {
          const number = place.shared + place.own
          place = placeOf(person, number)
          // Beside what was lost before and is not told yet.
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
        // Type and data were put together by `tell`, which the compiler cannot see through the union.
        return { id: position, ...next.kept.happened } as FeedEvent
      },
      position: () => position,
      onMore(listener) {
        more = listener
      },
      end() {
        if (person.followers.delete(wake)) following--
      },
    }
  }

  return {
    tell(type, data, uid) {
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
    followers: () => following,
  }
}
