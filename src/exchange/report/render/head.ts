// The first sentences of a report: of which time it is, who made it, and what it compares.
import type { Report } from '../types.ts'
import { count, day, many } from './numbers.ts'

export function headLines(report: Report): readonly string[] {
  const { period, team, audience, asked_as, node, made_at, compared, k } = report
  return [
    `From ${day(period.start)} to ${day(period.end)} UTC${team === null ? ', all machines' : `, team ${team}`}.`,
    `Made ${made_at.slice(0, 16).replace('T', ' ')} UTC on ${node.name}${asked_as === null ? '' : ` for ${asked_as}`}${audience === null ? '' : `, of totals for the role ${audience}`}.`,
    ...(k > 0
      ? [
          `What fewer than ${count(k)} machines have is not told, and looks the same as what none has; nor is a second number where the first could be computed from it.`,
        ]
      : []),
    compared === null
      ? 'Nothing is compared: of no period an earlier one was released that fits.'
      : `Each period is compared with the one ${many(compared.days_back, 'day')} before it${compared.same_weekdays ? '' : ', which is another day of the week, because too little was released to compare the same days of the week'}.`,
  ]
}
