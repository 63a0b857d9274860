// The first sentences of a report: of which time it is, who made it, and what it compares.
import type { Report } from '../types.ts'
import { LONE_NOTE } from '../words.ts'
import { count, day, many } from './numbers.ts'

export function headLines(report: Report): readonly string[] {
  const { period, team, audience, asked_as, node, made_at, compared, k } = report
  const lines = [
    `From ${day(period.start)} to ${day(period.end)} UTC${team === null ? ', all machines' : `, team ${team}`}.`,
    `Made ${made_at.slice(0, 16).replace('T', ' ')} UTC on ${node.name}${asked_as === null ? '' : ` for ${asked_as}`}${audience === null ? '' : `, of totals for the role ${audience}`}.`,
    ...(k > 0
      ? [
          `A number that fewer than ${count(k)} machines have is left out, as if no machine had it; so is a number from which it could be computed.`,
        ]
      : []),
    compared === null
      ? 'Nothing is compared: no earlier period that fits was released.'
      : `Each period is compared with the one ${many(compared.days_back, 'day')} before it${compared.same_weekdays ? '' : ', which is another day of the week, because too little was released to compare the same days of the week'}.`,
  ]
  return report.notes.includes(LONE_NOTE) ? lines.slice(1, 2) : lines
}
