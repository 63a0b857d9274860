// Whose numbers of a bucket may be counted in which totals: what each person here agreed to, and why something is not given.
import type { Bucket } from '../../../protocols/buckets.ts'
import { HOUR_MS } from '../../base/calendar.ts'
import { type Consent, type Principal, resourceOf } from '../../trust/policy/index.ts'
import { whoContributes } from '../aggregates/index.ts'
import type { TotalsParts } from './parts.ts'
import type { Measure } from './types.ts'

export interface Person {
  readonly uid: number
  readonly consent: Consent
  /** When they last decided, ms since the epoch; 0: the configuration holds for them. */
  readonly since: number
}

export interface Audience {
  /** A role. */
  readonly audience: string
  /** The nodes that would read its totals. */
  readonly readers: readonly Principal[]
}

/** A bucket as consent is asked for it. */
export interface Asked extends Bucket {
  /** The one with which totals of the mesh begin: nobody could agree before it. */
  readonly isFirst: boolean
}

/**
 * From when on what a person did is counted, ms since the epoch; undefined: not in this bucket. What somebody decides acts on the next
 * bucket: of an earlier one nobody knows what they would have said. In the first one it acts from the next full hour on.
 */
function countedFrom({ since }: Person, { start, end, isFirst }: Asked): number | undefined {
  if (since <= start) return start
  const from = Math.ceil(since / HOUR_MS) * HOUR_MS
  return isFirst && from < end ? from : undefined
}

/** Of decisions that speak of one node, and not of everybody with its role. */
const TAKEN_BACK: ReadonlySet<string> = new Set(['trust.denied', 'consent.stopped', 'consent.category'])

const DECIDED_LATER =
  'the last decision about sharing came after this period had begun, so it counts from the next one on'

export const keyOf = ({ type }: Pick<Measure, 'type'>, audience: string): string => `${type} ${audience}`

/** Whether each of these audiences is given a type. */
export const givenTo =
  (keys: ReadonlySet<string>, audiences: readonly string[]) =>
  (type: string): boolean =>
    audiences.every((audience) => keys.has(keyOf({ type }, audience)))

export function createConsenting(deps: TotalsParts) {
  const { deciders, sharing, policy, roster, insight, clock } = deps
  const personOf = async (uid: number): Promise<Person> => ({
    uid,
    consent: await sharing.consentOf(uid),
    since: (await sharing.decidedAt(uid)) ?? 0,
  })

  /** Why the person's numbers are not counted there, for people; undefined: they are. */
  function refusal(
    person: Person,
    { action }: Measure,
    { audience, readers }: Audience,
    bucket: Asked,
  ): string | undefined {
    if (countedFrom(person, bucket) === undefined) return DECIDED_LATER
    const [{ consent }, { start, end }] = [person, bucket]
    const context = { at: clock.now(), range: { start, end }, consent }
    for (const reader of readers) {
      // The person took back what that node, which reads these totals, may have; or nobody here lets it have anything.
      const { rule, reason } = policy.decide(reader, action, resourceOf(action, reader, 2), context)
      if (TAKEN_BACK.has(rule)) return `a node that reads these totals may not have it: ${reason}`
    }
    const { effect, reason } = policy.counts(audience, action, context)
    return effect === 'allow' ? undefined : reason
  }

  return {
    personOf,
    refusal,
    /** From when on this machine knows what these people did in the mesh, ms since the epoch; Infinity: it knows nothing yet. */
    async knownFrom(uids: readonly number[]): Promise<number> {
      const recorded = await insight.recordedSince(uids)
      return Math.min(recorded ?? Number.POSITIVE_INFINITY, deps.joinedAt() ?? Number.POSITIVE_INFINITY)
    },
    people: async (): Promise<Person[]> => Promise.all((await deciders()).map(personOf)),
    audiences(names: readonly string[]): readonly Audience[] {
      const { principals } = roster()
      return names.map((audience) => ({ audience, readers: principals(audience) }))
    },
    /** The people whose numbers this machine adds up, and what all of them share, by `keyOf`. */
    whoCounts(
      people: readonly Person[],
      measures: readonly Measure[],
      audiences: readonly Audience[],
      bucket: Asked,
    ): {
      readonly people: readonly number[]
      readonly keys: ReadonlySet<string>
      /** The part of the bucket in which all of them had agreed. */
      readonly range: { readonly start: number; readonly end: number }
    } {
      const shares = new Map(
        people.map((person) => {
          const keys = measures.flatMap((measure) =>
            audiences
              .filter((audience) => refusal(person, measure, audience, bucket) === undefined)
              .map(({ audience }) => keyOf(measure, audience)),
          )
          return [String(person.uid), new Set(keys)]
        }),
      )
      const { people: counted, keys } = whoContributes(shares)
      const starts = people.map((person) =>
        counted.includes(String(person.uid)) ? (countedFrom(person, bucket) ?? bucket.end) : bucket.start,
      )
      const range = { start: Math.max(bucket.start, ...starts), end: bucket.end }
      return { people: counted.map(Number), keys: new Set(keys), range }
    },
  }
}
