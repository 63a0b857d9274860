// Released totals: shares of what machines contribute, what two aggregators tell each other, and the totals they release.
// Longer than 300 lines: three messages, what is in their boxes, and the bounds that they have in common.
import * as z from 'zod'
import { BUCKET_LENGTHS, isBucket, RELEASE_KEPT_MS, SHARE_KEPT_MS, TALLY_KEPT_MS } from '../buckets.ts'
import { defineMessage } from '../define.ts'
import { bytes, HINT_BYTES, label, listOf, timestamp, uint } from './fields.ts'

/** Audiences of a mesh; types of numbers that one share may hold. */
export const AUDIENCES_MAX = 8
const SECTIONS_MAX = 8
/** The hash of an audience's name beside its totals: which of its eight it is. */
export const AUDIENCE_HASH_BYTES = 4
/** Contributors of one batch, and groups that they may form. */
export const BATCH_MAX = 1024
export const GROUPS_MAX = 8
/** Batches of one bucket. */
const BATCHES_MAX = 64
/** Nodes that one release is sealed to. */
export const READERS_MAX = 256
/** Counters of one layout, and rows of it. */
export const CELLS_MAX = 2_048
export const ROWS_MAX = 512
/** Counters of one share, and of all groups of a batch: so many sums fit in a tally beside the longest list. */
export const SHARE_CELLS_MAX = 4_000
/** Values of one row, besides its indicator. */
export const ROW_VALUES_MAX = 32
/** Parts of one group, by the teams of machines; teams that a part may be of, and bytes of their names. */
export const PARTS_MAX = 16
export const TEAMS_MAX = 8
export const TEAMS_BYTES_MAX = 256
/** Teams whose machines are counted in a list. */
export const TEAMS_LISTED_MAX = 64
/** Bytes of one cell of a part: a count of machines, and a value, which is below 2^32 however many machines there are. */
export const PART_NODES_BYTES = 2
export const PART_VALUE_BYTES = 4
/** How splitting, sums and suppression work. A verifiable scheme would have another number. */
export const SCHEME = 1

const WRAPPED_KEY_BYTES = 32 + 16
const TAG_BYTES = 16
/** Most bytes of a sealed plaintext: of a share, and of what aggregators and readers are told. */
export const SHARE_PLAIN_BYTES = 40 * 1024
export const TALLY_PLAIN_BYTES = 62 * 1024
export const RELEASE_PLAIN_BYTES = 36 * 1024
/** A listed share: the first 8 bytes of its author's key, and 16 that stand for its document and its header. */
export const LISTED_BYTES = 8 + 16

const NO_BUCKET = 'not a whole day, quarter of a day or hour of UTC'
const TOO_LONG = 'kept for longer than of use'

const bucket = {
  length: z.enum(BUCKET_LENGTHS).describe('of UTC; one length in a mesh'),
  start: timestamp('start of the bucket'),
  end: timestamp('end of the bucket, exclusive'),
}
const mesh = bytes(32).describe('BLAKE3 of the public key of the root')
const batch = uint(BATCHES_MAX - 1).describe('first 0; each holds contributors that none before it held')
const pair = listOf(bytes(32), 2)
  .refine(([a, b, more]) => a !== undefined && b !== undefined && more === undefined, 'two aggregators')
  .refine(([a, b]) => a === undefined || b === undefined || !isSame(a, b), 'one aggregator twice')
  .describe('keys of the two aggregators, the leader first')
const scheme = z.literal(SCHEME)
const typeName = publicNameOfType()
const audience = label(64)
const audiences = listOf(audience, AUDIENCES_MAX)

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, at) => byte === b[at])
}

/** A query type, `ToolUsage`; also one that this release does not know. */
function publicNameOfType() {
  return z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,47}$/, 'not the name of a type')
}

const sealed = (most: number) => ({
  epk: bytes(32).describe('X25519 public key, fresh for this box'),
  sealed: bytes(TAG_BYTES + 1, most + TAG_BYTES),
})
const place = {
  hint: bytes(HINT_BYTES).describe('only author and recipient can tell whom it means'),
  key: bytes(WRAPPED_KEY_BYTES).describe('the content key, wrapped for that recipient'),
}

// ── Share: from a contributor to the pair ──

const shareBody = z
  .object({
    mesh,
    ...bucket,
    expires_at: timestamp('when nobody keeps it any more'),
    pair,
    boxes: listOf(z.object({ ...place, ...sealed(SHARE_PLAIN_BYTES) }), 3)
      .refine((boxes) => boxes.length === 3, 'three boxes')
      .describe('for the leader, for the other aggregator, and the header for the author itself'),
  })
  .refine(isBucket, NO_BUCKET)
  .refine((body) => body.expires_at <= body.end + SHARE_KEPT_MS, TOO_LONG)
export type ShareBody = z.infer<typeof shareBody>

export const Share = defineMessage({
  type: 0x0210,
  name: 'Share',
  purpose: "What one machine contributes to a bucket's totals, split in two halves that say nothing alone.",
  limit: 64 * 1024,
  carried: 'document',
  body: shareBody,
})

/** The same in both boxes of a share: what its author contributes, to whom, and what it does not. */
export const shareHeader = z
  .object({
    scheme,
    k_min: z.int().min(1).max(1_000).describe('its author is in no set of fewer machines'),
    sections: listOf(
      z.object({ type: typeName, layout: bytes(32), cells: uint(CELLS_MAX), audiences }),
      SECTIONS_MAX,
    ),
    declined: listOf(z.object({ type: typeName, audiences }), SECTIONS_MAX),
  })
  .refine(
    ({ sections }) => sections.reduce((sum, { cells }) => sum + cells, 0) <= SHARE_CELLS_MAX,
    'too many counters',
  )
  // Two vectors of one type would be of different people, whose difference could be had by subtraction.
  .refine(
    ({ sections }) => new Set(sections.map(({ type }) => type)).size === sections.length,
    'a type twice',
  )
  .refine(
    ({ sections }) => sections.every(({ audiences: of }) => of.length > 0 && new Set(of).size === of.length),
    'a section without an audience, or with one twice',
  )
export type ShareHeader = z.infer<typeof shareHeader>

/** The plaintext of a share's box. */
export const sharePlain = z.object({
  header: bytes(1, 8 * 1024).describe('an encoded ShareHeader'),
  share: bytes(0, SHARE_PLAIN_BYTES).describe(
    'leader: a seed of 32 bytes; the other: 8 bytes for each counter of each section; empty without sections',
  ),
  pad: bytes(0, SHARE_PLAIN_BYTES).describe('zeros, so that the length does not tell what is shared'),
})
export type SharePlain = z.infer<typeof sharePlain>

// ── Tally: from one aggregator of the pair to the other ──

const tallyBody = z
  .object({
    mesh,
    ...bucket,
    batch,
    version: timestamp('edition of this batch; the highest holds'),
    expires_at: timestamp('when nobody keeps it any more'),
    recipients: listOf(z.object(place), 2),
    ...sealed(TALLY_PLAIN_BYTES),
  })
  .refine(isBucket, NO_BUCKET)
  .refine((body) => body.version >= body.end, 'its bucket was not over')
  .refine((body) => body.expires_at <= body.end + TALLY_KEPT_MS, TOO_LONG)
export type TallyBody = z.infer<typeof tallyBody>

export const Tally = defineMessage({
  type: 0x0212,
  name: 'Tally',
  purpose: 'What one aggregator tells the other about a batch, in editions that only grow.',
  limit: 64 * 1024,
  carried: 'document',
  body: tallyBody,
})

const sums = bytes(0, CELLS_MAX * 8).describe('sums mod 2^64, 8 bytes each, big-endian')
const sumsOfGroup = listOf(z.object({ type: typeName, sums }), SECTIONS_MAX)
const threshold = z
  .int()
  .min(1)
  .max(2 * BATCH_MAX)

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
] as const
export type TallyRefusal = (typeof TALLY_REFUSALS)[number]

export const REFUSED_SHARES = ['uncertified', 'revoked', 'other_pair', 'other_layout', 'unreadable'] as const

const listing = z.object({
  bundle: uint().describe('number of the policy bundle'),
  k: z.int().min(1).max(1_000),
  audiences: audiences.describe('that are totalled for, sorted'),
  expected: uint().describe('certified machines that are not revoked'),
  refused: listOf(z.object({ reason: z.enum(REFUSED_SHARES), count: uint() }), REFUSED_SHARES.length),
  teams: listOf(z.object({ team: label(64), machines: uint() }), TEAMS_LISTED_MAX).describe(
    'of the expected machines, how many are in each team by its certificate; the largest teams',
  ),
  shares: bytes(0, BATCH_MAX * LISTED_BYTES).describe(
    'author 8 ‖ check 16 of each, in the order of these bytes, none twice',
  ),
})

const keyOfGroup = z.object({ type: typeName, audiences })

const partTeams = listOf(label(64), TEAMS_MAX).describe('sorted; none: the machines that are in no part')
const partIndicators = bytes(0, SHARE_CELLS_MAX * PART_NODES_BYTES).describe(
  'sums of the indicators of all types mod 2^16, 2 bytes each, big-endian; of the last cell none, it is what is left of the group',
)
const partOpened = bytes(0, SHARE_CELLS_MAX * PART_VALUE_BYTES).describe(
  'sums mod 2^32, 4 bytes each, of the values of rows that are told apart and that the cell has',
)
const CELLS_OF_GROUP_MAX = PARTS_MAX + 1

const agreement = z.object({
  listing: bytes(32).describe('BLAKE3 of the listing that it answers'),
  unlisted: uint().describe('acceptable shares here which are not in the list'),
  common: bytes(0, BATCH_MAX / 8).describe('a bit for each listed share that is held here too'),
  groups: listOf(
    z.object({
      members: bytes(0, BATCH_MAX / 8).describe('a bit for each listed share'),
      keys: listOf(keyOfGroup, SECTIONS_MAX).describe('what is totalled for them, by type'),
      threshold,
      indicators: sumsOfGroup,
      cells: listOf(
        z.object({
          teams: partTeams,
          members: bytes(0, BATCH_MAX / 8).describe('a bit for each listed share'),
          threshold,
          indicators: partIndicators,
        }),
        CELLS_OF_GROUP_MAX,
      ).describe('machines by their teams: parts, and last those that are in none'),
      left_out: uint(BATCH_MAX).describe('parts that a tally has no room for'),
    }),
    GROUPS_MAX,
  ),
})

const settlement = z.object({
  agreement: bytes(32).describe('BLAKE3 of the agreement that it answers'),
  groups: listOf(
    z.object({
      threshold,
      indicators: sumsOfGroup,
      opened: sumsOfGroup,
      cells: listOf(
        z.object({ threshold, indicators: partIndicators, opened: partOpened }),
        CELLS_OF_GROUP_MAX,
      ).describe('none where the leader knows other teams of these machines'),
    }),
    GROUPS_MAX,
  ),
})

const opening = z.object({
  settlement: bytes(32).describe('BLAKE3 of the settlement that it answers'),
  groups: listOf(
    z.object({ opened: sumsOfGroup, cells: listOf(z.object({ opened: partOpened }), CELLS_OF_GROUP_MAX) }),
    GROUPS_MAX,
  ),
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
    .describe('why nothing more comes in this batch'),
})
export type TallyPlain = z.infer<typeof tallyPlain>
export type Listing = z.infer<typeof listing>
export type Agreement = z.infer<typeof agreement>
export type Settlement = z.infer<typeof settlement>

// ── Release: from each aggregator to an audience ──

const releaseBody = z
  .object({
    mesh,
    ...bucket,
    batch,
    audience: bytes(AUDIENCE_HASH_BYTES).describe('BLAKE3 of the name of the role'),
    version: timestamp('edition; a later one is sealed to more readers and says the same'),
    expires_at: timestamp('when nobody keeps it any more'),
    recipients: listOf(z.object(place), READERS_MAX),
    ...sealed(RELEASE_PLAIN_BYTES),
  })
  .refine(isBucket, NO_BUCKET)
  .refine((body) => body.version >= body.end, 'its bucket was not over')
  .refine((body) => body.expires_at <= body.end + RELEASE_KEPT_MS, TOO_LONG)
export type ReleaseBody = z.infer<typeof releaseBody>

export const Release = defineMessage({
  type: 0x0215,
  name: 'Release',
  purpose: "Totals of a bucket for one audience; it counts with the other aggregator's, which says the same.",
  limit: 64 * 1024,
  carried: 'document',
  body: releaseBody,
})

const releasedRow = z.object({
  row: uint(ROWS_MAX - 1).describe('its number in the layout'),
  of: uint(BATCH_MAX).describe('machines among which it was opened'),
  nodes: uint(BATCH_MAX).describe('machines that have any of it'),
  values: listOf(uint(), ROW_VALUES_MAX),
})

const rowBits = bytes(0, ROWS_MAX / 8).describe('a bit for each row, the lowest first in each byte')

const releasedSplit = z.object({
  told: rowBits.describe('rows that are told of each cell, and that somebody has'),
  hidden: rowBits.describe('rows that are not, and that somebody has; the others nobody has'),
  cells: listOf(
    z.object({
      teams: partTeams,
      n: uint(BATCH_MAX).describe('machines of the cell'),
      threshold: uint(2 * BATCH_MAX),
      nodes: bytes(0, ROWS_MAX * PART_NODES_BYTES).describe(
        'machines that have each told row, 2 bytes each, big-endian',
      ),
      values: bytes(0, CELLS_MAX * PART_VALUE_BYTES).describe(
        'values of each told row that the cell has, 4 bytes each, big-endian',
      ),
    }),
    CELLS_OF_GROUP_MAX,
  ),
})

const WITHHELD_TYPES = ['too_few', 'implausible'] as const

const releasedType = z.object({
  type: typeName,
  layout: bytes(32),
  n: uint(BATCH_MAX).describe('machines that the totals are about'),
  threshold: uint(2 * BATCH_MAX).describe('a row of fewer machines is withheld'),
  rows: listOf(releasedRow, ROWS_MAX).describe('rows that are not here, and not withheld, are zero'),
  withheld: listOf(uint(ROWS_MAX - 1), ROWS_MAX).describe(
    'rows that some group has, and that no group opened',
  ),
  declined: uint(BATCH_MAX).describe('machines that do not share this type with this audience'),
  waiting: uint(BATCH_MAX).describe('machines that share it and could not be put into a set yet'),
  outside: uint(BATCH_MAX).describe(
    'machines that share it and are in a set without it, too few shared the same',
  ),
  reason: z.enum(WITHHELD_TYPES).optional().describe('why there are no rows, or not of all machines'),
  splits: listOf(releasedSplit, GROUPS_MAX).describe('groups whose rows are told apart by teams'),
})

/** The plaintext of a Release: a function of the two aggregators' tallies, so the same from both. */
export const releaseContent = z.object({
  scheme,
  mesh,
  ...bucket,
  batch,
  audience,
  pair,
  bundle: uint().describe('number of the policy bundle'),
  set: bytes(32).describe('BLAKE3 of list and agreement'),
  expected: uint().describe('certified machines, as the leader knew them'),
  listed: uint(BATCH_MAX).describe('shares that the leader had'),
  common: uint(BATCH_MAX).describe('of these, shares that the other had too'),
  unlisted: uint().describe('shares that only the other aggregator had'),
  refused: listing.shape.refused,
  teams: listing.shape.teams,
  undivided: uint(BATCH_MAX).describe(
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
  signatures: listOf(signature, SECTIONS_MAX + 1)
    .optional()
    .describe(
      'of the author over a ReleaseStatement without a type, then over one for each type; absent: of a release before these',
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
  signatures: listOf(
    z.object({
      by: z.literal([0, 1]).describe('its place in the pair'),
      signature: signature.describe('over "karo-released-v1" ‖ BLAKE3 of the statement'),
    }),
    2,
  ),
})
export type ShownStatement = z.infer<typeof shownStatement>
