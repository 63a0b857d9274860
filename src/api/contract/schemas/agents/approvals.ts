// Schemas of /approvals and /capabilities: what agents and AI tools want to do, who decided, and what agents were granted.
import * as z from 'zod'
import { ACTION_CLASSES } from '../../../../agents/classes.ts'
import { RISK_LEVELS } from '../../../../base/words/risk-levels.ts'
import { APPROVAL_INPUT_CHARS, APPROVAL_OUTCOMES, APPROVALS_LOG_MAX } from '../../constants.ts'
import {
  count,
  digest,
  fingerprint,
  flag,
  listOf,
  moment,
  named,
  nodeId,
  oneOf,
  pattern,
  rowsOf,
  someText,
  text,
  traceId,
  whole,
} from '../fields.ts'
import { at } from './at.ts'

const id = () => text(10, 'id of the request, 10 hex digits')
const agent = () => text(128, 'the agent as kClass:name; `kBridge:` and its name for an AI tool')
const actionClass = () => oneOf(ACTION_CLASSES, 'how dangerous the action is; green runs unasked')
const scope = () =>
  oneOf(['once', 'task'], 'task: the same action may run again for the same task until the approval ends')

const change = z.strictObject({
  path: text(32_768, 'the file'),
  diff: text(1_048_576, 'a unified diff of the texts; null if there is none').nullable(),
  note: text(512, 'what the diff does not say; null: it says all').nullable(),
})

export const approval = named(
  'Approval',
  {
    id: id(),
    state: z.enum(['pending', 'approved']),
    agent: agent(),
    action: text(128, 'the tool, or `exec` for a command'),
    class: actionClass(),
    kind: text(32, 'what the tool does by its name, such as ExecuteCommand'),
    risk: oneOf(RISK_LEVELS, 'what the risk rules say of the words'),
    risks: listOf(text(1_024, 'why'), 8),
    argv: listOf(text(131_072, 'one word'), 1_024, 'the exact words; no shell reads them'),
    cwd: text(4_096, 'the directory'),
    env: z.record(z.string(), z.string()).describe('variables that are set for it alone'),
    binds: rowsOf(64, { path: text(4_096, 'a path'), write: z.boolean() }, 'what a jail sees of the machine'),
    input: text(1_048_576, 'the arguments of the tool as JSON, or what the command reads on standard input'),
    diff: listOf(
      change,
      192,
      'what it would change in files, as far as the request says it; and what of `code` has changed since the same was approved',
    ),
    code: rowsOf(
      128,
      {
        path: text(131_072, 'the file or directory'),
        bytes: count('its size; null for a directory and what is not there').nullable(),
        content: text(128, 'BLAKE3 of its content, or words that change with it'),
      },
      'what a command runs as code and where, as it was when it was asked; the approval is bound to it',
    ),
    target: z.strictObject({ node_id: nodeId(), fingerprint: fingerprint() }).describe('the machine'),
    requested_by: text(256, 'who asks'),
    task: text(128, 'the task that it is a part of'),
    trace_id: traceId(),
    why: text(512, 'in the words of who asks, which nothing proves'),
    hash: digest('what the approval is bound to'),
    group: text(
      16,
      'the same for requests that differ in little: agent, tool, program and directory are the same',
    ),
    scope: scope(),
    created_at: moment('when it was asked'),
    expires_at: moment('when it is a denial, or the approval ends'),
  },
  'Something that waits for a person, or was approved and is not used up.',
)
export type ApprovalShape = z.infer<typeof approval>

const ended = named('EndedApproval', {
  id: id(),
  outcome: oneOf(
    APPROVAL_OUTCOMES,
    'used: it ran; unused: it was approved and nothing came of it; expired: nobody answered',
  ),
  agent: agent(),
  action: text(128, 'the tool, or `exec` for a command'),
  class: actionClass(),
  line: text(2_048, 'the words, as a line for a shell; cut if they are many'),
  cwd: text(4_096, 'the directory'),
  task: text(128, 'the task that it was a part of'),
  hash: digest('what the approval was bound to'),
  scope: scope(),
  uses: count('how often it ran'),
  asked_at: moment('when it was asked'),
  ended_at: moment('when it was over'),
  by: text(256, 'who decided: a person, `nobody`, or `policy` and the name of a pattern'),
  reason: text(512, 'why, in that person’s words'),
})
export type EndedApprovalShape = z.infer<typeof ended>

export const approvals = named('Approvals', { approvals: listOf(approval, 256) })
export type ApprovalsShape = z.infer<typeof approvals>

export const getApprovalsQuery = z.strictObject({ at: at() })
export const which = getApprovalsQuery.extend({
  id: z.string().min(4).max(10).describe('the id, or its beginning'),
})

export const decideBody = which.extend({
  approve: z.boolean(),
  hash: pattern(/^[0-9a-f]{8,64}$/, 'the hash that was shown, or the beginning of it'),
  scope: scope().default('once'),
  reason: z.string().max(500).default(''),
})
export const decided = named('ApprovalDecided', {
  id: id(),
  decision: z.enum(['approved', 'denied']),
  expires_at: moment('when an approval ends; null for a denial').nullable(),
})
export type DecidedShape = z.infer<typeof decided>

export const getLogQuery = z.strictObject({
  limit: whole(1, APPROVALS_LOG_MAX, 'how many').default(50),
  id: z.string().min(4).max(10).exactOptional().describe('only this request'),
})
export const approvalsLog = named('ApprovalsLog', {
  entries: listOf(ended, APPROVALS_LOG_MAX, 'newest first'),
})
export type ApprovalsLogShape = z.infer<typeof approvalsLog>

export const askBody = z.strictObject({
  tool: pattern(/^[a-z][a-z0-9-]{0,31}$/, 'the AI tool that asks'),
  shell: z.enum(['bash', 'zsh', 'fish', 'sh']).exactOptional(),
  command: someText(131_072, 'the text that the shell would get; needs `shell`').exactOptional(),
  call: z
    .strictObject({
      action: someText(128, 'what the tool calls it, such as edit or execute'),
      argv: z.array(z.string().max(131_072)).max(1_024).describe('the exact words, or those of the tool'),
      input: text(APPROVAL_INPUT_CHARS, 'all that it would do, as JSON'),
    })
    .exactOptional()
    .describe('in place of `shell` and `command`: another action of the tool'),
  cwd: z.string().regex(/^\//).max(4_096),
  why: text(500, 'shown, never believed'),
  approval: pattern(
    /^[0-9a-f]{10}$/,
    'the request that this waits for; the rest has to be the same as when it was asked',
  ).exactOptional(),
  answered: oneOf(
    ['approved', 'denied'],
    'with `call` and `approval`: the person has answered on the screen of the tool',
  ).exactOptional(),
})
export const asked = named('ApprovalAsked', {
  outcome: oneOf(['run', 'wait', 'deny'], 'wait: ask again with `approval`'),
  approval: id().nullable(),
  reason: text(1_024, 'why'),
  expires_at: moment('when waiting becomes a denial').nullable(),
})
export type AskedShape = z.infer<typeof asked>

export const capability = named('Capability', {
  id: text(32, 'id of the capability, 32 hex digits'),
  parent: text(32, 'the capability that it is a part of').nullable(),
  agent: agent(),
  names: listOf(text(1_024, 'such as fs.read:/srv/app'), 32),
  means: listOf(text(2_048, 'what the name of the same place lets the agent do'), 32),
  issued_at: moment('when it was granted'),
  expires_at: moment('when it ends'),
  once: flag('it is used up by one action'),
})
export type CapabilityShape = z.infer<typeof capability>
export const capabilities = named('Capabilities', { capabilities: listOf(capability, 1_024) })
export type CapabilitiesShape = z.infer<typeof capabilities>

export const grantBody = z.strictObject({
  agent: z.string().min(3).max(128),
  names: listOf(someText(1_024), 32),
  seconds: whole(1, 3_600, 'less than the risk of the names allows').exactOptional(),
  from: z.string().min(4).max(32).exactOptional().describe('the capability that this one is to be a part of'),
})
export const revokeBody = z.strictObject({
  id: z.string().min(4).max(32).describe('the id, or its beginning'),
})
export const revokedCapabilities = named('RevokedCapabilities', {
  revoked: listOf(text(32, 'an id'), 1_024, 'it, and what was derived from it'),
})
