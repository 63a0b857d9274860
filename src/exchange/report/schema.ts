// The schema of a report: each number with its machines, periods and change.
import * as z from 'zod'
import { GUARD_STATES } from '../../../protocols/messages/numbers.ts'
import {
  count,
  fingerprint,
  labels,
  listOf,
  moment,
  nodeName,
  oneOf,
  rowsOf,
  share,
  text,
  timeRange,
} from '../../base/shape/fields.ts'
import { RISK_LEVELS } from '../../base/words/risk-levels.ts'
import { contributions } from '../totals/schema.ts'
import { ACTS, CATEGORIES } from './words.ts'

const ROWS_MAX = 4096

const span = z
  .strictObject({ least: count('of the period with the fewest'), most: count('of the one with the most') })
  .meta({ id: 'MachineSpan', description: 'Machines behind each of several periods.' })

/** Two times of which the same periods were released: number by number, `now` is compared with `before`. */
const change = z
  .strictObject({
    before: count('in the periods before'),
    now: count('in the periods that are compared with them'),
    share: z.number().nullable().describe('(now - before) / before; null where there was nothing before'),
    periods: count('pairs of periods that show the row whole on both sides'),
    of: count('pairs of periods that were released'),
    machines: z.strictObject({ before: span, now: span }),
  })
  .meta({ id: 'ReportChange' })

/** A number that a row shows. */
const figure = {
  value: count('the sum; null: no period tells it').nullable(),
  machines: count('machines that have any of it, in the period with the most').nullable(),
  at_least: z.boolean().describe('some periods do not tell it, or not of all machines, so there may be more'),
  change: change.nullable().describe('null: no period of both times shows it whole'),
}

const note = text(1024, 'for people')
/** The facts that every section has. */
const ground = {
  state: oneOf(
    ['shown', 'nothing', 'withheld'],
    'withheld: policy gives the asker none, or the mesh makes none; nothing: no period was released',
  ),
  notes: listOf(note, 64).describe('why there is nothing, or what is missing'),
  periods: count('periods that were released'),
  of: count('closed periods of the time'),
  machines: span.nullable().describe('in the totals of one period; null without any'),
}

const tool = {
  tool: text(64, 'name in the public dictionary of tools, else `other`'),
  category: text(24, 'its category in the public dictionary'),
}
const moves = (what: string) =>
  rowsOf(ROWS_MAX, {
    ...tool,
    uses: count('in the time that has it'),
    machines: count('machines that have it, in the period with the most'),
    periods: count('periods that show it'),
    of: count('periods that are compared'),
  }).describe(what)

const tools = z
  .strictObject({
    ...ground,
    rows: rowsOf(ROWS_MAX, {
      ...tool,
      ...figure,
      failed: share(
        'failed uses of all, at least; null: not told, because no machine had failures, or too few, or such a number could be computed from it',
      ).nullable(),
      failed_machines: count(
        'machines that had failures, in the period with the most; null: not told',
      ).nullable(),
    }).describe('most used first'),
    new: moves('told now, and in no period before: there no machine used it, or too few'),
    vanished: moves('told before, and in no period now: no machine uses it, or too few do'),
    all: z
      .strictObject({
        uses: count('of all tools, those that are not told too'),
        failed: count('uses that failed'),
        unknown: count('uses whose exit code is not known; null: not told').nullable(),
        periods: count('periods that show both whole'),
      })
      .nullable()
      .describe('all tools together; null: no period shows it'),
  })
  .meta({ id: 'ReportTools' })

const risk = z
  .strictObject({
    ...ground,
    commands: count(
      'commands of all levels, those that are not told too; null: no period tells it',
    ).nullable(),
    levels: rowsOf(16, { level: z.enum(RISK_LEVELS), ...figure }),
    rules: rowsOf(ROWS_MAX, {
      level: z.enum(RISK_LEVELS),
      rule: text(
        64,
        'id of the rule; `other`: one without a row, recorded before its machine kept rules, or of a machine that does not share its tools',
      ),
      why: text(512, 'what may happen, as karo check --rules says it; null for `other`').nullable(),
      ...figure,
    }).describe('high and critical commands by the rule that gave them their level; the worst first'),
    by_rule: z
      .strictObject({
        periods: count('released periods that show rules; of others nothing is known by rule'),
        since: moment('start of the first one, earlier periods included; null: none does').nullable(),
      })
      .describe('since when rules are counted'),
    acts: rowsOf(16, { act: z.enum(ACTS), ...figure }),
    risky: z.strictObject({
      share: share('high and critical of all commands, at least; null: not known').nullable(),
      before: share('the same, at least, of the periods that it is compared with').nullable(),
      periods: count('periods that tell high or critical ones'),
    }),
    trend: rowsOf(10_000, {
      ...timeRange.shape,
      commands: count('all commands; null: not released').nullable(),
      risky: count('high and critical, as far as they are told; null: not told').nullable(),
      machines: count('machines in the totals').nullable(),
    }),
    guard: rowsOf(16, {
      state: z.enum(GUARD_STATES),
      machines: count('null: none, or too few').nullable(),
    }).describe('machines by what the guard does there, in the newest released period'),
  })
  .meta({ id: 'ReportRisk' })

const anomalies = z
  .strictObject({
    ...ground,
    rows: rowsOf(ROWS_MAX, {
      type: text(64, 'as in /anomalies'),
      severity: z.int().min(1).max(10).describe('least of the band'),
      severity_most: z.int().min(1).max(10),
      ...figure,
    }).describe('gravest first'),
    trend: rowsOf(10_000, {
      ...timeRange.shape,
      count: count('signals of the rows that are shown; null: not released').nullable(),
      machines: count('machines in the totals').nullable(),
    }),
    learning: count('machines with too few days to compare with; null: none, or too few').nullable(),
    named: z
      .strictObject({
        nodes: count('machines that tell theirs by name'),
        rows: rowsOf(1_000, {
          name: nodeName(),
          fingerprint: fingerprint(),
          teams: labels('teams of its certificate, one of which may be a subnet'),
          type: text(64, 'as in /anomalies'),
          subjects: listOf(text(32, 'a tool or category'), 8).describe('what it is about; empty: not told'),
          severity: z.int().min(1).max(10),
          count: count('signals that began'),
          hour: moment('beginning of the hour of UTC in which they began'),
        }).describe('gravest first'),
      })
      .optional()
      .describe('of machines whose people chose to be named to this role, apart from totals'),
  })
  .meta({ id: 'ReportAnomalies' })

/** A number that is counted by names. */
const counted = {
  ...ground,
  query_type: text(32, 'the type of question'),
  title: text(128, 'what it tells'),
  names: text(64, 'what the names are'),
  counts: text(64, 'what is counted'),
  rows: rowsOf(ROWS_MAX, {
    name: text(32, 'a public name; `other` stands for all others'),
    ...figure,
  }).describe('the most first'),
}

const coverage = z
  .strictObject({
    rows: rowsOf(16, {
      category: z.enum(CATEGORIES),
      ...timeRange.shape,
      ...contributions.shape,
      expected: count('all of them together'),
      heard: count('all but the absent ones'),
      consent: share('of those that were heard, the part that agreed; null: none was').nullable(),
    }).describe('of the newest released period'),
    trend: rowsOf(10_000, {
      ...timeRange.shape,
      why: text(256, 'why nothing was released').nullable(),
      counts: contributions.nullable(),
    }),
  })
  .meta({ id: 'ReportCoverage' })

const machines = z
  .strictObject({
    enrolled: count('machines with a certificate that holds or ended in the last 30 days'),
    seen: count('of those, there when it was made'),
    missing: rowsOf(200, {
      name: nodeName(),
      fingerprint: fingerprint(),
      last_seen: moment('null: never, by this node').nullable(),
    }).describe('longest unseen first'),
    missing_total: count('all of them'),
    never_enrolled: count('machines that are seen in the mesh and have no certificate'),
  })
  .meta({ id: 'ReportMachines', description: 'What the node itself knows of machines, apart from totals.' })

export const report = z
  .strictObject({
    version: z.literal(1),
    made_at: moment('when it was made'),
    node: z.strictObject({ name: nodeName(), fingerprint: fingerprint() }),
    asked_as: text(256, 'the operator who asked; null: the node').nullable(),
    team: text(64, 'null: all machines').nullable(),
    audience: text(64, 'the role that the totals were computed for; null: none were found').nullable(),
    state: z.enum(['shown', 'nothing']).describe('nothing: no number of the mesh; the notes say why'),
    period: timeRange,
    compared: z
      .strictObject({
        days_back: z.number().min(0).describe('days between the periods that are compared'),
        same_weekdays: z.boolean().describe('false: too few were released for that, so weekends count in'),
      })
      .nullable(),
    k: count('fewest machines behind a row that is shown'),
    coverage,
    tools,
    risk,
    anomalies,
    counted: rowsOf(64, counted).describe('numbers that are counted by names'),
    machines,
    source: z
      .strictObject({
        since: moment('a day ago, or the start of the daemon'),
        asked: count('questions of this node'),
        average_ms: z.number().min(0).nullable().describe('to their results; null without any'),
        answered: count('questions of others that it answered, refusals included'),
      })
      .meta({ id: 'ReportSource' }),
    notes: listOf(note, 64),
  })
  .meta({ id: 'Report' })
