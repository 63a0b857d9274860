// Share: what one machine contributes to a bucket's totals, from it to the two aggregators, in two halves.
import * as z from 'zod'
import { SHARE_KEPT_MS } from '../buckets.ts'
import { defineMessage } from '../define.ts'
import {
  aboutBucket,
  audiences,
  bucket,
  CELLS_MAX,
  mesh,
  PROOF_BYTES,
  pair,
  place,
  ROWS_MAX,
  SECTIONS_MAX,
  SHARE_CELLS_MAX,
  SHARE_PLAIN_BYTES,
  scheme,
  sealed,
  typeName,
} from './aggregate.ts'
import { bytes, rowsOf, timestamp, uint } from './fields.ts'

export const Share = defineMessage({
  type: 0x0210,
  name: 'Share',
  purpose: "What one machine contributes to a bucket's totals, split in two halves that say nothing alone.",
  limit: 64 * 1024,
  carried: 'document',
  body: aboutBucket(
    SHARE_KEPT_MS,
    z.object({
      mesh,
      ...bucket,
      expires_at: timestamp('when nobody keeps it any more'),
      pair,
      boxes: rowsOf(3, { ...place, ...sealed(SHARE_PLAIN_BYTES) })
        .refine((boxes) => boxes.length === 3, 'three boxes')
        .describe('for the leader, for the other aggregator, and the header for the author itself'),
    }),
  ),
})
export type ShareBody = z.infer<typeof Share.body>

/** The same in both boxes of a share: what its author contributes, to whom, and what it does not. */
export const shareHeader = z
  .object({
    scheme,
    k_min: z.int().min(1).max(1_000).describe('its author is in no set of fewer machines'),
    sections: rowsOf(SECTIONS_MAX, {
      type: typeName,
      layout: bytes(32),
      rows: uint(ROWS_MAX).describe('indicators, which come first'),
      cells: uint(CELLS_MAX).describe('indicators and values'),
      audiences,
    }),
    proof: bytes(PROOF_BYTES).describe(
      'nonce 16 ‖ joint randomness parts of both halves; zeros without sections',
    ),
    declined: rowsOf(SECTIONS_MAX, { type: typeName, audiences }),
  })
  .refine(
    ({ sections }) => sections.reduce((sum, { cells }) => sum + cells, 0) <= SHARE_CELLS_MAX,
    'too many counters',
  )
  .refine(
    ({ sections }) => sections.every(({ rows, cells }) => rows > 0 && rows <= cells),
    'a section without indicators, or with more than counters',
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
    'leader: a seed of 32 bytes for the values, and one and a blind of 32 for the indicators; the other: 8 bytes for each value of each section, big-endian, and for each indicator, those of the proofs, and a blind of 32; empty without sections',
  ),
  pad: bytes(0, SHARE_PLAIN_BYTES).describe('zeros, so that the length does not tell what is shared'),
})
export type SharePlain = z.infer<typeof sharePlain>
