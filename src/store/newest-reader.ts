// Reads rows of the database as of one moment, newest first: from its files, and what cannot be had there row by row.
import type { Database, Snapshot } from './database.ts'
import { type OpenFiles, openFiles, type Range } from './leveldb-newest.ts'

export interface NewestReader {
  /** For what is looked up beside it. */
  readonly snapshot: Snapshot
  /**
   * Descending, in pages of at most `first` rows and then `size`; each row is read once.
   * `read` must not keep or change the bytes, and throws for a row that is damaged.
   */
  newest<T>(
    range: Range,
    read: (key: Uint8Array, value: Uint8Array) => T,
    first: number,
    size: number,
  ): AsyncGenerator<T[], void>
  close(): Promise<void>
}

/** What LevelDB hands over in one piece. */
const READ_BYTES = 1024 * 1024

/** Of these ranges. To be called, and waited for, where nothing is written to them. */
export async function openReader(db: Database, ranges: readonly Range[]): Promise<NewestReader> {
  const snapshot = db.snapshot()
  let files: OpenFiles | undefined
  try {
    files = await openFiles(db.location, ranges)
  } catch {
    // What is wrong with them LevelDB says, or doctor.
  }

  async function* byRow<T>(
    range: Range,
    read: (key: Uint8Array, value: Uint8Array) => T,
    first: number,
    size: number,
    limit = -1,
  ): AsyncGenerator<T[], void> {
    const rows = db.iterator({ ...range, reverse: true, snapshot, limit, highWaterMarkBytes: READ_BYTES })
    try {
      for (let page = await rows.nextv(first); page.length > 0; page = await rows.nextv(size))
        yield page.map(([key, value]) => read(key, value))
    } finally {
      await rows.close()
    }
  }

  return {
    snapshot,
    async *newest<T>(
      range: Range,
      read: (key: Uint8Array, value: Uint8Array) => T,
      first: number,
      size: number,
    ): AsyncGenerator<T[], void> {
      if (files === undefined) return yield* byRow(range, read, first, size)
      let last: Uint8Array = range.lt
      let page: T[] = []
      const noting = (key: Uint8Array, value: Uint8Array): void => {
        page.push(read(key, value))
        last = key
      }
      // The first are there sooner by row: a log has to be read as a whole.
      for await (const _ of byRow(range, noting, first, first, first)) {
        yield page
        page = []
      }
      try {
        for await (const _ of files.pages({ ...range, lt: last }, noting, size)) {
          const whole = page
          page = []
          yield whole
        }
      } catch {
        if (page.length > 0) yield page
        // What is below.
        yield* byRow({ ...range, lt: last }, read, size, size)
      }
    },
    async close() {
      await files?.close()
      await snapshot.close()
    },
  }
}
