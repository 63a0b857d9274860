// Agents and artifacts of another machine: who accepts a stream greets, who opened it asks one thing, and the answer streams back in pieces.
import * as z from 'zod'
import { defineMessage } from '../define.ts'
import { FRAME_OVERHEAD } from '../frame.ts'
import { bytes, hex, label, listOf, publicName, timestamp, uint } from './fields.ts'
import { operatorProof } from './operator.ts'

/** What an operator's delegation has to name, among the types of questions, so that a node may do this in that person's name. */
export const AGENT_CONTROL = 'AgentControl' as const

const challenge = () => bytes(16)

export const AgentHello = defineMessage({
  type: 0x0500,
  name: 'AgentHello',
  purpose: 'Greets who opened the stream; the first frame of the side that accepted it.',
  limit: 2 * 1024,
  carried: 'hop',
  body: z.object({
    challenge: challenge().describe(
      'new for each stream; the request repeats it, so that no request of another stream fits',
    ),
    operations: listOf(publicName(24), 32).describe('what may be asked here'),
  }),
})

/** Characters of an id of a task that is given to another machine. */
export const REMOTE_ID_MAX = 40
/** Characters of the arguments of a tool. */
const INPUT_MAX = 64 * 1024

const agent = () => label(64).describe('name or id of an agent of that node')
const task = () =>
  z
    .string()
    .max(REMOTE_ID_MAX)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/)
    .describe(
      'chosen by who gives the task; the same id of the same person is the same task, which never runs twice',
    )
const request = () => hex(4, 10).describe('id of a request that waits for approval, or its beginning')
const words = () => z.string().max(500)

/** Pieces of one artifact, each of 64 KiB but the last one. */
const ARTIFACT_PIECES_MAX = 1_024
/** Bytes of the frame of a share link. */
export const SHARE_LINK_BYTES_MAX = 512

const link = () =>
  bytes(1, SHARE_LINK_BYTES_MAX)
    .optional()
    .describe('the frame ShareLink that lets its holder read it; absent: who asks is known to the owner')

/** One thing that can be asked. */
const of = <const O extends string, Fields extends z.core.$ZodLooseShape>(operation: O, fields: Fields) =>
  z.object({ operation: z.literal(operation), ...fields })

const ask = z.discriminatedUnion('operation', [
  of('list', {}),
  of('describe', { agent: agent() }),
  of('start', { agent: agent() }),
  of('stop', { agent: agent() }),
  of('logs', { agent: agent() }),
  of('task', {
    agent: agent(),
    tool: label(128),
    input: z.string().max(INPUT_MAX).describe('arguments of the tool: a JSON object, as text'),
    id: task(),
    why: words().describe('shown to whoever is asked for approval, never believed'),
  }),
  of('tasks', { limit: uint(10_000) }),
  of('status', { id: task() }),
  of('cancel', { id: task() }),
  of('follow', {
    id: task(),
    after: uint().describe('number of the last event that was seen: what comes after it is told'),
  }),
  of('approvals', {}),
  of('approval', { id: request() }),
  of('decide', {
    id: request(),
    approve: z.boolean(),
    hash: hex(8, 64).describe('the hash that was shown, or the beginning of it'),
    scope: z.enum(['once', 'task']),
    reason: words(),
  }),
  of('artifact', {
    artifact: hex(6, 64).describe('BLAKE3 of its content, or the beginning of it'),
    link: link(),
  }),
  of('pieces', {
    artifact: hex(64),
    wanted: bytes(1, ARTIFACT_PIECES_MAX / 8).describe(
      'one bit for each piece from the lowest bit of the first byte on: 1 for a piece that is wanted',
    ),
    link: link(),
  }),
])
/** What is asked on `/karo/artifact/1`, and nowhere else. */
export const ARTIFACT_OPERATIONS = ['artifact', 'pieces'] as const
export type AgentAsk = z.infer<typeof ask>
export type AgentOperation = AgentAsk['operation']
/** What is asked on `/karo/agent/1`. */
export const AGENT_OPERATIONS: readonly AgentOperation[] = ask.options
  .map(({ shape }) => shape.operation.value)
  .filter((one) => !ARTIFACT_OPERATIONS.some((other) => other === one))

export const AgentRequest = defineMessage({
  type: 0x0501,
  name: 'AgentRequest',
  purpose:
    'Asks one thing about agents, tasks or artifacts of a node; the only frame of the side that opened the stream.',
  // The arguments, of which each character may take four bytes, beside a delegation and its certificates.
  limit: 4 * INPUT_MAX + 16 * 1024,
  carried: 'hop',
  body: z.object({
    to: bytes(32).describe('Ed25519 key of the node that is asked; any other refuses it'),
    challenge: challenge().describe('as its AgentHello said'),
    ask,
    operator: operatorProof.describe(
      'the operator who asks through the sender; absent: the node asks for itself',
    ),
  }),
})
export type AgentRequestBody = z.infer<typeof AgentRequest.body>

/** Bytes of an answer in one frame. */
export const AGENT_PART_BYTES = 48 * 1024

export const AgentPart = defineMessage({
  type: 0x0502,
  name: 'AgentPart',
  purpose:
    'The next piece of the answer: one document, with `follow` one for each event of the task, with `pieces` one for each piece.',
  limit: AGENT_PART_BYTES + 1024,
  carried: 'hop',
  body: z.object({
    data: bytes(0, AGENT_PART_BYTES).describe(
      'of a JSON document in UTF-8, as the API of a node answers it; with `pieces`: of the bytes of a piece',
    ),
    ends: z.boolean().describe('a document ends with it'),
  }),
})

export const AgentEnd = defineMessage({
  type: 0x0503,
  name: 'AgentEnd',
  purpose:
    'Nothing comes after it; a stream that ends without it was cut, and what is missing can be asked for again.',
  limit: 4 * 1024,
  carried: 'hop',
  body: z.object({
    error: z
      .object({
        code: publicName(24).describe('of an error, as in the API'),
        message: words(),
        hint: words().optional(),
      })
      .optional()
      .describe('absent: the answer is complete'),
  }),
})
export type AgentEndBody = z.infer<typeof AgentEnd.body>

/** The sender of the frame is the node that has the artifact. */
export const ShareLink = defineMessage({
  type: 0x0510,
  name: 'ShareLink',
  purpose:
    'Lets its holder read an artifact of the sender until it ends or is taken back; people hand it on.',
  limit: SHARE_LINK_BYTES_MAX - FRAME_OVERHEAD,
  carried: 'document',
  body: z.object({
    artifact: bytes(32).describe('BLAKE3 of the content that may be read by it'),
    secret: bytes(16).describe('random; its node knows the link by it, and nobody else can make another one'),
    not_after: timestamp('until when it holds'),
    audience: bytes(32)
      .optional()
      .describe('Ed25519 key of the node or operator who may use it; absent: every member who has the link'),
  }),
})
export type ShareLinkBody = z.infer<typeof ShareLink.body>

/** Artifacts that one node tells of. */
export const HOLDING_MAX = 256

export const Holding = defineMessage({
  type: 0x0511,
  name: 'Holding',
  purpose: 'Says which artifacts a node has, of those whose owners shared them and want members to know.',
  limit: 16 * 1024,
  carried: 'document',
  body: z.object({
    version: timestamp('when it was signed; the newest one counts'),
    expires_at: timestamp('when nothing of it counts any more'),
    artifacts: listOf(bytes(32), HOLDING_MAX).describe('BLAKE3 of each; no name, no size and no owner'),
  }),
})
export type HoldingBody = z.infer<typeof Holding.body>
