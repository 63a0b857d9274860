// Schemas of /reports: what a report is asked with, and which thresholds are crossed.
import * as z from 'zod'
import { THRESHOLDS } from '../../../../exchange/report/index.ts'
import { report } from '../../../../exchange/report/schema.ts'
import { count, named, oneOf, rowsOf, someText, text, timeRange } from '../fields.ts'

export { report }

export const reportThresholds = named('ReportThresholds', {
  problem: text(1024, 'why the newest released period could not be compared').nullable(),
  thresholds: rowsOf(THRESHOLDS.length, {
    threshold: z.enum(THRESHOLDS),
    limit: count('percent, signals or machines'),
    crossed: z.boolean().nullable().describe('null: not known yet'),
  }),
})
export type ReportThresholds = z.infer<typeof reportThresholds>
export type ReportShape = z.infer<typeof report>

export const postReportBody = z.strictObject({
  range: z.strictObject(timeRange.shape),
  team: someText(64, 'only this team, where totals of teams are released').exactOptional(),
  as: oneOf(
    ['operator', 'node'],
    'as in /query: who asks; absent: the operator that the person is logged in as, else the node',
  ).exactOptional(),
})
