// Tokens of the REST API: whose each is, how far it opens, until when; never the token itself.
import { bytes32, type Checked, orNull, shape, text, whole } from '../level/is.ts'
import { defineTable, type Rows } from '../level/table.ts'

const token = shape({
  /** 10 hex digits; stands in the token, and is no secret. */
  id: text,
  /** The person who made the token; it opens the API as that person. */
  uid: whole,
  name: text,
  /** The right of the token; the API room says which routes it opens. */
  scope: text,
  /** BLAKE3 of the whole token, 32 bytes. */
  hash: bytes32,
  created_at: whole,
  expires_at: whole,
  /** Null: never yet. */
  last_used_at: orNull(whole),
})
export type TokenRecord = Checked<typeof token>
export type TokenRepository = Rows<TokenRecord, []>

export const tokens = defineTable({ keyspace: 'api_tokens', value: token })
