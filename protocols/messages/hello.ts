// The lobby and the control stream: how two nodes meet, admit each other, stay in touch and part.
import * as z from 'zod'
import { defineMessage } from '../define.ts'
import { CERTIFICATE_FRAME_BYTES, CHAIN_MAX } from './certificate.ts'
import { bytes, label, listOf, publicName, uint } from './fields.ts'
import { ROTATION_FRAME_BYTES, ROTATIONS_SHOWN } from './rotation.ts'

/** The longest list of a root or an issuer, which names 1024 keys, has some 51 KiB; a stranger may send 64 KiB in all. */
export const ROOT_LIST_BYTES = 54 * 1024

/** The main source's NodeCapabilities. */
export const nodeCapabilities = z.object({
  protocol_version: uint(0xffff).describe('version of the frame'),
  karo_version: label(32),
  supports_level1: z.boolean(),
  supports_level2: z.boolean(),
  can_aggregate: z.boolean(),
})

/** Certificates from the one that the root signed to the one of the node itself, each as a whole frame. */
const certificateChain = () => listOf(bytes(1, CERTIFICATE_FRAME_BYTES), CHAIN_MAX)

const inviteProof = z.object({
  id: bytes(8).describe('which invite; derived from its secret'),
  proof: bytes(32).describe('HMAC under the secret of the invite over both keys and its terms'),
})

const granted = z.object({
  root: bytes(32).describe('public key of the root of the mesh'),
  chain: certificateChain().describe('the certificates of the joining node'),
  proof: bytes(32).describe('HMAC under the secret of the invite over both keys, root and chain'),
})
export type Granted = z.infer<typeof granted>

const revokedBy = z.object({
  list: bytes(1, ROOT_LIST_BYTES).describe('newest list of the issuer, a whole frame'),
  issuer: bytes(1, CERTIFICATE_FRAME_BYTES).describe('certificate of the issuer, a whole frame'),
})
export type RevokedBy = z.infer<typeof revokedBy>

/** First frame of both sides on a new connection. The sender's clock is the envelope's `ts`. */
export const Hello = defineMessage({
  type: 0x0001,
  name: 'Hello',
  purpose: 'Introduces a node to whoever it is connected to; the first frame of both sides.',
  limit: 8 * 1024,
  carried: 'hop',
  body: z.object({
    versions: listOf(
      z
        .string()
        .max(64)
        .regex(/^\/karo\/[a-z-]+\/[0-9]+$/),
      32,
    ).describe('ids of the streams it speaks, every version of each'),
    name: label(64).describe('the name this node gives itself; a claim, never an identity'),
    capabilities: nodeCapabilities,
    listen: listOf(label(128), 8).describe(
      'private addresses it listens on, as multiaddrs; a claim. A stranger is told only the one it found',
    ),
    leaf: z
      .boolean()
      .optional()
      .describe(
        'it can link with few other nodes and asks that this link be kept; said only to a node that it admits',
      ),
    chain: certificateChain().optional().describe('its certificates, if it has any'),
    rotations: listOf(bytes(1, ROTATION_FRAME_BYTES), ROTATIONS_SHOWN)
      .optional()
      .describe('the newest rotations that led to its key, the oldest of them first'),
    join: inviteProof
      .optional()
      .describe('proves an invite of the node that this goes to; no other node is told of it'),
  }),
})
export type HelloBody = z.infer<typeof Hello.body>

/**
 * `pending`: I have not admitted you; my owner has to approve.
 * `yes`: I admit you.
 * `ready`: both said yes and I serve you now, so you may use me.
 */
const HELLO_STAGES = ['pending', 'yes', 'ready'] as const
export type HelloStage = (typeof HELLO_STAGES)[number]

export const HelloAck = defineMessage({
  type: 0x0002,
  name: 'HelloAck',
  purpose: 'One step of the admission: whether this side admits, and that it serves.',
  // Beside a list, and the certificate of the issuer that signed it, nothing else of size is said.
  limit: ROOT_LIST_BYTES + CERTIFICATE_FRAME_BYTES + 1024,
  carried: 'hop',
  body: z.object({
    stage: z
      .enum(HELLO_STAGES)
      .describe('my owner has to approve · I admit you · both admit, and you may use me now'),
    retry_after_ms: uint(86_400_000).optional().describe('with `pending`: when it is worth asking again'),
    skew_ms: z
      .int()
      .describe("the acknowledging side's clock minus the other side's, milliseconds, as its Hello arrived"),
    granted: granted.optional().describe('with `yes`: the answer to a proven invite'),
    invite_refused: publicName(16)
      .optional()
      .describe(
        'why no invite was taken: `unknown`, `used`, `expired`, `cancelled`, `revoked`, `busy`, `no_issuer` or `error`',
      ),
    root_list: bytes(1, ROOT_LIST_BYTES)
      .optional()
      .describe(
        'with `pending`: the list by which the root of the mesh revoked the other side, or who signed its certificates, as a whole frame',
      ),
    revoked_by: revokedBy
      .optional()
      .describe('with `pending`: how an issuer revoked the key of the other side'),
    replaced: bytes(1, ROTATION_FRAME_BYTES)
      .optional()
      .describe(
        'with `pending`: the rotation by which the key of the other side was replaced, as a whole frame',
      ),
  }),
})

const pingId = () => uint(0xffff_ffff).describe('chosen by the asking side; the Pong repeats it')

export const Ping = defineMessage({
  type: 0x0010,
  name: 'Ping',
  purpose: 'Asks an admitted neighbour whether it is still there.',
  limit: 256,
  carried: 'hop',
  body: z.object({
    id: pingId(),
    leaf: z
      .boolean()
      .optional()
      .describe('`leaf` of the Hello is this from now on; absent where it has not changed'),
  }),
})

export const Pong = defineMessage({
  type: 0x0011,
  name: 'Pong',
  purpose: 'Answers a Ping.',
  limit: 256,
  carried: 'hop',
  body: z.object({ id: pingId() }),
})

/**
 * `stopping`: the node ends. `replaced`: another connection between the same two stays. `surplus`: the node has more
 * links than it needs, and would rather not have this one for some time.
 */
const GOODBYE_REASONS = ['stopping', 'replaced', 'surplus'] as const
export type GoodbyeReason = (typeof GOODBYE_REASONS)[number]

export const Goodbye = defineMessage({
  type: 0xffff,
  name: 'Goodbye',
  purpose: 'Says that the sender closes the connection on purpose, and why.',
  limit: 256,
  carried: 'hop',
  body: z.object({ reason: z.enum(GOODBYE_REASONS) }),
})
