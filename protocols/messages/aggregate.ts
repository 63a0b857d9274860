// What Share, Tally and Release have in common: bounds of totals, and fields that stand in more than one of them.
import * as z from 'zod'
import { BUCKET_LENGTHS, type Bucket, isBucket } from '../buckets.ts'
import { bytes, HINT_BYTES, isSame, label, listOf, timestamp, uint } from './fields.ts'

/** Audiences of a mesh; types of numbers that one share may hold. */
export const AUDIENCES_MAX = 8
export const SECTIONS_MAX = 8
/** The hash of an audience's name beside its totals: which of its eight it is. */
export const AUDIENCE_HASH_BYTES = 4
/** Contributors of one bucket's totals, and groups that they may form. */
export const LISTED_MAX = 1024
export const GROUPS_MAX = 8
/** Attempts at one bucket. */
export const ATTEMPTS_MAX = 16
/** Nodes that one release is sealed to. */
export const READERS_MAX = 256
/** Counters of one layout, and rows of it. */
export const CELLS_MAX = 2_048
export const ROWS_MAX = 1_024
/** Counters of one share, and of all groups of a bucket: so many sums fit in a tally beside the longest list. */
export const SHARE_CELLS_MAX = 4_000
/** Values of one row, besides its indicator. */
export const ROW_VALUES_MAX = 32
/** Parts of one group, by the teams of machines; teams that a part may be of, and bytes of their names. */
export const PARTS_MAX = 16
export const TEAMS_MAX = 8
export const TEAMS_BYTES_MAX = 256
/** The parts of a group, and the machines that are in none. */
export const CELLS_OF_GROUP_MAX = PARTS_MAX + 1
/** Teams whose machines are counted in a list. */
export const TEAMS_LISTED_MAX = 64
/** Bytes of one cell of a part: a count of machines, and a value, which is below 2^32 however many machines there are. */
export const PART_NODES_BYTES = 2
export const PART_VALUE_BYTES = 4
/** The largest scale of noise that a policy can ask for. */
export const NOISE_MAX = 1_000
export const noise = uint(NOISE_MAX).describe(
  'scale of the noise in values, of two-sided geometric draws: so many of each number of one machine it hides; 0: none; absent: 10 in groups of at least 200 machines, else 0',
)
/** How splitting, proofs, sums and suppression work. */
export const SCHEME = 2

const WRAPPED_KEY_BYTES = 32 + 16
const TAG_BYTES = 16
/** Most bytes of a sealed plaintext: of a share, and of what aggregators and readers are told. */
export const SHARE_PLAIN_BYTES = 40 * 1024
export const TALLY_PLAIN_BYTES = 62 * 1024
export const RELEASE_PLAIN_BYTES = 40 * 1024
/** A listed share: the first 8 bytes of its author's key, and 16 that stand for its document and its header. */
export const LISTED_BYTES = 8 + 16
/** What is open of a share's proof: a nonce of 16 bytes, and 32 that follow from each half. */
export const PROOF_BYTES = 16 + 2 * 32
/** Indicators that one call of the proof's gadget is about: the fewest bytes of half, proof and check together for some 1 200. */
export const PROOF_CHUNK = 19
/** What one aggregator tells the other of the proof of one share, whatever it is about: three proofs, and 32 bytes. */
export const VERIFIER_BYTES = 3 * (2 * PROOF_CHUNK + 2) * 8 + 32
/** Shares that one document of checks is about, and such documents of one bucket. */
export const CHECKED_MAX = 60
export const CHECKS_MAX = 64

export const bucket = {
  length: z.enum(BUCKET_LENGTHS).describe('of UTC; one length in a mesh'),
  start: timestamp('start of the bucket'),
  end: timestamp('end of the bucket, exclusive'),
}
/**
 * The body of a document about a bucket, which is kept for just so long after the bucket's end: a share that leaves the stores while it is
 * counted would keep the whole bucket from being told. One that has editions comes when it is over.
 */
export const aboutBucket = <B extends Bucket & { version?: number; expires_at: number }>(
  keptMs: number,
  body: z.ZodType<B>,
): z.ZodType<B> =>
  body
    .refine(isBucket, 'not a whole day, quarter of a day or hour of UTC')
    .refine(({ version, end }) => version === undefined || version >= end, 'its bucket was not over')
    .refine(({ end, expires_at }) => expires_at === end + keptMs, 'kept for another time')
export const mesh = bytes(32).describe('BLAKE3 of the public key of the root')
export const attempt = uint(ATTEMPTS_MAX - 1).describe(
  'first 0; another one follows only where nothing was agreed to',
)
export const pair = listOf(bytes(32), 2)
  .refine(([a, b, more]) => a !== undefined && b !== undefined && more === undefined, 'two aggregators')
  .refine(([a, b]) => a === undefined || b === undefined || !isSame(a, b), 'one aggregator twice')
  .describe('keys of the two aggregators, the leader first')
export const scheme = z.literal(SCHEME)
/** A query type, `ToolUsage`; also one that this release does not know. */
export const typeName = z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,47}$/, 'not the name of a type')
export const audience = label(64)
export const audiences = listOf(audience, AUDIENCES_MAX)

export const sealed = (most: number) => ({
  epk: bytes(32).describe('X25519 public key, fresh for this box'),
  sealed: bytes(TAG_BYTES + 1, most + TAG_BYTES),
})
export const place = {
  hint: bytes(HINT_BYTES).describe('only author and recipient can tell whom it means'),
  key: bytes(WRAPPED_KEY_BYTES).describe('the content key, wrapped for that recipient'),
}
export const partTeams = listOf(label(64), TEAMS_MAX).describe(
  'sorted; none: the machines that are in no part',
)
