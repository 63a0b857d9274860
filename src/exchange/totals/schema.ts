// Schemas of what a query's result and a report say of totals alike.
import * as z from 'zod'
import { count, moment, timeRange } from '../../base/shape/fields.ts'

/** Machines of the mesh by what became of them in a bucket; together they are all that were expected. */
export const contributions = z.strictObject({
  contributed: count('machines whose numbers are in the totals'),
  declined: count('machines on which nobody agreed'),
  late: count('machines whose numbers came later or that share what too few do, and wait for others'),
  absent: count('machines of which nothing came'),
  refused: count('machines whose numbers could not be counted'),
})

export const firstTotals = z
  .strictObject({
    ...timeRange.shape,
    comes: moment('when they come at the earliest, if a few machines say nothing'),
    machines: count('certified machines, this one included'),
    present: count('of them, machines that are there now'),
  })
  .describe('the first totals of the mesh, while there are none')
