// Secrets of people, encrypted before they come here: by person, so that they go with the person.
import { orElse } from '../../base/run/or-else.ts'
import { type Change, type Database, delRow, putRow } from '../level/database.ts'
import { readU32, UID_AT } from '../level/key-of-event.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

const VALUE_VERSION = 1
// vault ‖ person u32 ‖ kind of row ‖ id of the secret
const HEADER = { bytes: Uint8Array.of(1) }
const SECRET = { bytes: Uint8Array.of(2) }
/** Rows were lost, and the last ones may have said that somebody is not allowed any more. */
const LOSS = { bytes: Uint8Array.of(3) }
const KIND_AT = UID_AT + 4
const ID_AT = KIND_AT + 1

/** The vault of one person: its key, sealed under the key that a passphrase or credential gives, and a sealed list of its secrets. */
export interface VaultHeaderRow {
  readonly protection: string
  readonly salt: Uint8Array
  /** Grows with each rotation. */
  readonly generation: number
  /** Milliseconds since the epoch. */
  readonly created_at: number
  readonly rotated_at: number
  readonly key: Uint8Array
  readonly list: Uint8Array
}

export interface SecretRow {
  /** 32 hex digits. */
  readonly id: string
  readonly name: string
  /** Grows with each change. */
  readonly version: number
  readonly generation: number
  readonly created_at: number
  readonly changed_at: number
  readonly expires_at: number | null
  readonly note: string
  /** The agents that may have the secret. Where tools are named, such an agent may offer only these to be called. */
  readonly allowed: readonly {
    readonly agent: string
    /** BLAKE3 of the manifest that was looked at, 64 hex digits. */
    readonly manifest: string
    readonly tools: readonly string[]
  }[]
  readonly sealed: Uint8Array
}

export interface VaultRows {
  readonly header: VaultHeaderRow | undefined
  /** A damaged row is left out: the sealed list says that it is missing. */
  readonly secrets: readonly SecretRow[]
  readonly loss: boolean
}

export interface VaultRepository {
  load(uid: number): Promise<VaultRows>
  /** One batch, durable (fsync) when it resolves: all of it or nothing. A loss that was noted is over with it. */
  write(
    uid: number,
    change: {
      readonly header?: VaultHeaderRow
      readonly put?: readonly SecretRow[]
      readonly remove?: readonly string[]
    },
  ): Promise<void>
  /** Removes everything of one person; durable when it resolves. */
  clear(uid: number): Promise<void>
  /** Removes what was to be kept until `now` at most; returns how many. Durable when it resolves. */
  removeExpired(now: number): Promise<number>
}

const keyOf = (uid: number, kind: typeof HEADER, id = ''): Buffer =>
  makeKey('vault', { u32: uid }, kind, { text: id })

export function createVaultRepository(db: Database): VaultRepository {
  return {
    async load(uid) {
      let header: VaultHeaderRow | undefined
      const secrets: SecretRow[] = []
      let loss = false
      for await (const [key, value] of db.iterator(keyRange('vault', { u32: uid }))) {
        if (!isSoundRow(key, value)) continue
        if (key[KIND_AT] === LOSS.bytes[0]) loss = true
        else if (key[KIND_AT] === HEADER.bytes[0]) header = decodeValue<VaultHeaderRow>(VALUE_VERSION, value)
        else secrets.push(decodeValue<SecretRow>(VALUE_VERSION, value))
      }
      return { header, secrets, loss }
    },
    async write(uid, { header, put = [], remove = [] }) {
      const changes: Change[] = [
        ...remove.map((id) => delRow(keyOf(uid, SECRET, id))),
        ...put.map((row) => putRow(keyOf(uid, SECRET, row.id), encodeValue(VALUE_VERSION, row))),
      ]
      if (header !== undefined)
        changes.push(putRow(keyOf(uid, HEADER), encodeValue(VALUE_VERSION, header)), delRow(keyOf(uid, LOSS)))
      await db.batch(changes, { sync: true })
    },
    async clear(uid) {
      const keys = await db.keys(keyRange('vault', { u32: uid })).all()
      await db.batch(
        keys.map((key) => delRow(key)),
        { sync: true },
      )
    },
    async removeExpired(now) {
      const over: Change[] = []
      for await (const [key, value] of db.iterator(keyRange('vault'))) {
        if (key[KIND_AT] !== SECRET.bytes[0] || !isSoundRow(key, value)) continue
        const { expires_at } = decodeValue<SecretRow>(VALUE_VERSION, value)
        if (expires_at !== null && expires_at <= now) over.push(delRow(key))
      }
      if (over.length > 0) await db.batch(over, { sync: true })
      return over.length
    },
  }
}

function isSoundRow(key: Uint8Array, value: Uint8Array): boolean {
  return orElse(() => isVaultRow(key, value), false)
}

/** False for a row that this program would not have written; it may throw for one that cannot be decoded. */
export function isVaultRow(key: Uint8Array, value: Uint8Array): boolean {
  if (key.length < ID_AT) return false
  const row = decodeValue<unknown>(VALUE_VERSION, value)
  switch (key[KIND_AT]) {
    case LOSS.bytes[0]:
      return row === true
    case HEADER.bytes[0]: {
      const {
        protection,
        salt,
        generation,
        created_at,
        rotated_at,
        key: sealed,
        list,
      } = row as VaultHeaderRow
      return (
        typeof protection === 'string' &&
        [generation, created_at, rotated_at].every((number) => Number.isSafeInteger(number)) &&
        [salt, sealed, list].every((bytes) => bytes instanceof Uint8Array)
      )
    }
    case SECRET.bytes[0]: {
      const { id, name, version, generation, created_at, changed_at, expires_at, note, allowed, sealed } =
        row as SecretRow
      return (
        id === Buffer.from(key.subarray(ID_AT)).toString('utf8') &&
        [name, note].every((text) => typeof text === 'string') &&
        [version, generation, created_at, changed_at, expires_at ?? 0].every((number) =>
          Number.isSafeInteger(number),
        ) &&
        Array.isArray(allowed) &&
        sealed instanceof Uint8Array
      )
    }
    default:
      return false
  }
}

/** After a loss of rows: what was allowed last may have been taken back since, so that nobody is until somebody says so again. */
export async function noteLossOfVaults(db: Database): Promise<void> {
  const people = new Set((await db.keys(keyRange('vault')).all()).map((key) => readU32(key, UID_AT)))
  await db.batch([...people].map((uid) => putRow(keyOf(uid, LOSS), encodeValue(VALUE_VERSION, true))))
}
