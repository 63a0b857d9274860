// Signals about each person's unusual numbers, and the signals that the person muted: bounded, without texts.
import type { Database } from '../level/database.ts'
import { type Checked, flag, number, orNull, shape, text, whole } from '../level/is.ts'
import { definePeoplesTable, peopleIn, rowOfAny } from '../level/table.ts'

/** A signal as the anomalies room makes it; names are of the public dictionary, times in ms since the epoch. */
const signal = shape({
  id: text,
  kind: text,
  subject: orNull(text),
  severity: number,
  unit: text,
  observed: number,
  expected: number,
  spread: orNull(number),
  n: number,
  window: shape({ start: number, end: number }),
  first_seen: number,
  last_seen: number,
  count: number,
  last_day: number,
  seen: flag,
})
type SignalRow = Checked<typeof signal>

export interface MuteRow {
  /** A kind, or a kind and one subject of it. */
  readonly target: string
  /** Milliseconds since the epoch; null: for ever. */
  readonly until: number | null
}

const signals = definePeoplesTable({ keyspace: 'anomalies', kind: 1, value: signal })
const mutes = definePeoplesTable({
  keyspace: 'anomalies',
  kind: 2,
  value: orNull(number),
  idOf: ({ target }) => target,
  pack: ({ until }: MuteRow) => until,
  unpack: (until, target) => ({ target, until }),
})
const day = { keyspace: 'anomalies', value: whole, idOf: () => '' } as const
/** The last local day that was looked at. */
const looked = definePeoplesTable({ ...day, kind: 3 })
/** The first local day since which no day was left out. */
const since = definePeoplesTable({ ...day, kind: 4 })

export const isAnomalyRow = rowOfAny(signals, mutes, looked, since)
export type AnomalyRepository = ReturnType<typeof createAnomalyRepository>

export function createAnomalyRepository(db: Database) {
  const [kept, last, first] = [signals.in(db), looked.in(db), since.in(db)]
  return {
    signals: kept.all,
    /** Written with fsync, so that a muted signal does not come back after a power cut. */
    mutes: mutes.in(db),
    /** Undefined before the first look; `lookedSince` likewise. */
    lookedAt: (person: number) => last.get(person, ''),
    lookedSince: (person: number) => first.get(person, ''),
    /** Writes and removes signals, the last checked day, and the first checked day without a gap, in one batch. */
    async update(
      person: number,
      change: {
        readonly put: readonly SignalRow[]
        readonly remove: readonly string[]
        readonly day?: number
        readonly since?: number
      },
    ): Promise<void> {
      await db.batch([
        ...signals.changes(person, change),
        ...looked.changes(person, { put: [change.day ?? []].flat() }),
        ...since.changes(person, { put: [change.since ?? []].flat() }),
      ])
    },
    /** How many signals of each kind, of all people, began before a time. */
    async countByKind(before: number): Promise<ReadonlyMap<string, number>> {
      const counts = new Map<string, number>()
      for (const person of await peopleIn(db, 'anomalies'))
        for (const { kind, first_seen } of await kept.all(person))
          if (first_seen < before) counts.set(kind, (counts.get(kind) ?? 0) + 1)
      return counts
    },
  }
}
