// Tokens of the REST API: whose each is, how far it opens, until when; never the token itself.
import { type Database, delRow } from '../level/database.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

export interface TokenRecord {
  /** 10 hex digits; stands in the token, and is no secret. */
  readonly id: string
  /** The person who made the token; it opens the API as that person. */
  readonly uid: number
  readonly name: string
  /** The right of the token; the API room says which routes it opens. */
  readonly scope: string
  /** BLAKE3 of the whole token, 32 bytes. */
  readonly hash: Uint8Array
  /** Milliseconds since the epoch, as the others. */
  readonly created_at: number
  readonly expires_at: number
  /** Null: never yet. */
  readonly last_used_at: number | null
}

export interface TokenRepository {
  /** Durable (fsync) when it resolves, unless `lazy`. */
  put(record: TokenRecord, options?: { readonly lazy: boolean }): Promise<void>
  /** Durable when it resolves, so that a revoked token does not come back after a power cut. */
  remove(ids: readonly string[]): Promise<void>
  /** Everything; the API room bounds how much there is. A damaged record is left out: it opens nothing. */
  all(): Promise<readonly TokenRecord[]>
}

const VALUE_VERSION = 1
const keyOf = (id: string): Buffer => makeKey('api_tokens', { text: id })

export function createTokenRepository(db: Database): TokenRepository {
  return {
    async put(record, { lazy } = { lazy: false }) {
      await db.put(keyOf(record.id), encodeValue(VALUE_VERSION, record), { sync: !lazy })
    },
    async remove(ids) {
      await db.batch(
        ids.map((id) => delRow(keyOf(id))),
        { sync: true },
      )
    },
    async all() {
      const values = await db.values(keyRange('api_tokens')).all()
      return values.flatMap((bytes) => readRecord(bytes) ?? [])
    },
  }
}

/** Undefined for a damaged one. */
export function readRecord(bytes: Uint8Array): TokenRecord | undefined {
  try {
    const record = decodeValue<TokenRecord>(VALUE_VERSION, bytes)
    const { id, uid, name, scope, hash, created_at, expires_at, last_used_at } = record
    const times = [created_at, expires_at, last_used_at ?? 0]
    const whole =
      [id, name, scope].every((text) => typeof text === 'string') &&
      [uid, ...times].every((number) => Number.isSafeInteger(number)) &&
      hash instanceof Uint8Array &&
      hash.length === 32
    return whole ? record : undefined
  } catch {
    return undefined
  }
}
