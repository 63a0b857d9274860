// Takes every entry that can be read out of damaged files and puts the newest of each key into a new database.
import { type Change, type Database, newDatabase, putRow } from '../level/database.ts'
import { pages } from '../level/pages.ts'
import { type FilesRead, readFiles } from './files.ts'
import type { Entry } from './leveldb/table.ts'

const BATCH = 2_000
/** Large values are few, so a batch is bounded by their bytes too. */
const BATCH_BYTES = 4 * 1024 * 1024
const PAGE = 1_000
// A value on the way: when it was written, whether it is one, and it.
const HEAD = 9

/** `scratch` and `target` are directories that do not exist yet; the caller removes the first. `target` stays open. */
export async function salvage(
  directory: string,
  scratch: string,
  target: string,
): Promise<FilesRead & { readonly db: Database }> {
  const newest = newDatabase(scratch)
  await newest.open()
  const db = newDatabase(target)
  try {
    const read = await gather(directory, newest)
    await db.open()
    await copyNewest(newest, db)
    return { ...read, db }
  } catch (error) {
    await db.close()
    throw error
  } finally {
    await newest.close()
  }
}

async function gather(directory: string, newest: Database): Promise<FilesRead> {
  let waiting = new Map<string, Entry>()
  let bytes = 0
  const add = async (entry: Entry): Promise<void> => {
    const name = Buffer.from(entry.key).toString('latin1')
    if ((waiting.get(name)?.sequence ?? -1) >= entry.sequence) return
    waiting.set(name, entry)
    bytes += entry.value?.length ?? 0
    if (waiting.size >= BATCH || bytes > BATCH_BYTES) await write()
  }
  async function write(): Promise<void> {
    const entries = [...waiting.values()]
    waiting = new Map()
    bytes = 0
    const known = await newest.getMany(entries.map(({ key }) => key))
    const changes: Change[] = []
    for (const [i, { key, value, sequence }] of entries.entries()) {
      const before = known[i]
      if (before !== undefined && sequenceOf(before) >= sequence) continue
      const head = Buffer.alloc(HEAD)
      head.writeDoubleBE(sequence)
      head[HEAD - 1] = value === undefined ? 0 : 1
      changes.push(putRow(key, Buffer.concat([head, value ?? new Uint8Array(0)])))
    }
    await newest.batch(changes)
  }
  const read = await readFiles(directory, add)
  await write()
  return read
}

async function copyNewest(newest: Database, db: Database): Promise<void> {
  for await (const page of pages(newest.iterator(), PAGE)) {
    const kept = page.filter(([, value]) => value[HEAD - 1] === 1)
    await db.batch(kept.map(([key, value]) => putRow(key, value.subarray(HEAD))))
  }
}

const sequenceOf = (value: Uint8Array): number =>
  Buffer.from(value.buffer, value.byteOffset, 8).readDoubleBE()
