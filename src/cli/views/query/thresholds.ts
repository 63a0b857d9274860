// Shows which thresholds of reports are watched, and which of them are crossed.
import type { ReportThresholds } from '../../../api/contract/shapes.ts'

const UNITS: Readonly<Record<ReportThresholds['thresholds'][number]['threshold'], string>> = {
  risky: '% of the commands are high or critical',
  coverage: '% of the expected machines contributed',
  anomalies: 'signals of anomalies',
  missing: 'expected machines are missing',
}

function line({ threshold, limit, crossed }: ReportThresholds['thresholds'][number]): string {
  const standing = crossed === null ? 'not known yet' : crossed ? 'CROSSED' : 'no'
  const words = threshold === 'coverage' ? 'less than' : 'more than'
  return `  ${words} ${limit} ${UNITS[threshold]}: ${standing}\n`
}

export const thresholdsView = ({ problem, thresholds }: ReportThresholds): string =>
  [
    ...(thresholds.length === 0
      ? ['No threshold is watched: set one below [reports.thresholds] of the configuration.\n']
      : ['Thresholds, by the newest released period:\n', ...thresholds.map(line)]),
    ...(problem === null ? [] : [`They could not be compared: ${problem}\n`]),
  ].join('')
