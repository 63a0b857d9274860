// How far the ledger was sent to each target of `forward.to`.
import { type Is, listOf, whole } from '../level/is.ts'
import { defineTable, type Rows } from '../level/table.ts'

export interface Forwarded {
  readonly to: string
  /** Number of the last entry that the target has. */
  readonly sent: number
  /** Number of the last entry that may have reached it; never below `sent`. */
  readonly tried: number
  /** Entries that were removed from the ledger before they were sent. */
  readonly missed: number
  /** When that was found last (ms since the epoch). */
  readonly missedAt: number
  /** Number of the last entry that had been removed from the ledger when the target began. Infinity for a target that an earlier release tried in vain. */
  readonly from: number
}
export type ForwardedRepository = Rows<Forwarded, []>

/** The last three are not in rows of earlier releases. */
type Kept = readonly [sent: number, tried: number, missed?: number, missedAt?: number, from?: number]

const isKept: Is<Kept> = (value): value is Kept =>
  listOf(whole)(value) && value[0]! >= 0 && value[1]! >= value[0]!

export const forwarded = defineTable<Kept, Forwarded>({
  keyspace: 'forwarded',
  value: isKept,
  idOf: ({ to }) => to,
  pack: ({ sent, tried, missed, missedAt, from }) => [sent, tried, missed, missedAt, from],
  unpack: ([sent, tried, missed = 0, missedAt = 0, from = tried === 0 ? Infinity : 0], to) => ({
    to,
    sent,
    tried,
    missed,
    missedAt,
    from,
  }),
})
