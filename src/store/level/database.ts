// The one Level database under all repositories, as bytes to bytes.
import { Level } from 'level'

export type Database = Level<Uint8Array, Uint8Array>

/** The database at one moment, whatever is written and removed since. */
export type Snapshot = ReturnType<Database['snapshot']>

/** Takes changes one by one, and writes all of them or none. */
export interface ChainedBatch {
  put(key: Uint8Array, value: Uint8Array): unknown
  del(key: Uint8Array): unknown
  write(): Promise<void>
  /** Needs to be called where `write` is not, or fails. */
  close(): Promise<void>
}

/** A change to be written with others in one atomic batch. */
export type Change =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

export const putRow = (key: Uint8Array, value: Uint8Array): Change => ({ type: 'put', key, value })
export const delRow = (key: Uint8Array): Change => ({ type: 'del', key })

export function newDatabase(directory: string): Database {
  return new Level<Uint8Array, Uint8Array>(directory, { keyEncoding: 'view', valueEncoding: 'view' })
}

/** Changes from which on the other way is quicker. */
const MANY = 64

/**
 * Writes all changes or none, as `db.batch` of an array does, and does not wait for the disk. Many are handed over one by one: an array is copied first, and
 * then C++ asks for each member of each change by its name, which takes half as long again.
 */
export async function writeBatch(db: Database, changes: readonly Change[]): Promise<void> {
  // A database that is about to open keeps arrays until it is.
  if (changes.length < MANY || db.status !== 'open') return db.batch([...changes])
  const batch = db.batch() as unknown as ChainedBatch
  try {
    for (const change of changes) {
      if (change.type === 'put') batch.put(change.key, change.value)
      else batch.del(change.key)
    }
    await batch.write()
  } catch (error) {
    await batch.close()
    throw error
  }
}

/**
 * Gives each row to `take`, and after each page the number of its rows to `after`, until that says false. LevelDB reads the
 * next page in a thread of its own meanwhile, except during the first, which somebody may wait for. True when all rows
 * were read. The caller closes `rows`.
 */
export async function readPages<T>(
  rows: { nextv(size: number): Promise<T[]> },
  sizes: { readonly first: number; readonly more: number; readonly take: (row: T) => void },
  after: (many: number) => Promise<boolean>,
): Promise<boolean> {
  let page = await rows.nextv(sizes.first)
  for (let isFirst = true; page.length > 0; isFirst = false) {
    const next = isFirst ? undefined : rows.nextv(sizes.more)
    // A consumer that stops early does not need the remaining rows, nor their errors.
    next?.catch(() => {})
    for (const row of page) sizes.take(row)
    const many = page.length
    // Two pages at once would outlive a collection of young objects, and the process would grow by a quarter.
    page = []
    if (!(await after(many))) return false
    page = await (next ?? rows.nextv(sizes.more))
  }
  return true
}

/** LevelDB has it; the type of all Levels has not. */
interface Compacting {
  compactRange(start: Uint8Array, end: Uint8Array): Promise<void>
}

/**
 * Data that is only in the log moves into tables, where every few kilobytes have a checksum. In a log each batch has
 * one checksum, so one wrong byte loses the whole batch.
 */
export async function flush(db: Database): Promise<void> {
  const { compactRange } = db as unknown as Compacting
  // Beyond all keys: no table is merged with another.
  const beyond = Buffer.alloc(LAST_BYTES, 0xff)
  await compactRange.call(db, beyond, beyond)
}

/** Longer than any key. */
const LAST_BYTES = 64

/** Takes removed rows between the keys out of the files. */
export async function compact(db: Database, { gte, lt }: { gte: Uint8Array; lt: Uint8Array }): Promise<void> {
  const { compactRange } = db as unknown as Compacting
  // Compaction moves the log's rows into a table, in which a value and its removal may stand side by side …
  await compactRange.call(db, gte, lt)
  // … until something that spans them comes above, and all of them are merged: two keys that nobody has.
  const last = Buffer.concat([gte, Buffer.alloc(LAST_BYTES, 0xff)])
  await db.batch([
    { type: 'del', key: gte },
    { type: 'del', key: last },
  ])
  await compactRange.call(db, gte, lt)
}
