// Signals about each person's unusual numbers, and the signals that the person muted: by person, bounded, without texts.
import { type Change, type Database, delRow, putRow } from '../level/database.ts'
import { UID_AT } from '../level/key-of-event.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

const VALUE_VERSION = 1
// anomalies ‖ uid ‖ kind of row ‖ id or target
const SIGNAL = { bytes: Uint8Array.of(1) }
const MUTE = { bytes: Uint8Array.of(2) }
const STATE = { bytes: Uint8Array.of(3) }
const SINCE = { bytes: Uint8Array.of(4) }
const NAME_AT = UID_AT + 4 + 1

/** A signal as the anomalies room makes it; names are of the public dictionary, times in ms since the epoch. */
interface SignalRow {
  readonly id: string
  readonly kind: string
  readonly subject: string | null
  readonly severity: number
  readonly unit: string
  readonly observed: number
  readonly expected: number
  readonly spread: number | null
  readonly n: number
  readonly window: { readonly start: number; readonly end: number }
  readonly first_seen: number
  readonly last_seen: number
  readonly count: number
  readonly last_day: number
  readonly seen: boolean
}

export interface MuteRow {
  /** A kind, or a kind and one subject of it. */
  readonly target: string
  /** Milliseconds since the epoch; null: for ever. */
  readonly until: number | null
}

export interface AnomalyRepository {
  /** One person's signals, in no order. */
  signals(uid: number): Promise<readonly SignalRow[]>
  mutes(uid: number): Promise<readonly MuteRow[]>
  /** The last local day that was looked at; undefined before the first. */
  lookedAt(uid: number): Promise<number | undefined>
  /** The first local day since which no day was left out; undefined before the first look. */
  lookedSince(uid: number): Promise<number | undefined>
  /** Writes and removes signals, the last checked day, and the first checked day without a gap, in one batch. */
  update(
    uid: number,
    changes: {
      readonly put: readonly SignalRow[]
      readonly remove: readonly string[]
      readonly day?: number
      readonly since?: number
    },
  ): Promise<void>
  /** Durable (fsync) when they resolve. */
  mute(uid: number, mute: MuteRow): Promise<void>
  unmute(uid: number, target: string): Promise<void>
  /** How many signals of each kind, of all people, began before a time. */
  countByKind(before: number): Promise<ReadonlyMap<string, number>>
}

const signalKey = (uid: number, id: string): Buffer =>
  makeKey('anomalies', { u32: uid }, SIGNAL, { text: id })
const muteKey = (uid: number, target: string): Buffer =>
  makeKey('anomalies', { u32: uid }, MUTE, { text: target })
const stateKey = (uid: number): Buffer => makeKey('anomalies', { u32: uid }, STATE)
const sinceKey = (uid: number): Buffer => makeKey('anomalies', { u32: uid }, SINCE)

export function createAnomalyRepository(db: Database): AnomalyRepository {
  async function dayIn(key: Buffer): Promise<number | undefined> {
    const value = await db.get(key)
    return value === undefined ? undefined : decodeValue<number>(VALUE_VERSION, value)
  }

  return {
    async signals(uid) {
      const rows = await db.values(keyRange('anomalies', { u32: uid }, SIGNAL)).all()
      return rows.map((row) => decodeValue<SignalRow>(VALUE_VERSION, row))
    },
    async mutes(uid) {
      const rows = await db.iterator(keyRange('anomalies', { u32: uid }, MUTE)).all()
      return rows.map(([key, value]) => ({
        target: Buffer.from(key.subarray(NAME_AT)).toString('utf8'),
        until: decodeValue<number | null>(VALUE_VERSION, value),
      }))
    },
    lookedAt: (uid) => dayIn(stateKey(uid)),
    lookedSince: (uid) => dayIn(sinceKey(uid)),
    async update(uid, { put, remove, day, since }) {
      const changes: Change[] = [
        ...put.map((row) => putRow(signalKey(uid, row.id), encodeValue(VALUE_VERSION, row))),
        ...remove.map((id) => delRow(signalKey(uid, id))),
      ]
      if (day !== undefined) changes.push(putRow(stateKey(uid), encodeValue(VALUE_VERSION, day)))
      if (since !== undefined) changes.push(putRow(sinceKey(uid), encodeValue(VALUE_VERSION, since)))
      if (changes.length > 0) await db.batch(changes)
    },
    // A mute is written with fsync, so that a muted signal does not come back after a power cut.
    mute: (uid, { target, until }) =>
      db.put(muteKey(uid, target), encodeValue(VALUE_VERSION, until), { sync: true }),
    unmute: (uid, target) => db.del(muteKey(uid, target), { sync: true }),

    async countByKind(before) {
      const counts = new Map<string, number>()
      for (const [key, value] of await db.iterator(keyRange('anomalies')).all()) {
        if (key[UID_AT + 4] !== SIGNAL.bytes[0]) continue
        const { kind, first_seen } = decodeValue<SignalRow>(VALUE_VERSION, value)
        if (first_seen < before) counts.set(kind, (counts.get(kind) ?? 0) + 1)
      }
      return counts
    },
  }
}

/** Whether this program would write such a row. */
export function isAnomalyRow(key: Uint8Array, value: Uint8Array): boolean {
  const row = decodeValue<unknown>(VALUE_VERSION, value)
  switch (key[UID_AT + 4]) {
    case SIGNAL.bytes[0]: {
      const { id, kind, first_seen, last_seen, window } = row as SignalRow
      return (
        id === Buffer.from(key.subarray(NAME_AT)).toString('utf8') &&
        typeof kind === 'string' &&
        [first_seen, last_seen, window.start, window.end].every(Number.isFinite)
      )
    }
    case MUTE.bytes[0]:
      return key.length > NAME_AT && (row === null || Number.isFinite(row))
    case STATE.bytes[0]:
    case SINCE.bytes[0]:
      return key.length === NAME_AT && Number.isSafeInteger(row)
    default:
      return false
  }
}
