// Keys of the database: a keyspace number and ordered parts, so that byte order is the order we want to read in.

/**
 * Where a key has a `uid`, it is the number of a person (store/tables/people.ts): the uid of the account, unless that was
 * another person's before.
 */

/** Numbered once, never reused or renumbered; a number without a repository is reserved for its name. */
export const KEYSPACES = {
  meta: 1,
  events: 2,
  /** Distinct command texts, stored once. */
  commands: 3,
  rollups_hour: 4,
  rollups_day: 5,
  documents: 6,
  members: 7,
  consent: 8,
  replay: 9,
  audit: 10,
  query_cache: 11,
  anomalies: 12,
  agents: 13,
  approvals: 14,
  capabilities: 15,
  vault: 16,
  artifacts: 17,
  memory: 18,
  /** How far each spool file was read; written in the same batch as its events. */
  spool_offsets: 19,
  /** Which distinct commands ran on which day: unique counts of a period. */
  command_days: 20,
  api_tokens: 21,
  /** How many events each person has. */
  event_counts: 22,
  /** The first day on which each person's rollups are whole. */
  rollups_from: 23,
  /** Processes of the commands in hooked shells: by person, then by time. */
  processes: 24,
  /** Which events one import brought, so that it can be undone. */
  imports: 25,
  /** The mesh this node belongs to, its own certificates, and the invites it gave out. */
  fleet: 26,
  /** How far the ledger was sent to each target of `forward.to`. */
  forwarded: 27,
  /** Which account the data under each person's number belongs to. */
  people: 30,
} as const
export type Keyspace = keyof typeof KEYSPACES

/** Keyspaces whose keys begin with a person's number: what is in them goes with that person. */
export const OF_PEOPLE = [
  'events',
  'commands',
  'rollups_hour',
  'rollups_day',
  'command_days',
  'event_counts',
  'rollups_from',
  'processes',
  'imports',
  'anomalies',
  'consent',
  'agents',
  'vault',
  'artifacts',
  'memory',
] as const satisfies readonly Keyspace[]

export type KeyPart =
  | { readonly u32: number }
  /** Up to 2^53 - 1; times in ms, sequence numbers. */
  | { readonly u64: number }
  | { readonly bytes: Uint8Array }
  /** A text has no end mark, so it is the last part of a key, or one of texts of which none is a prefix of another. */
  | { readonly text: string }

/** `keyspace byte ‖ parts`, integers big-endian. */
export function makeKey(keyspace: Keyspace, ...parts: readonly KeyPart[]): Buffer {
  let length = 1
  for (const part of parts) length += lengthOf(part)
  const key = Buffer.allocUnsafe(length)
  key[0] = KEYSPACES[keyspace]
  let at = 1
  for (const part of parts) at = writePart(key, at, part)
  return key
}

/** All keys that start with these parts, as a Level range. */
export function keyRange(keyspace: Keyspace, ...parts: readonly KeyPart[]): { gte: Buffer; lt: Buffer } {
  const gte = makeKey(keyspace, ...parts)
  return { gte, lt: afterPrefix(gte) }
}

/** The first key after every key that starts with `prefix`. */
export function afterPrefix(prefix: Uint8Array): Buffer {
  const next = Buffer.from(prefix)
  for (let i = next.length - 1; i >= 0; i--) {
    const byte = next[i] as number
    if (byte < 0xff) {
      next[i] = byte + 1
      return next.subarray(0, i + 1)
    }
  }
  throw new RangeError('a prefix of only 0xFF bytes has no successor')
}

function lengthOf(part: KeyPart): number {
  if ('bytes' in part) return part.bytes.length
  if ('text' in part) return Buffer.byteLength(part.text)
  return 'u32' in part ? 4 : 8
}

/** Writes the part at `at`; returns the place behind it. Throws RangeError for a number that does not fit. */
function writePart(key: Buffer, at: number, part: KeyPart): number {
  if ('bytes' in part) {
    key.set(part.bytes, at)
    return at + part.bytes.length
  }
  if ('text' in part) return at + key.write(part.text, at)
  if ('u32' in part) return key.writeUInt32BE(part.u32, at)
  if (!Number.isSafeInteger(part.u64) || part.u64 < 0) throw new RangeError('a u64 key part is 0 to 2^53 - 1')
  // Twice 32 bits: writeBigUInt64BE would allocate a BigInt.
  key.writeUInt32BE(Math.floor(part.u64 / 2 ** 32), at)
  return key.writeUInt32BE(part.u64 % 2 ** 32, at + 4)
}
