// Schemas of /status, /health and /identity: what the node tells about itself.
import * as z from 'zod'
import { REJECT_CODES, type RejectCode } from '../../../../protocols/reject.ts'
import { count, fingerprint, flag, listOf, named, nodeName, oneOf, ownNodeId, text } from './fields.ts'

export const healthCheck = named('HealthCheck', {
  name: text(64, 'stable identifier, `room.what`'),
  ok: z.boolean(),
  detail: text(4096, 'one sentence for a person'),
})

const healthReport = {
  ready: flag('every check is ok; does not depend on peers'),
  checks: listOf(healthCheck, 256),
}

export const health = named('Health', {
  ready: healthReport.ready,
  checks: healthReport.checks.exactOptional(),
  pid: count('process id of the daemon').exactOptional(),
  build: text(64, 'version and commit of the program, `0.1.0+g1a2b3c4`').exactOptional(),
})

export const identity = named(
  'Identity',
  { node_id: ownNodeId(), fingerprint: fingerprint(), name: nodeName() },
  'This node.',
)

export const rotateQuery = z.strictObject({
  contest: flag('also where a key follows this one that is not here: both are frozen then').exactOptional(),
})

export const rotation = named(
  'Rotation',
  {
    node_id: ownNodeId(),
    fingerprint: fingerprint(),
    switch_in_ms: count('milliseconds until the node restarts under the new key'),
  },
  'The key that takes the place of the one of this node.',
)

export const spool = z.strictObject({
  pending_bytes: count(
    'bytes that shells wrote and that are no events yet; whole steps of 64 KiB but for administrators',
  ),
  dropped: count('commands that were lost before they reached the daemon'),
})

export const status = named('Status', {
  ...identity.shape,
  certified_as: nodeName().describe('in its certificate, by which others know it').nullable(),
  version: text(32, 'of Karo'),
  build: text(64, 'version and commit of the program that runs'),
  service: flag("true: the machine's node, for all its users; false: one person's own node"),
  you: z
    .strictObject({
      uid: count('the person whose commands and numbers the caller sees'),
      name: text(256, 'of the account').nullable(),
      admin: flag('may manage the node and its mesh'),
      asks: flag('may ask the mesh in the name of this node'),
    })
    .describe('the caller'),
  people_held: count('people whose data is held back; only administrators may see this').exactOptional(),
  not_forwarded: listOf(
    text(1_024, 'a target of forward.to, and why the ledger does not reach it'),
  ).exactOptional(),
  uptime_seconds: count('since the daemon started'),
  mesh: z.strictObject({
    alone: flag('used alone: it accepts no connections and looks for no other node'),
    listen: listOf(text(256, 'multiaddr'), 256, 'where the mesh listens'),
    peers_connected: count('neighbours linked now'),
    peers_trusted: count('linked neighbours that this node trusts'),
    peers_pending: count('nodes that wait for a decision of a person here'),
    members_known: count('other members seen in the last 7 days'),
    alarms: listOf(
      text(2048, 'for people'),
      16,
      'what speaks for a stolen or copied key: where it was seen, and what to do',
    ),
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
    events: count('stored commands of the caller'),
    bytes: count('bytes of the database on disk, to the next MiB'),
  }),
  spool,
  anomalies: z
    .strictObject({ unseen: count('signals that were neither shown to the caller nor muted') })
    .describe('unusual numbers of the caller'),
  documents: z
    .strictObject({
      own: count('documents written by this node'),
      received: count('documents of other nodes for this node'),
      relayed: count('documents of other nodes that this node keeps for others'),
      bytes: count('bytes of all documents'),
      conflicts: count('documents refused because their author signed two different ones with one version'),
    })
    .describe('signed documents kept here'),
  summaries: z.strictObject({
    recipients: count("nodes that this one's summaries are sealed to"),
    left_out: count('nodes that may read the summaries, but for which the document has no room'),
    refused: count('summaries of others since the start that could not be opened or had impossible numbers'),
  }),
  policy: z
    .strictObject({
      engine: z.enum(['built-in', 'cedar']),
      files: count('policy files in force'),
      problem: text(4096, 'why what the policy files say now is not in force').nullable(),
    })
    .describe('what decides, beside consent, who may have what'),
  agents: z
    .strictObject({
      state: oneOf(
        ['off', 'locked', 'ready'],
        'off: not configured; locked: no jail can be started, so nothing runs',
      ),
      detail: text(4096, 'one sentence for a person'),
    })
    .describe('whether commands may run in jails of this machine'),
  alerts: count(
    'alerts of the caller within a day: what gates refused, agents that cannot run, unusual numbers',
  ),
  health: z.strictObject(healthReport),
})

export type StatusShape = z.infer<typeof status>

export const getOpenApiAnswer = z.looseObject({ openapi: z.literal('3.1.0') })
