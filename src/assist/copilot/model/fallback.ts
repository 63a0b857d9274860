// Asks several endpoints in their order until one answers, and leaves out for a while those that failed.
import type { Clock } from '../../../base/clock.ts'
import { KaroError } from '../../../base/errors.ts'
import { nameOf, type Place } from './places.ts'

/** Milliseconds for which an endpoint is left out after its first failure, doubled with each further one up to the most. */
const FIRST_REST_MS = 2_000
const MOST_REST_MS = 120_000

/** What is known of an endpoint since the process began. */
interface PlaceHealth {
  readonly state: 'unknown' | 'up' | 'down'
  /** Why it is down; empty otherwise. */
  readonly detail: string
  /** Milliseconds until it is asked again. */
  readonly restsMs: number
}

export function createHealth(clock: Pick<Clock, 'monotonic'>) {
  const known = new Map<string, { failures: number; why: string; until: number }>()
  const keyOf = ({ endpoint, model }: Place): string => `${endpoint} ${model}`
  return {
    of(place: Place): PlaceHealth {
      const found = known.get(keyOf(place))
      if (found === undefined) return { state: 'unknown', detail: '', restsMs: 0 }
      const restsMs = Math.max(0, Math.ceil(found.until - clock.monotonic()))
      return { state: found.failures === 0 ? 'up' : 'down', detail: found.why, restsMs }
    },
    worked(place: Place) {
      known.set(keyOf(place), { failures: 0, why: '', until: 0 })
    },
    failed(place: Place, why: string) {
      const failures = (known.get(keyOf(place))?.failures ?? 0) + 1
      const rest = Math.min(MOST_REST_MS, FIRST_REST_MS * 2 ** Math.min(failures - 1, 16))
      known.set(keyOf(place), { failures, why, until: clock.monotonic() + rest })
    },
  }
}

export interface Attempt {
  /** Ends the attempt: Ctrl-C, the deadline, or its share of it before anything came. */
  readonly signal: AbortSignal
  /** To be called when the first piece of the answer is there: from then on the attempt has all the time that is left. */
  readonly begun: () => void
}

interface FallbackOptions {
  /** Milliseconds for all endpoints together. */
  readonly timeoutMs: number
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  readonly health: ReturnType<typeof createHealth>
  readonly clock: Pick<Clock, 'monotonic'>
}

/**
 * What the first endpoint says that answers, and which one it is; those that rest are left out unless all do. An endpoint from
 * which nothing comes has an equal share of the time. Rejects with the reason of `signal`, or with KaroError `unavailable`, whose
 * message names each endpoint with its reason.
 */
export async function firstOf<T>(
  places: readonly Place[],
  { timeoutMs, signal, health, clock }: FallbackOptions,
  attempt: (place: Place, how: Attempt) => Promise<T>,
): Promise<{ readonly answer: T; readonly by: Place; readonly notes: readonly string[] }> {
  const end = clock.monotonic() + timeoutMs
  const awake = places.filter((place) => health.of(place).restsMs === 0)
  const asked = awake.length > 0 ? awake : places
  const notes = places
    .filter((place) => !asked.includes(place))
    .map((place) => `${nameOf(place)} rests: ${health.of(place).detail}`)
  for (const [i, place] of asked.entries()) {
    const left = Math.max(1, end - clock.monotonic())
    const deadline = AbortSignal.timeout(Math.ceil(left))
    const share = new AbortController()
    // No endpoint comes after the last one, so it may use all the time that is left.
    const part = i === asked.length - 1 ? undefined : left / (asked.length - i)
    const silent = part === undefined ? undefined : setTimeout(() => share.abort(), part)
    try {
      const both = AbortSignal.any([deadline, signal, share.signal])
      const answer = await attempt(place, { signal: both, begun: () => clearTimeout(silent) })
      health.worked(place)
      return { answer, by: place, notes }
    } catch (error) {
      if (signal.aborted) throw signal.reason
      const isLate = deadline.aborted || share.signal.aborted
      const why = isLate
        ? `it took longer than ${Math.round(share.signal.aborted ? (part ?? left) : i === 0 ? timeoutMs : left)} ms (ask.timeout_ms)`
        : error instanceof KaroError
          ? error.message
          : 'it failed'
      // What may not be sent there says nothing about the endpoint: nobody asked it.
      if (!(error instanceof KaroError && error.code === 'refused')) health.failed(place, why)
      notes.push(`${nameOf(place)}: ${why}`)
    } finally {
      clearTimeout(silent)
    }
  }
  throw new KaroError('unavailable', notes.join('; '))
}
