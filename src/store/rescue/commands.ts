// Brings the texts of commands and the events that name them into line: by number, by hash, and where one is missing.
import { BY_HASH, hashKey, NUMBER_AT, numberKey, textsOf } from '../events/commands.ts'
import { type Change, type Database, delRow, putRow } from '../level/database.ts'
import { commandOfKey, eventsOf, readU32 } from '../level/key-of-event.ts'
import { keyRange } from '../level/keyspace.ts'
import { createNumberSet } from '../level/number-set.ts'
import { pages } from '../level/pages.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

const PAGE = 2_000
/** Stands for a lost text. It is a comment in every shell, so that running it by mistake does nothing. */
export const LOST_TEXT = '# the text of this command was lost with a damaged part of the database'

export interface Aligned {
  /** Texts that events name and that are gone. */
  readonly lost: number
  /** Rebuilt entries of the index from a text to its number. */
  readonly rebuilt: number
}

/** Repairs the texts of one person. Afterwards every event has a text, and every text has one number. */
export async function alignCommands(db: Database, uid: number): Promise<Aligned> {
  const numbers = createNumberSet()
  let rebuilt = 0
  for await (const page of pages(db.iterator(textsOf(uid)), PAGE)) {
    const keys = page.map(([key, value]) => {
      numbers.add(readU32(key, NUMBER_AT))
      return hashKey(uid, decodeValue<string>(value))
    })
    const known = await db.getMany(keys)
    const changes: Change[] = []
    for (const [i, [key]] of page.entries()) {
      if (known[i] !== undefined) continue
      rebuilt++
      const number = readU32(key, NUMBER_AT)
      changes.push(putRow(keys[i]!, encodeValue(number)))
    }
    await db.batch(changes)
  }
  // A text whose number is gone gets a new one when it is typed again.
  for await (const page of pages(db.iterator(keyRange('commands', { u32: uid }, BY_HASH)), PAGE)) {
    const orphans = page.filter(([, value]) => !numbers.has(decodeValue<number>(value)))
    await db.batch(orphans.map(([key]) => delRow(key)))
  }
  const lost: number[] = []
  for await (const page of pages(db.keys(eventsOf(uid)), PAGE)) {
    for (const key of page) if (numbers.add(commandOfKey(key))) lost.push(commandOfKey(key))
  }
  await db.batch(lost.map((number) => putRow(numberKey(uid, number), encodeValue(LOST_TEXT))))
  return { lost: lost.length, rebuilt }
}
