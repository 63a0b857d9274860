// Questions to the mesh and their answers: signed documents by asker and owner, carried in hop frames.
import * as z from 'zod'
import { defineMessage } from '../define.ts'
import { FRAME_OVERHEAD } from '../frame.ts'
import { bytes, label, listOf, publicName, timestamp, typeName, uint } from './fields.ts'
import { answerData } from './numbers.ts'
import { operatorProof } from './operator.ts'
import { STATEMENTS_MAX, shownStatement } from './release.ts'

/** Types that an answer can carry numbers of. */
type AskedType = z.infer<typeof answerData>['query_type']
const askedTypes = answerData.options.flatMap(({ shape: { query_type: type } }) =>
  'options' in type ? type.options : [type.value],
) as [AskedType, ...AskedType[]]

/** Names of the types of questions that this release knows. */
export type QueryType = AskedType
export const QUERY_TYPES: readonly [QueryType, ...QueryType[]] = askedTypes

/** True when this release knows the type by name. The type of a question on the wire may be a newer release's. */
export const isQueryType = (name: string): name is QueryType =>
  (QUERY_TYPES as readonly string[]).includes(name)

/** Longest life of a question. After it the question is stale at every node, whatever its replay cache remembers. */
export const QUERY_LIFE_MS = 5 * 60_000
/** How often a question is handed on at most: it gets no further than 17 links from its author. */
export const QUERY_HOPS = 16

const queryId = () => bytes(16)

/** How many bytes name a tree: the first ones of BLAKE3 of author and query id of the question that made it. */
export const TREE_BYTES = 16
const tree = () =>
  bytes(TREE_BYTES)
    .optional()
    .describe(
      'the question goes only over links that the echo so named has left as a tree; absent: over every link, as an echo',
    )

/**
 * Any name, not only those of QUERY_TYPES: a node has to read a newer release's question in order to answer it
 * `not_supported` and to hand it on, so an unknown name is no fault of the neighbour that brought it.
 */
const queryTypeName = () =>
  typeName().describe(
    `${QUERY_TYPES.map((name) => `\`${name}\``).join(' · ')}; the owner answers \`not_supported\` to a name that its release does not know`,
  )

const filterValue = () => label(64)
/** The main source's QueryFilter; NotEquals and InList are additions. */
export const queryFilter = z.discriminatedUnion('operator', [
  z.object({
    field: publicName(32),
    operator: z.enum(['Equals', 'NotEquals', 'Contains', 'GreaterThan', 'LessThan']),
    value: filterValue(),
  }),
  z.object({ field: publicName(32), operator: z.literal('InList'), value: listOf(filterValue(), 16) }),
])
export type QueryFilter = z.infer<typeof queryFilter>

const timeRange = z
  .object({
    start: timestamp(),
    end: timestamp('exclusive'),
  })
  .refine((range) => range.start < range.end, 'a range ends after it starts')

/** The requester of the main source's MeshQuery is the frame's sender, its signature the frame's. */
export const MeshQuery = defineMessage({
  type: 0x0200,
  name: 'MeshQuery',
  purpose: 'The question itself, signed by its author; travels inside QueryHop.',
  limit: 4 * 1024,
  carried: 'document',
  body: z
    .object({
      query_id: queryId(),
      query_type: queryTypeName(),
      level: z
        .literal([1, 2])
        .optional()
        .describe(
          "absent: what each owner's trust gives the author, 2 for a supervisor and 1 for the others",
        ),
      time_range: timeRange,
      filters: listOf(queryFilter, 16),
      audience_key: bytes(32).describe(
        'X25519 public key to which every answer is sealed: fresh for this question, or the one in the delegation',
      ),
      operator: operatorProof.describe(
        'the operator who asks through the author; absent: the author asks for itself',
      ),
      created_at: timestamp(),
      expires_at: timestamp(),
    })
    .refine(
      (query) => query.expires_at > query.created_at && query.expires_at - query.created_at <= QUERY_LIFE_MS,
      'a query lives at most 5 minutes',
    ),
})
export type MeshQueryBody = z.infer<typeof MeshQuery.body>

/** Most bytes of a sealed answer. */
export const SEALED_BYTES = 63 * 1024

export const Response = defineMessage({
  type: 0x0201,
  name: 'Response',
  purpose: "One owner's answer, signed by the owner and sealed to the asker; also how a refusal is said.",
  limit: 64 * 1024,
  carried: 'document',
  body: z.object({
    query_id: queryId(),
    author: bytes(32).describe('Ed25519 key of the asker, so that (author, query id) finds the question'),
    sealed: bytes(1, SEALED_BYTES).describe(
      'a SealedAnswer that only the holder of the audience key can open',
    ),
  }),
})

/** Never handed on: it says nothing about its owner to anybody but the neighbour that the connection proves. */
export const DirectAnswer = defineMessage({
  type: 0x0204,
  name: 'DirectAnswer',
  purpose:
    "One owner's answer over its own link to the asker; a question that others brought is answered by Response.",
  limit: 64 * 1024,
  carried: 'hop',
  body: z.object({
    query_id: queryId(),
    author: bytes(32).describe('Ed25519 key of the asker, who is the receiver itself'),
    plain: bytes(1, SEALED_BYTES).describe(
      'a SealedAnswer as it is: the connection encrypts it, and nobody relays it',
    ),
  }),
})

export const QueryHop = defineMessage({
  type: 0x0203,
  name: 'QueryHop',
  purpose: 'Hands a question to a neighbour, with the time that is left.',
  limit: 8 * 1024,
  carried: 'hop',
  body: z.object({
    query_id: queryId(),
    remaining_ms: uint(60_000).describe("what is left of the asker's deadline when this hop sends"),
    hops: uint(QUERY_HOPS).describe(
      'how often it was handed on before, 0 from the asker; with 16 the receiver answers and hands it to nobody',
    ),
    document: bytes(FRAME_OVERHEAD, FRAME_OVERHEAD + MeshQuery.limit).describe(
      'the MeshQuery frame as its author signed it',
    ),
    tree: tree(),
  }),
})

/** Relays cannot read answers, so they do not count refusals; coverage counts what the asker opened, never a relay's word. */
export const QueryDone = defineMessage({
  type: 0x0202,
  name: 'QueryDone',
  purpose:
    'Ends a question on a link. Sent to the neighbour that handed the question on: no more answers will come. Sent to a neighbour that got the question: no more answers are wanted.',
  limit: 1024,
  carried: 'hop',
  body: z.object({
    query_id: queryId(),
    author: bytes(32).describe('Ed25519 key of the asker, so that (author, query id) finds the question'),
    answered: uint(0xffff_ffff).describe("answers handed to the receiver, the sender's own among them"),
    lost: uint(0xffff_ffff).describe(
      'neighbours that were handed the question and did not end, at the sender and behind it',
    ),
    tree: tree(),
    graft: z
      .boolean()
      .optional()
      .describe(
        'true: asks to be grafted into the tree, and ends no question. The sender has lost the neighbour above it in the tree of this echo, and the receiver hands it the next questions. A node that does not know this member finds no such question',
      ),
  }),
})

/** The outcomes of a query at one owner. */
export const ANSWER_STATUSES = [
  'success',
  'released',
  'access_denied',
  'not_supported',
  'withheld',
  'busy',
  'error',
  'no_data',
] as const
export type AnswerStatus = (typeof ANSWER_STATUSES)[number]

/** How many bytes of the digest of a delegation an answer repeats. */
export const DELEGATION_DIGEST_BYTES = 16

const answerHead = {
  responder: bytes(32).describe('key of the owner; the same as the sender of the Response around it'),
  query_id: queryId(),
  level: z.literal([1, 2]),
  as_of: timestamp('when the owner computed it'),
  delegation: bytes(DELEGATION_DIGEST_BYTES)
    .optional()
    .describe(
      'first bytes of BLAKE3 of the delegation that the owner judged; absent: it judged the author alone',
    ),
}

const covers = timeRange
  .optional()
  .describe(
    'the part of the asked range that the records of these people reach over; absent: none of it, or the type is not about a period',
  )

/** The plaintext inside a Response's `sealed`. A refusal says nothing but its status. */
export const sealedAnswer = z.discriminatedUnion('status', [
  z.object({
    ...answerHead,
    status: z.literal('success'),
    covers,
    data: answerData,
  }),
  z.object({ ...answerHead, status: z.literal('no_data'), covers }),
  z.object({
    ...answerHead,
    status: z.literal('released'),
    statements: listOf(shownStatement, STATEMENTS_MAX).describe(
      'of one type for one audience, the newest buckets first',
    ),
    more: z
      .boolean()
      .describe('there are further ones, of earlier buckets, for which this answer has no room'),
  }),
  z.object({
    ...answerHead,
    status: z.literal('withheld'),
    reason: label(300).describe('what is missing, and what to do about it; for people'),
  }),
  z.object({
    ...answerHead,
    status: z.enum(['access_denied', 'not_supported', 'busy', 'error']),
  }),
])
export type SealedAnswer = z.infer<typeof sealedAnswer>
