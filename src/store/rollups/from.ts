// The first day on which each person's rollups are whole: rollups of days before it were removed because of their age.
import { type Change, type Database, putRow } from '../level/database.ts'
import { makeKey } from '../level/keyspace.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

const keyOf = (uid: number): Buffer => makeKey('rollups_from', { u32: uid })

/** `day` since 1970-01-01. */
export const putRollupsFrom = (uid: number, day: number): Change => putRow(keyOf(uid), encodeValue(day))

/** 0 when nothing was ever removed. */
export async function readRollupsFrom(db: Database, uid: number): Promise<number> {
  const value = await db.get(keyOf(uid))
  return value === undefined ? 0 : decodeValue<number>(value)
}
