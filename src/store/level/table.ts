// A table: how its rows are named and what they hold. Reading, writing and judging rows follow from that.
import { KaroError } from '../../base/errors.ts'
import { type Change, type Database, delRow, putRow } from './database.ts'
import type { Is } from './is.ts'
import { readU32, UID_AT } from './key-of-event.ts'
import { type KeyPart, type Keyspace, keyRange, makeKey, type OF_PEOPLE } from './keyspace.ts'
import { encodeValue, readValue } from './value.ts'

/** The largest number of a key; of nobody among the people here. */
export const NOBODY = 0xffff_ffff

/** Rows are of one person, so that they go with the person, or of the node. */
type Who = readonly [person: number] | readonly []

interface RowChange<Row> {
  readonly put?: readonly Row[] | undefined
  readonly remove?: readonly string[] | undefined
  /** It outlives a kill of the process, but not a power cut. */
  readonly lazy?: true
}

/** The rows of a table in a database. A damaged row is as if it was not there, unless the table is `strict`. */
export interface Rows<Row, Of extends Who = [person: number]> {
  /** `prefix`: only those whose ids begin with it. */
  all(...of: [...Of, prefix?: string]): Promise<readonly Row[]>
  get(...at: [...Of, id: string]): Promise<Row | undefined>
  has(...at: [...Of, id: string]): Promise<boolean>
  /** Without reading the rows, so that damaged ones are among them. */
  ids(...of: Of): Promise<readonly string[]>
  /** One batch, all of it or nothing; durable (fsync) when it resolves. */
  write(...change: [...Of, RowChange<Row>]): Promise<void>
}

export interface Table<Row, Of extends Who = [person: number]> {
  /** True for a row that this program would have written. */
  isRow(key: Uint8Array, value: Uint8Array): boolean
  /** For a batch with rows of other tables. */
  changes(...change: [...Of, RowChange<Row>]): Change[]
  in(db: Database): Rows<Row, Of>
}

interface Declared<Value, Row> {
  readonly keyspace: Keyspace
  /** Tells the tables of one keyspace apart. */
  readonly kind?: number
  /** `hex`: ids are hex digits whose bytes stand in the key. Absent: texts. */
  readonly ids?: 'hex'
  readonly value: Is<Value>
  /** Reading throws at a damaged row, because it may be a refusal. */
  readonly strict?: true
  /** Absent: the member `id`. */
  readonly idOf?: (row: Row) => string
  /** Where a row says more than its value: its id, which is in the key alone. Both or neither. */
  readonly pack?: (row: Row) => Value
  readonly unpack?: (value: Value, id: string) => Row
}

/** A table of the node's. */
export const defineTable = <Value, Row = Value>(declared: Declared<Value, Row>) =>
  table<Value, Row, []>(declared, 0)

/** A table of people: a person's number stands first in its keys. */
export const definePeoplesTable = <Value, Row = Value>(
  declared: Declared<Value, Row> & { readonly keyspace: (typeof OF_PEOPLE)[number] },
) => table<Value, Row, [person: number]>(declared, 1)

function table<Value, Row, Of extends Who>(declared: Declared<Value, Row>, owners: 0 | 1): Table<Row, Of> {
  const { keyspace, kind, ids, value: isValue, strict, pack, unpack } = declared
  const idOf = declared.idOf ?? ((row) => (row as { readonly id: string }).id)
  const kindPart: KeyPart[] = kind === undefined ? [] : [{ bytes: Uint8Array.of(kind) }]
  const kindAt = UID_AT + 4 * owners
  const idAt = kindAt + kindPart.length
  const rangeOf = (of: readonly unknown[], ...more: KeyPart[]) =>
    keyRange(keyspace, ...of.map((person) => ({ u32: person as number })), ...kindPart, ...more)
  function keyOf(of: readonly unknown[], id: string): Buffer {
    const { gte } = rangeOf(of)
    return Buffer.concat([gte, Buffer.from(id, ids ?? 'utf8')])
  }
  const idIn = (key: Uint8Array): string => Buffer.from(key.subarray(idAt)).toString(ids ?? 'utf8')

  /** Undefined for a row that is damaged, or another table's. */
  function read(key: Uint8Array, bytes: Uint8Array): Row | undefined {
    if (key.length < idAt || (kind !== undefined && key[kindAt] !== kind)) return undefined
    const value = readValue(bytes)
    if (!isValue(value)) return undefined
    const id = idIn(key)
    const row = unpack === undefined ? (value as unknown as Row) : unpack(value, id)
    return idOf(row) === id ? row : undefined
  }

  function found(key: Uint8Array, bytes: Uint8Array): Row | undefined {
    const row = read(key, bytes)
    if (row === undefined && strict)
      throw new KaroError('bad_file', `a row of ${keyspace} in the database is damaged`, {
        hint: 'Run karo doctor --repair.',
      })
    return row
  }

  function changes(...change: readonly unknown[]): Change[] {
    const of = change.slice(0, owners)
    const { put = [], remove = [] } = change[owners] as RowChange<Row>
    return [
      ...remove.map((id) => delRow(keyOf(of, id))),
      ...put.map((row) => putRow(keyOf(of, idOf(row)), encodeValue(pack === undefined ? row : pack(row)))),
    ]
  }

  return {
    isRow: (key, bytes) => read(key, bytes) !== undefined,
    changes,
    in: (db) => ({
      async all(...of) {
        const rows: Row[] = []
        const prefix = { text: (of[owners] as string | undefined) ?? '' }
        for await (const [key, bytes] of db.iterator(rangeOf(of.slice(0, owners), prefix))) {
          const row = found(key, bytes)
          if (row !== undefined) rows.push(row)
        }
        return rows
      },
      async get(...at) {
        const key = keyOf(at.slice(0, owners), at[owners] as string)
        const bytes = await db.get(key)
        return bytes === undefined ? undefined : found(key, bytes)
      },
      has: async (...at) => db.has(keyOf(at.slice(0, owners), at[owners] as string)),
      ids: async (...of) => (await db.keys(rangeOf(of)).all()).map(idIn),
      write: (...change) =>
        db.batch(changes(...change), { sync: (change[owners] as RowChange<Row>).lazy !== true }),
    }),
  }
}

/** Whether one of the tables of a keyspace would have written the row. */
export const rowOfAny =
  (...tables: readonly Pick<Table<never>, 'isRow'>[]) =>
  (key: Uint8Array, value: Uint8Array): boolean =>
    tables.some(({ isRow }) => isRow(key, value))

/** The people who have rows in a keyspace of people, by number: as many seeks as there are people. */
export async function peopleIn(db: Database, keyspace: Keyspace): Promise<readonly number[]> {
  const found: number[] = []
  const { lt } = keyRange(keyspace)
  for (let from = 0; from < NOBODY; ) {
    const [key] = await db.keys({ gte: makeKey(keyspace, { u32: from }), lt, limit: 1 }).all()
    if (key === undefined) break
    const person = readU32(key, UID_AT)
    if (person !== NOBODY) found.push(person)
    from = person + 1
  }
  return found
}
