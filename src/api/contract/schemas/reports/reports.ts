// Schemas of /reports: what is asked for, and the list of reports that are kept.
import * as z from 'zod'
import { FORMATS, SCHEDULES, THRESHOLDS } from '../../../../exchange/report/index.ts'
import { report } from '../../../../exchange/report/schema.ts'
import { count, listOf, moment, oneOf, rowsOf, someText, text } from '../fields.ts'

export { report }

export const reportsStatus = z
  .strictObject({
    schedule: z.enum(['off', ...SCHEDULES]),
    next: moment('the end of the time of the next scheduled report').nullable(),
    problem: text(1024, 'why the newest scheduled report could not be made').nullable(),
    reports: rowsOf(10_000, {
      id: text(64, 'names it'),
      schedule: z.enum(SCHEDULES),
      until: moment('the end of its time'),
      made_at: moment('when it was made'),
      team: text(64, 'null: all machines').nullable(),
      audience: text(64, 'the role that it is for').nullable(),
      state: z.enum(['shown', 'nothing']),
      formats: listOf(z.enum(FORMATS), FORMATS.length).describe('files there are of it'),
      bytes: count('what they take'),
    }).describe('newest first'),
    thresholds: rowsOf(THRESHOLDS.length, {
      threshold: z.enum(THRESHOLDS),
      limit: count('percent, signals or machines'),
      crossed: z.boolean().nullable().describe('null: not known yet'),
    }),
  })
  .meta({ id: 'Reports' })
export type ReportsStatus = z.infer<typeof reportsStatus>
export type ReportShape = z.infer<typeof report>

export const postReportBody = z.strictObject({
  range: z.strictObject({ start: moment('first moment'), end: moment('the moment after it') }),
  team: someText(64, 'only this team, where totals of teams are released').exactOptional(),
  as: oneOf(
    ['operator', 'node'],
    'as in /query: who asks; absent: the operator that the person is logged in as, else the node',
  ).exactOptional(),
})

export const getReportQuery = z.strictObject({ id: someText(64, 'of the list') })
