// Shows the scheduled reports that are kept, when the next one comes, and which thresholds are crossed.
import type { ReportsStatus } from '../../../api/contract/shapes.ts'
import { bytes, localTime } from '../../../base/format.ts'
import type { CommandIo } from '../../command.ts'
import { table } from '../../terminal/table.ts'

const UNITS: Readonly<Record<ReportsStatus['thresholds'][number]['threshold'], string>> = {
  risky: '% of the commands are high or critical',
  coverage: '% of the expected machines contributed',
  anomalies: 'signals of anomalies',
  missing: 'expected machines are missing',
}

function thresholdLine({ threshold, limit, crossed }: ReportsStatus['thresholds'][number]): string {
  const standing = crossed === null ? 'not known yet' : crossed ? 'CROSSED' : 'no'
  const words = threshold === 'coverage' ? 'less than' : 'more than'
  return `  ${words} ${limit} ${UNITS[threshold]}: ${standing}\n`
}

export function reportsView(
  { schedule, next, problem, reports, thresholds }: ReportsStatus,
  io: CommandIo,
): string {
  const rows = table(io, reports, [
    { title: 'ID', value: ({ id }) => id },
    { title: 'MADE', value: ({ made_at }) => localTime(made_at) },
    { title: 'TEAM', value: ({ team }) => team ?? '–' },
    { title: 'NUMBERS', value: ({ state }) => (state === 'shown' ? 'yes' : 'none were released') },
    { title: 'FILES', value: ({ formats }) => formats.join(', ') },
    { title: 'SIZE', value: (one) => bytes(one.bytes), align: 'right' },
  ])
  const plan =
    schedule === 'off'
      ? 'No reports are scheduled: set reports.schedule in the configuration.\n'
      : `Scheduled ${schedule}; the next one is about the time until ${next?.slice(0, 10) ?? '–'} (UTC).\n`
  return [
    reports.length === 0 ? 'No report is stored.\n' : `${rows}\n`,
    plan,
    ...(problem === null ? [] : [`The newest one could not be made: ${problem}\n`]),
    ...(thresholds.length === 0
      ? []
      : ['Thresholds, by the newest released period:\n', ...thresholds.map(thresholdLine)]),
  ].join('')
}
