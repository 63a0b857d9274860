// Gives each entry of a history a time: its own, or one that keeps its place in the order.
import type { ForeignEntry } from './entry.ts'

const SECOND_US = 1_000_000
const STEP_US = 1_000

/** Facts about a file that are needed before its first entry gets a time. */
export interface Survey {
  /** Number of entries before the first one with a time. */
  readonly untimed: number
  /** The first time, in microseconds since the epoch; null if no entry has one. */
  readonly first_us: number | null
}

export interface Placed {
  readonly start_us: number
  readonly untimed: boolean
  /** Number of entries without a time and with this text, up to this entry; from 1. */
  readonly nth: number
}

/**
 * Entries before the first time get times before it, one second apart. Without any time they end at `end_us`, when the file
 * was last written. An entry without a time between others gets a time one millisecond after the one before. Entries of the
 * same second get times one microsecond apart, in their order.
 */
export function createTimeline(
  { untimed, first_us }: Survey,
  end_us: number,
): (entry: ForeignEntry) => Placed {
  let place = Math.max(0, (first_us ?? end_us) - (untimed + 1) * SECOND_US)
  let step = SECOND_US
  let second: number | undefined
  let ordinal = 0
  /** Takes about 40 bytes for each distinct text. */
  const counts = new Map<number, number>()
  return ({ start_us, command }) => {
    if (start_us !== null) {
      ordinal = start_us === second ? ordinal + 1 : 0
      second = start_us
      place = start_us + ordinal
      step = STEP_US
      return { start_us: place, untimed: false, nth: 1 }
    }
    place += step
    const name = hashOf(command)
    const nth = (counts.get(name) ?? 0) + 1
    counts.set(name, nth)
    return { start_us: place, untimed: true, nth }
  }
}

/** 53 bits of two 32-bit FNV-1a hashes (draft-eastlake-fnv) with different seeds. */
function hashOf(text: string): number {
  let high = 0x811c9dc5
  let low = 0x01000193
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    high = Math.imul(high ^ unit, 0x01000193)
    low = Math.imul(low ^ unit, 0x85ebca6b)
  }
  return (high & 0x1fffff) * 2 ** 32 + (low >>> 0)
}
