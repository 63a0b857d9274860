// Marks of received frames and questions, kept over restarts so that a restart does not reopen the replay window.

import { createSerial } from '../../base/async/limiter.ts'
import { type Database, delRow, putRow } from '../level/database.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { writeWithTurn } from '../level/turn.ts'

/** `nonce`: of a hop frame, by its sender. `document`: a query id, by its author. */
type ReplayKind = 'nonce' | 'document'

export interface ReplayMark {
  readonly kind: ReplayKind
  /** Public key of the sender or author, 32 bytes. */
  readonly author: Uint8Array
  /** The nonce or query id, 16 bytes. */
  readonly id: Uint8Array
  /** Milliseconds since the epoch; after it the mark is not needed any more. */
  readonly expires_at: number
}

export type ReplayRepository = ReturnType<typeof createReplayRepository>

/** 6 to 7 MB: ten minutes of 100 frames a second from all neighbours together. */
export const REPLAY_MARKS_MAX = 65_536

const AUTHOR_BYTES = 32
const ID_BYTES = 16
const KIND_BYTE: Readonly<Record<ReplayKind, number>> = { nonce: 1, document: 2 }
// keyspace ‖ expiry ‖ kind ‖ author ‖ id: sorted by expiry, so forgetting is one range from the front.
const KIND_AT = 1 + 8
const AUTHOR_AT = KIND_AT + 1
const ID_AT = AUTHOR_AT + AUTHOR_BYTES
const EMPTY = new Uint8Array(0)

export function createReplayRepository(db: Database, max = REPLAY_MARKS_MAX) {
  /** Rows on disk; undefined until counted. Never less than there are. */
  let rows: number | undefined
  // The count and the rows change together.
  const serially = createSerial()
  const count = async (): Promise<number> => (await db.keys(keyRange('replay')).all()).length

  return {
    /** Writes the marks in one batch. Beyond `REPLAY_MARKS_MAX` the marks that expire first are removed. */
    put: (marks: readonly ReplayMark[]) =>
      serially(async () => {
        // A batch larger than the whole bound keeps what expires last.
        const kept = [...marks].sort((a, b) => a.expires_at - b.expires_at).slice(-max)
        rows ??= await count()
        const surplus = rows + kept.length - max
        const oldest = surplus > 0 ? await db.keys({ ...keyRange('replay'), limit: surplus }).all() : []
        await writeWithTurn(db, [...oldest.map(delRow), ...kept.map((mark) => putRow(keyOf(mark), EMPTY))])
        rows += kept.length - oldest.length
      }),

    /** The marks that are still needed at `now`, in order of expiry. */
    load: (now: number) =>
      serially(async () => {
        const keys = await db.keys({ ...keyRange('replay'), gte: firstAfter(now) }).all()
        return keys.map(parseKey)
      }),

    /** Forgets what has expired at `now`. */
    prune: (now: number) =>
      serially(async () => {
        await db.clear({ gte: keyRange('replay').gte, lt: firstAfter(now) })
        rows = await count()
      }),
  }
}

/** Expired means `expires_at` ≤ now. */
const firstAfter = (now: number): Buffer => makeKey('replay', { u64: now + 1 })

function keyOf(mark: ReplayMark): Buffer {
  if (mark.author.length !== AUTHOR_BYTES || mark.id.length !== ID_BYTES) {
    throw new RangeError('a replay mark has a 32-byte author and a 16-byte id')
  }
  return makeKey(
    'replay',
    { u64: mark.expires_at },
    { bytes: Uint8Array.of(KIND_BYTE[mark.kind]) },
    { bytes: mark.author },
    { bytes: mark.id },
  )
}

function parseKey(key: Uint8Array): ReplayMark {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
  return {
    kind: key[KIND_AT] === KIND_BYTE.document ? 'document' : 'nonce',
    author: new Uint8Array(key.subarray(AUTHOR_AT, ID_AT)),
    id: new Uint8Array(key.subarray(ID_AT)),
    expires_at: Number(view.getBigUint64(1)),
  }
}
