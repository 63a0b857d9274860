// Schemas of what the node says about itself: /status, /health, /identity.
import * as z from 'zod'
import { REJECT_CODES, type RejectCode } from '../../../../protocols/reject.ts'
import { count, fingerprint, listOf, nodeName, ownNodeId, text } from './fields.ts'

export const healthCheck = z
  .strictObject({
    name: text(64, 'stable identifier, `room.what`'),
    ok: z.boolean(),
    detail: text(4096, 'one sentence for a person'),
  })
  .meta({ id: 'HealthCheck' })

const healthReport = {
  ready: z.boolean().describe('every check is ok; does not depend on peers'),
  checks: listOf(healthCheck, 256),
}

export const health = z
  .strictObject({
    ready: healthReport.ready,
    checks: healthReport.checks.exactOptional(),
    pid: count('process id of the daemon').exactOptional(),
    build: text(64, 'version and commit of the program, `0.1.0+g1a2b3c4`').exactOptional(),
  })
  .meta({ id: 'Health' })

export const identity = z
  .strictObject({ node_id: ownNodeId(), fingerprint: fingerprint(), name: nodeName() })
  .meta({ id: 'Identity', description: 'This node.' })

export const status = z
  .strictObject({
    node_id: ownNodeId(),
    fingerprint: fingerprint(),
    name: nodeName(),
    version: text(32, 'of Karo'),
    service: z.boolean().describe("the machine's, for all its users; false: one person's own"),
    you: z
      .strictObject({
        uid: count('whose commands and numbers the caller sees'),
        admin: z.boolean().describe('may manage the node and its mesh'),
        asks: z.boolean().describe('may ask the mesh in the name of this node'),
      })
      .describe('who is asking'),
    uptime_seconds: count('since the daemon started'),
    mesh: z.strictObject({
      listen: listOf(text(256, 'multiaddr'), 256).describe('where the mesh listens'),
      peers_connected: count('neighbours linked now'),
      peers_trusted: count('of those, trusted by this node'),
      peers_pending: count('nodes that wait for a person here to decide'),
      members_known: count('other members seen in the last 7 days'),
      rejected: z
        .strictObject(
          Object.fromEntries(REJECT_CODES.map((code) => [code, count('frames')])) as Record<
            RejectCode,
            ReturnType<typeof count>
          >,
        )
        .describe('frames refused since the start, by reason'),
    }),
    http: z
      .strictObject({ listen: text(32, 'host:port').nullable() })
      .describe('where this API listens beside the control socket; null: nowhere'),
    store: z.strictObject({
      events: count('commands kept, of the caller'),
      bytes: count('bytes of the database on disk, to the next MiB'),
    }),
    spool: z.strictObject({
      pending_bytes: count(
        'bytes that shells wrote and that are no events yet; whole steps of 64 KiB but for administrators',
      ),
      dropped: count('commands that were lost before they reached the daemon'),
    }),
    anomalies: z
      .strictObject({ unseen: count('signals that the caller was not told of and did not mute') })
      .describe("what is unusual in the caller's own numbers"),
    documents: z
      .strictObject({
        own: count('written by this node'),
        received: count('of others, for this node'),
        relayed: count('of others, kept for others'),
        bytes: count('bytes of all of them'),
        conflicts: count('refused, because their author had signed another one under the same version'),
      })
      .describe('signed documents kept here'),
    summaries: z.strictObject({
      recipients: count("nodes that this one's summaries are sealed to"),
      left_out: count('nodes that may read them, but for whom one document has no room'),
      refused: count('summaries of others that did not open or said what cannot be, since the start'),
    }),
    policy: z
      .strictObject({
        engine: z.enum(['built-in', 'cedar']),
        files: count('policy files in force'),
        problem: text(4096, 'why what the policy files say now is not in force').nullable(),
      })
      .describe('what decides, beside consent, who may have what'),
    health: z.strictObject(healthReport),
  })
  .meta({ id: 'Status' })

export type StatusShape = z.infer<typeof status>

export const getOpenApiAnswer = z.looseObject({ openapi: z.literal('3.1.0') })
