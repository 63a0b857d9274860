// Release: the totals of a bucket, from each aggregator to an audience, and what a holder shows of them to others.
import * as z from 'zod'
import { RELEASE_KEPT_MS } from '../buckets.ts'
import { defineMessage } from '../define.ts'
import {
  AUDIENCE_HASH_BYTES,
  aboutBucket,
  audience,
  bucket,
  CELLS_MAX,
  CELLS_OF_GROUP_MAX,
  GROUPS_MAX,
  LISTED_MAX,
  mesh,
  PART_NODES_BYTES,
  PART_VALUE_BYTES,
  pair,
  partTeams,
  place,
  READERS_MAX,
  RELEASE_PLAIN_BYTES,
  ROW_VALUES_MAX,
  ROWS_MAX,
  SECTIONS_MAX,
  scheme,
  sealed,
  typeName,
} from './aggregate.ts'
import { bytes, listOf, rowsOf, timestamp, uint } from './fields.ts'
import { listing } from './tally.ts'

export const Release = defineMessage({
  type: 0x0215,
  name: 'Release',
  purpose: "Totals of a bucket for one audience; it counts with the other aggregator's, which says the same.",
  limit: 64 * 1024,
  carried: 'document',
  body: aboutBucket(
    RELEASE_KEPT_MS,
    z.object({
      mesh,
      ...bucket,
      audience: bytes(AUDIENCE_HASH_BYTES).describe('BLAKE3 of the name of the role'),
      set: bytes(32).describe(
        'BLAKE3 of list and agreement: no later edition of this bucket has another one',
      ),
      version: timestamp('edition; a later one is sealed to more readers and says the same'),
      expires_at: timestamp('when nobody keeps it any more'),
      recipients: listOf(z.object(place), READERS_MAX),
      ...sealed(RELEASE_PLAIN_BYTES),
    }),
  ),
})
export type ReleaseBody = z.infer<typeof Release.body>

const releasedRow = z.object({
  row: uint(ROWS_MAX - 1).describe('its number in the layout'),
  of: uint(LISTED_MAX).describe('machines among which it was opened'),
  nodes: uint(LISTED_MAX).describe('machines that have any of it'),
  values: listOf(uint(), ROW_VALUES_MAX),
})

const rowBits = bytes(0, ROWS_MAX / 8).describe('a bit for each row, the lowest first in each byte')

const releasedSplit = z.object({
  told: rowBits.describe('rows that are told of each cell, and that somebody has'),
  cells: rowsOf(CELLS_OF_GROUP_MAX, {
    teams: partTeams,
    n: uint(LISTED_MAX).describe('machines of the cell'),
    threshold: uint(2 * LISTED_MAX),
    nodes: bytes(0, ROWS_MAX * PART_NODES_BYTES).describe(
      'machines that have each told row, 2 bytes each, big-endian',
    ),
    values: bytes(0, CELLS_MAX * PART_VALUE_BYTES).describe(
      'values of each told row that the cell has, 4 bytes each, big-endian',
    ),
  }),
})

const WITHHELD_TYPES = ['too_few', 'implausible'] as const

const releasedType = z.object({
  type: typeName,
  layout: bytes(32),
  n: uint(LISTED_MAX).describe('machines that the totals are about'),
  threshold: uint(2 * LISTED_MAX).describe('a row of fewer machines is not told'),
  rows: listOf(releasedRow, ROWS_MAX).describe(
    'rows that are told. A row that is missing is one that fewer machines have, or none, or from which such a row would follow; the release does not say which',
  ),
  declined: uint(LISTED_MAX).describe('machines that do not share this type with this audience'),
  waiting: uint(LISTED_MAX).describe('machines that share it and could not be put into a set yet'),
  outside: uint(LISTED_MAX).describe(
    'machines that share it and are in a set without it, too few shared the same',
  ),
  off: z
    .object({ nodes: uint(LISTED_MAX), values: uint(CELLS_MAX * LISTED_MAX) })
    .optional()
    .describe(
      'how far 95 of 100 numbers of machines, and values, are off at most because of noise; absent: they have none',
    ),
  reason: z.enum(WITHHELD_TYPES).optional().describe('why there are no rows, or not of all machines'),
  splits: listOf(releasedSplit, GROUPS_MAX).describe('groups whose rows are told apart by teams'),
})

/** The plaintext of a Release: a function of the two aggregators' tallies, so the same from both. */
export const releaseContent = z.object({
  scheme,
  mesh,
  ...bucket,
  audience,
  pair,
  bundle: uint().describe('number of the policy bundle'),
  set: bytes(32).describe('BLAKE3 of list and agreement'),
  expected: uint().describe('certified machines, as the leader knew them'),
  listed: uint(LISTED_MAX).describe('shares that the leader had, but those whose proof fails'),
  common: uint(LISTED_MAX).describe('of these, shares that the other had too'),
  unlisted: uint().describe('shares that only the other aggregator had'),
  refused: listing.shape.refused,
  teams: listing.shape.teams,
  undivided: uint(LISTED_MAX).describe(
    'machines whose teams the two aggregators know differently, so that they are not told apart',
  ),
  left_out: uint().describe('parts that there was no room for: their machines are among those in no part'),
  types: listOf(releasedType, SECTIONS_MAX),
})
export type ReleaseContent = z.infer<typeof releaseContent>
export type ReleasedType = ReleaseContent['types'][number]
export type ReleasedSplit = ReleasedType['splits'][number]

const signature = bytes(64)

/** What is sealed in a Release: the content, and what lets a reader show a part of it to others. */
export const releasePlain = releaseContent.extend({
  signatures: listOf(signature, SECTIONS_MAX + 1).describe(
    'of the author over a ReleaseStatement without a type, then over one for each type',
  ),
})
export type ReleasePlain = z.infer<typeof releasePlain>

/** What one aggregator of a pair signs of a release for one type: whoever shows it shows no other type. */
export const releaseStatement = releaseContent
  .extend({
    named: listOf(typeName, SECTIONS_MAX).describe('all types that the release speaks of'),
  })
  .refine(
    ({ types, named }) => types.length <= 1 && types.every(({ type }) => named.includes(type)),
    'not about one type',
  )
export type ReleaseStatement = z.infer<typeof releaseStatement>

/** Statements in one answer. */
export const STATEMENTS_MAX = 64

/** A statement as it goes to whoever may read it, with the word of one or both of the pair. */
export const shownStatement = z.object({
  statement: bytes(1, RELEASE_PLAIN_BYTES).describe('an encoded ReleaseStatement'),
  signatures: rowsOf(2, {
    by: z.literal([0, 1]).describe('its place in the pair'),
    signature: signature.describe('over "karo-released-v1" ‖ BLAKE3 of the statement'),
  }),
})
export type ShownStatement = z.infer<typeof shownStatement>
