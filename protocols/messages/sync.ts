// Documents on their way: heads that announce them, and the exchange that moves them between two neighbours.
import * as z from 'zod'
import { defineMessage } from '../define.ts'
import { FRAME_OVERHEAD } from '../frame.ts'
import { bytes, HINT_BYTES, listOf, publicName, timestamp, uint } from './fields.ts'

/** Largest payload of a document that is kept and passed on. */
const DOCUMENT_BYTES = 64 * 1024
/** Recipients of one document. */
const HINTS_MAX = 256
const SLOT_CHARACTERS = 32

const documentName = {
  author: bytes(32).describe('Ed25519 key'),
  kind: publicName(24).describe('a kind of document; a node does not ask for one that it does not know'),
  slot: z
    .string()
    .max(SLOT_CHARACTERS)
    .regex(/^[a-z0-9:._-]*$/)
    .describe("which of its author's documents of that kind; empty where there is one only"),
  version: timestamp('edition of that document'),
}

const documentHead = z.object({
  ...documentName,
  digest: bytes(32).describe('BLAKE3 of the frame'),
  hints: bytes(0, HINTS_MAX * HINT_BYTES, HINT_BYTES).describe(
    'of a sealed document, 8 bytes for each recipient, by which that one and nobody else knows itself',
  ),
})
export type DocumentHeadBody = z.infer<typeof documentHead>

/** Heads in one notice. */
export const HEADS_TOLD_MAX = 32

export const Heads = defineMessage({
  type: 0x0401,
  name: 'Heads',
  purpose: 'Announces documents that the sender has and others may want.',
  limit: 8 * 1024,
  carried: 'document',
  body: z.object({
    heads: listOf(documentHead, HEADS_TOLD_MAX).describe(
      'documents that the sender keeps: its own, or what it has just received',
    ),
  }),
})

const exchange = () => uint(0xffff_ffff).describe('chosen by the asking side; the answer repeats it')
const index = () => bytes(8).describe('names the numbering, which is new after a database was lost')

/** Heads in one offer. */
export const OFFER_MAX = 256
/** Documents in one request. */
export const REQUEST_MAX = 64

export const SyncRequest = defineMessage({
  type: 0x0111,
  name: 'SyncRequest',
  purpose: 'Asks a neighbour for the next heads it has, or for documents.',
  limit: 16 * 1024,
  carried: 'hop',
  body: z.object({
    id: exchange(),
    index: index(),
    through: uint().describe('number of the last document this side got, so that the other may ask as well'),
    ask: z.discriminatedUnion('of', [
      z.object({
        of: z.literal('heads'),
        index: index().optional().describe("the other side's, as it was told before; absent the first time"),
        after: uint().describe('heads up to this number are known'),
      }),
      z.object({
        of: z.literal('documents'),
        documents: listOf(z.object(documentName), REQUEST_MAX).describe(
          'each in that edition or a newer one',
        ),
      }),
    ]),
  }),
})
export type SyncRequestBody = z.infer<typeof SyncRequest.body>

export const SyncOffer = defineMessage({
  type: 0x0110,
  name: 'SyncOffer',
  purpose: 'Answers with the next heads, in the order in which their documents came.',
  limit: 64 * 1024,
  carried: 'hop',
  body: z.object({
    id: exchange(),
    index: index(),
    after: uint().describe('as asked; 0 when the numbering is another one'),
    through: uint().describe('number of the last head looked at for this offer'),
    end: z.boolean().describe('there are no further ones'),
    heads: listOf(documentHead, OFFER_MAX).describe(
      'with the last ones, for a neighbour that was away, heads that it missed, of documents that are elsewhere',
    ),
  }),
})
export type SyncOfferBody = z.infer<typeof SyncOffer.body>

export const SyncBatch = defineMessage({
  type: 0x0112,
  name: 'SyncBatch',
  purpose: 'Answers with documents, the first ones of the request; the asking side asks again for the rest.',
  limit: 256 * 1024,
  carried: 'hop',
  body: z.object({
    id: exchange(),
    documents: listOf(bytes(FRAME_OVERHEAD, FRAME_OVERHEAD + DOCUMENT_BYTES), REQUEST_MAX).describe(
      'frames as their authors signed them; at least one, unless all are gone',
    ),
    gone: listOf(uint(REQUEST_MAX - 1), REQUEST_MAX).describe(
      'places in the request of those it does not have',
    ),
  }),
})
export type SyncBatchBody = z.infer<typeof SyncBatch.body>
