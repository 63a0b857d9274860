// Tally: what one aggregator of the pair tells the other about a bucket, in editions that only grow.
import * as z from 'zod'
import { TALLY_KEPT_MS } from '../buckets.ts'
import { defineMessage } from '../define.ts'
import {
  aboutBucket,
  attempt,
  audiences,
  bucket,
  CELLS_MAX,
  CELLS_OF_GROUP_MAX,
  GROUPS_MAX,
  LISTED_BYTES,
  LISTED_MAX,
  mesh,
  noise,
  PART_NODES_BYTES,
  PART_VALUE_BYTES,
  partTeams,
  place,
  SECTIONS_MAX,
  SHARE_CELLS_MAX,
  scheme,
  sealed,
  TALLY_PLAIN_BYTES,
  TEAMS_LISTED_MAX,
  typeName,
} from './aggregate.ts'
import { bytes, label, listOf, rowsOf, timestamp, uint } from './fields.ts'

export const Tally = defineMessage({
  type: 0x0212,
  name: 'Tally',
  purpose: 'What one aggregator tells the other about a bucket, in editions that only grow.',
  limit: 64 * 1024,
  carried: 'document',
  body: aboutBucket(
    TALLY_KEPT_MS,
    z.object({
      mesh,
      ...bucket,
      attempt,
      version: timestamp('edition of this attempt; the highest holds'),
      expires_at: timestamp('when nobody keeps it any more'),
      recipients: listOf(z.object(place), 2),
      ...sealed(TALLY_PLAIN_BYTES),
    }),
  ),
})
export type TallyBody = z.infer<typeof Tally.body>

const sums = bytes(0, CELLS_MAX * 8).describe('sums mod 2^64, 8 bytes each, big-endian')
const sumsOfGroup = rowsOf(SECTIONS_MAX, { type: typeName, sums })
const threshold = z
  .int()
  .min(1)
  .max(2 * LISTED_MAX)

const TALLY_REFUSALS = [
  'few_in_common',
  'list_changed',
  'agreement_changed',
  'settlement_changed',
  'no_list_order',
  'not_in_list',
  'twice',
  'too_small',
  'wrong_keys',
  'wrong_length',
  'out_of_turn',
  'other_bundle',
  'share_missing',
  'wrong_proof',
] as const
export type TallyRefusal = (typeof TALLY_REFUSALS)[number]

export const REFUSED_SHARES = [
  'uncertified',
  'revoked',
  'other_pair',
  'other_layout',
  'unreadable',
  'invalid_proof',
] as const

export const listing = z.object({
  bundle: uint().describe('number of the policy bundle'),
  k: z.int().min(1).max(1_000),
  noise: noise.optional(),
  audiences: audiences.describe('that are totalled for, sorted'),
  expected: uint().describe('certified machines that are not revoked'),
  refused: rowsOf(REFUSED_SHARES.length, { reason: z.enum(REFUSED_SHARES), count: uint() }),
  teams: rowsOf(TEAMS_LISTED_MAX, { team: label(64), machines: uint() }).describe(
    'of the expected machines, how many are in each team by its certificate; the largest teams',
  ),
  shares: bytes(0, LISTED_MAX * LISTED_BYTES).describe(
    'author 8 ‖ check 16 of each, in the order of these bytes, none twice',
  ),
})

const keyOfGroup = z.object({ type: typeName, audiences })

const partIndicators = bytes(0, SHARE_CELLS_MAX * PART_NODES_BYTES).describe(
  'sums of the indicators of all types mod 2^16, 2 bytes each, big-endian; of the last cell none, it is what is left of the group',
)
const partOpened = bytes(0, SHARE_CELLS_MAX * PART_VALUE_BYTES).describe(
  'sums mod 2^32, 4 bytes each, of the values of rows that are told apart and that the cell has',
)

const agreement = z.object({
  listing: bytes(32).describe('BLAKE3 of the listing that it answers'),
  unlisted: uint().describe('acceptable shares here which are not in the list'),
  common: bytes(0, LISTED_MAX / 8).describe('a bit for each listed share that is held here too, and proved'),
  unproved: bytes(0, LISTED_MAX / 8).describe('a bit for each that is held here too, and whose proof fails'),
  groups: rowsOf(GROUPS_MAX, {
    members: bytes(0, LISTED_MAX / 8).describe('a bit for each listed share'),
    keys: listOf(keyOfGroup, SECTIONS_MAX).describe('what is totalled for them, by type'),
    threshold,
    indicators: sumsOfGroup,
    cells: rowsOf(CELLS_OF_GROUP_MAX, {
      teams: partTeams,
      members: bytes(0, LISTED_MAX / 8).describe('a bit for each listed share'),
      threshold,
      indicators: partIndicators,
    }).describe('machines by their teams: parts, and last those that are in none'),
    left_out: uint(LISTED_MAX).describe('parts that a tally has no room for'),
  }),
})

const settlement = z.object({
  agreement: bytes(32).describe('BLAKE3 of the agreement that it answers'),
  groups: rowsOf(GROUPS_MAX, {
    threshold,
    indicators: sumsOfGroup,
    opened: sumsOfGroup,
    cells: rowsOf(CELLS_OF_GROUP_MAX, { threshold, indicators: partIndicators, opened: partOpened }).describe(
      'none where the leader knows other teams of these machines',
    ),
  }),
})

const opening = z.object({
  settlement: bytes(32).describe('BLAKE3 of the settlement that it answers'),
  groups: rowsOf(GROUPS_MAX, {
    opened: sumsOfGroup,
    cells: rowsOf(CELLS_OF_GROUP_MAX, { opened: partOpened }),
  }),
})

/** The plaintext of a Tally. The leader lists and settles, the other agrees and opens. */
export const tallyPlain = z.object({
  scheme,
  listing: listing.optional(),
  agreement: agreement.optional(),
  settlement: settlement.optional(),
  opening: opening.optional(),
  refusal: z
    .object({ reason: z.enum(TALLY_REFUSALS), detail: label(200).optional() })
    .optional()
    .describe('why nothing more comes in this attempt'),
})
export type TallyPlain = z.infer<typeof tallyPlain>
export type Listing = z.infer<typeof listing>
export type Agreement = z.infer<typeof agreement>
export type Settlement = z.infer<typeof settlement>
