// Schemas of the event stream: one for each type of event, and the event around it.
import * as z from 'zod'
import { ALERTS } from '../../../agents/builtins/words.ts'
import { ACTION_CLASSES } from '../../../agents/classes.ts'
import { AGENT_STATES } from '../../../agents/runtime/agent-states.ts'
import { TASK_STATES } from '../../../agents/tasks/types.ts'
import { KINDS } from '../../../base/words/signal.ts'
import { THRESHOLDS } from '../../../exchange/report/index.ts'
import { APPROVAL_OUTCOMES, EVENT_TYPES, type EventType } from '../constants.ts'
import { reloaded } from './care.ts'
import {
  category,
  count,
  flag,
  listOf,
  moment,
  nodeRef,
  oneOf,
  riskLevel,
  someText,
  text,
  traceId,
  trustLevel,
  whole,
} from './fields.ts'

const peer = nodeRef
const word = (what: string) => text(64, what)

const approval = {
  approval_id: text(10, 'as in /approvals'),
  agent: text(128, 'the agent, or `kBridge:` and the AI tool'),
  class: oneOf(ACTION_CLASSES, 'how dangerous the action is'),
}

const DATA = {
  peer_connected: z.strictObject({ peer }),
  peer_gone: z.strictObject({ peer, reason: word('goodbye, or why the link broke') }),
  peer_pending: z.strictObject({ peer }),
  member_seen: z.strictObject({
    peer,
    known_by: oneOf(
      ['link', 'gossip'],
      'link: the member is connected here; gossip: another member told of it',
    ),
  }),
  member_left: z.strictObject({
    peer,
    why: oneOf(['goodbye', 'lost'], 'lost: its connection broke, here or at another member'),
  }),
  trust_changed: z.strictObject({
    peer,
    action: word('trust, deny, revoke, or reload of the configuration'),
    level_before: trustLevel(),
    level_after: trustLevel(),
  }),
  query_asked: z.strictObject({
    query_type: word('type of the question'),
    status: word('status of the result'),
    known: count('known members'),
    answered: count('members that answered'),
    trace_id: traceId().optional(),
  }),
  query_answered: z.strictObject({
    peer: peer.describe('the node that asked'),
    query_type: word('type of the question'),
    status: word('status of the answer'),
    trace_id: traceId().optional(),
  }),
  summary_published: z.strictObject({
    documents: count('editions'),
    periods: text(1024, 'which'),
    recipients: count('nodes that the summary is sealed to'),
  }),
  consent_changed: z.strictObject({
    change: word('allow, stop, off or on'),
    who: text(256, 'node id, `team:x`, `role:x` or `*`').exactOptional(),
    categories: text(256, 'those only, with spaces between them').exactOptional(),
  }),
  health_changed: z.strictObject({
    ready: z.boolean(),
    failing: listOf(text(64, 'name of a check'), 256),
  }),
  config_reloaded: reloaded,
  command_recorded: z.strictObject({
    command_id: text(32, 'as in /history'),
    began_at: moment('when the command began'),
    category: category(),
    risk_level: riskLevel(),
  }),
  anomaly_found: z.strictObject({
    signal_id: text(16, 'as in /anomalies'),
    kind: z.enum(KINDS),
    subject: text(32, 'a tool, category, shell or weekday; null: all of it').nullable(),
    severity: whole(1, 10),
  }),
  report_threshold: z.strictObject({
    threshold: oneOf(THRESHOLDS, 'as in [reports.thresholds] of the configuration'),
    state: z.enum(['crossed', 'ended']),
  }),
  approval_wanted: z.strictObject(approval),
  approval_decided: z.strictObject({
    ...approval,
    outcome: oneOf(['approved', ...APPROVAL_OUTCOMES], '`approved`: it may run now; else what became of it'),
  }),
  agent_state: z.strictObject({
    agent: text(64, 'id of the agent'),
    state: z.enum(AGENT_STATES),
  }),
  task_progress: z.strictObject({
    task: text(64, 'id of the task'),
    agent: text(64, 'id of the agent'),
    state: oneOf(TASK_STATES, 'as in A2A 1.0'),
    seq: count('number of the event, as in /tasks/events'),
    final: flag('true: the task is over'),
    trace_id: traceId(),
  }),
  alert_raised: z.strictObject({
    what: oneOf(
      ALERTS,
      'refused: a gate denied it, or ended it; left_out: the totals of a time are without what this machine gave to them',
    ),
    agent: text(128, 'which it is about').nullable(),
    reason: text(256, 'for people'),
  }),
  lost: z.strictObject({
    count: count(
      'events that are not kept any more; null if their number is unknown, as after a restart',
    ).nullable(),
  }),
} as const satisfies Record<EventType, z.ZodType>

export type FeedData = { readonly [T in EventType]: z.infer<(typeof DATA)[T]> }

const around = {
  id: text(
    64,
    'place of the event among those this person can see; `Last-Event-ID` or `since` continue after it',
  ),
  timestamp: moment('when it happened'),
}

const of = <T extends EventType>(type: T) =>
  z.strictObject({ ...around, type: z.literal(type), data: DATA[type] })
export type FeedEvent = { [T in EventType]: z.infer<ReturnType<typeof of<T>>> }[EventType]

const [first, ...others] = EVENT_TYPES
/** The cast says which data belongs to which type, which the compiler loses in the list. */
export const feedEvent = z.discriminatedUnion('type', [of(first), ...others.map(of)]).meta({
  id: 'FeedEvent',
  description: 'Something that happened on this node. Never the text of a command.',
}) as unknown as z.ZodType<FeedEvent>

export const getEventsQuery = z.strictObject({
  since: someText(64, 'the id of an event, or 0 for all that are kept').exactOptional(),
  types: listOf(
    z.enum(EVENT_TYPES),
    EVENT_TYPES.length,
    'may be repeated; only events of these types, and `lost` in any case',
  ).optional(),
})
