// Schemas of the ledger: /audit.
import * as z from 'zod'
import { OUTCOMES } from '../../../exchange/totals/types.ts'
import { AUDIT_TYPES } from '../../../trust/audit/entry-types.ts'
import { GIVEN_MAX } from '../constants.ts'
import {
  count,
  digest,
  listOf,
  moment,
  named,
  nodeFields,
  nodeId,
  oneOf,
  ownNodeId,
  rowsOf,
  text,
  totalsReaders,
  traceId,
  who,
  whole,
} from './fields.ts'

const entry = named('AuditEntry', {
  seq: z.int().min(1).describe('number of the entry, without gaps'),
  timestamp: moment('when it happened'),
  type: z.enum(AUDIT_TYPES),
  success: z.boolean(),
  peer: nodeId().optional(),
  trace_id: traceId().optional(),
  details: z
    .record(z.string().max(64), z.union([z.string(), z.number(), z.boolean()]))
    .describe('flat facts, at most 2 KiB; never level 0'),
  hash: digest('hash of this entry and the one before'),
})
export type AuditEntryShape = z.infer<typeof entry>

export const auditLog = named('AuditLog', { entries: listOf(entry).describe('newest first') })

export const auditVerdict = named('AuditVerdict', {
  ok: z.boolean(),
  entries: count('entries in the ledger'),
  head: digest('hash of the newest readable entry, zeros for an empty ledger'),
  first_bad: z
    .int()
    .min(1)
    .nullable()
    .describe('the first entry that is altered, missing, or not what a signed head says; null when ok'),
  earlier_keys: rowsOf(
    100,
    {
      node_id: ownNodeId(),
      through: count('number of the last entry before it was replaced'),
    },
    'keys that signed before the present key, oldest first; an entry notes each change',
  ),
  outside: z
    .strictObject({
      seq: count('number of the newest entry it covers'),
      signed_at: moment('when it was signed'),
      members: rowsOf(
        8,
        nodeFields,
        'members that have the head; if empty, it is a copy that this node keeps beside its ledger',
      ),
      missing: count('entries that the head covers and the ledger does not have; more than 0 is not ok'),
    })
    .exactOptional()
    .describe('the newest head of this ledger that is kept outside of it; absent when none is known'),
})
export type AuditVerdict = z.infer<typeof auditVerdict>

const asker = named('Asker', {
  ...nodeFields,
  operator: z
    .strictObject(nodeFields)
    .nullable()
    .describe('the operator who asked through that node; null: the node asked'),
  query_type: text(32, 'type of the questions')
    .nullable()
    .describe('null for questions that were refused unread'),
  asked: count('questions that were read'),
  allowed: count('of these, answered as policy and consent allow'),
  refused: count('of these, refused or withheld'),
  busy: count('questions that were refused because there were too many'),
  rules: listOf(text(128, 'a rule that decided'), 8),
  first: moment('the first question'),
  last: moment('the last question'),
})

const ref = z.strictObject(nodeFields)

const givenTotals = named(
  'GivenTotals',
  {
    given: rowsOf(
      GIVEN_MAX,
      {
        start: moment('start of the closed period'),
        end: moment('end of it, exclusive'),
        at: moment('when the share left this machine'),
        types: listOf(text(48, 'a type of question'), 8, 'empty: it said that it shares nothing'),
        audiences: listOf(text(64, 'a role'), 8),
        aggregators: listOf(ref, 2, 'the two nodes that got half of each number each'),
        outcome: z
          .enum(OUTCOMES)
          .nullable()
          .describe(
            'what both aggregators say of it: counted; waiting: too few machines share the same; late: it was given later than machines are waited for; left_out: it was given in time and they have it not; unproved: its proof fails; disagree: they say different things. Null: one of them has not said',
          ),
        released: rowsOf(
          512,
          {
            audience: text(64, 'a role'),
            threshold: count('a row of fewer machines is withheld; null: not known').nullable(),
            types: rowsOf(8, { type: text(48, 'a type of question'), machines: count('in the total') }),
          },
          'what this machine released, as one of the two; others do not know how many were in it',
        ),
      },
      'the newest first',
    ),
    may_read: totalsReaders,
    fetched: rowsOf(
      GIVEN_MAX,
      {
        node: ref,
        operator: ref.nullable().describe('who asked through that node; null: the node asked'),
        audience: text(64, 'the role'),
        query_type: text(32, 'type of the question'),
        batches: count('releases that were shown'),
        at: moment('when'),
        start: moment('start of the asked time'),
        end: moment('end of it, exclusive'),
      },
      'from this machine; what was fetched from another one stands in the ledger of that one',
    ),
  },
  'Totals that this machine took part in, and who may read them.',
)
export type GivenTotalsShape = z.infer<typeof givenTotals>

export const askers = named('Askers', {
  since: moment('start of the counted time'),
  askers: listOf(asker, 10_000),
  totals: givenTotals,
})
export type AskersShape = z.infer<typeof askers>

export const ledgerExportLine = z
  .union([
    z.strictObject({
      karo_ledger: z.literal(1),
      node_id: ownNodeId(),
      exported_at: moment('when it was written'),
      base: z
        .strictObject({ seq: count('number of the entry before the first'), hash: digest('of that entry') })
        .describe('the entry before the first one, to which the first one chains'),
    }),
    entry,
    z.strictObject({ seq: z.int().min(1), damaged: z.literal(true) }),
    z.strictObject({
      head: z.strictObject({
        seq: z.int().min(1),
        frame: text(4096, 'the signature over that entry (AuditHead), base64url'),
      }),
    }),
  ])
  .meta({ id: 'LedgerLine' })

const AUDIT_LIMIT_MAX = 10_000

export const getAuditLogQuery = z.strictObject({
  limit: whole(1, AUDIT_LIMIT_MAX, 'how many entries').default(50),
  type: oneOf(AUDIT_TYPES, 'only entries of this type').exactOptional(),
  peer: who().exactOptional(),
  since: moment('only newer entries').exactOptional(),
})

export const whoAskedQuery = z.strictObject({
  since: moment('only newer questions; default: 30 days back').exactOptional(),
})

export const exportAuditQuery = z.strictObject({
  since: moment('only entries from this time on').exactOptional(),
  until: moment('only entries up to the first signature after this time').exactOptional(),
})
