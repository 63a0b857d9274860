// The charts of a report: SVG from numbers and escaped texts, each with an alternative text and the table behind it.
import type { Report } from '../types.ts'
import { text } from './escape.ts'
import { count, day, percent } from './numbers.ts'
import type { Table } from './tables.ts'

export interface Chart {
  /** The id of the section it stands in. */
  readonly section: string
  readonly caption: string
  readonly svg: string
  readonly table: Table
}

const WIDTH = 720
const HEIGHT = 200
const LEFT = 46
/** The label of the last bar is wider than the bar. */
const RIGHT = 18
const BOTTOM = 26
const TOP = 12
/** Most bars that fit; of more periods the newest are drawn, and the table has all. */
const BARS_MAX = 120

const fixed = (value: number): string => value.toFixed(1)

interface Series {
  readonly name: string
  /** A variable of the page's style. */
  readonly colour: 'a' | 'b' | 'c' | 'd' | 'e'
}

interface Bar {
  readonly label: string
  /** By series; null: nothing is known, which is drawn as a hatched bar and not as none. */
  readonly values: readonly number[] | null
}

interface Drawing {
  readonly alt: string
  readonly series: readonly Series[]
  readonly bars: readonly Bar[]
  readonly format: (value: number) => string
  /** The least top of the scale. */
  readonly least: number
}

/** Stacked bars from left to right; the scale begins at 0. */
function barsOf({ alt, series, bars: all, format, least }: Drawing, id: string): string {
  const bars = all.slice(-BARS_MAX)
  const top = Math.max(least, ...bars.map(({ values }) => (values ?? []).reduce((sum, one) => sum + one, 0)))
  const room = { width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM }
  const step = room.width / Math.max(1, bars.length)
  const wide = Math.max(1, Math.min(40, step * 0.72))
  const y = (value: number): number => TOP + room.height * (1 - value / top)
  const columns = bars.map(({ label, values }, at) => {
    const x = LEFT + at * step + (step - wide) / 2
    if (values === null)
      return `<rect x="${fixed(x)}" y="${TOP}" width="${fixed(wide)}" height="${fixed(room.height)}" fill="url(#${id}-unknown)"><title>${text(label)}: not known</title></rect>`
    let under = 0
    return values
      .map((value, which) => {
        const base = under
        under += value
        const one = series[which]
        if (one === undefined || value <= 0) return ''
        const height = y(base) - y(under)
        return `<rect x="${fixed(x)}" y="${fixed(y(under))}" width="${fixed(wide)}" height="${fixed(height)}" fill="var(--${one.colour})"><title>${text(`${label}: ${format(value)} ${one.name}`)}</title></rect>`
      })
      .join('')
  })
  const every = Math.max(1, Math.ceil(bars.length / 8))
  const labels = bars.map(({ label }, at) =>
    at % every === 0
      ? `<text x="${fixed(LEFT + (at + 0.5) * step)}" y="${HEIGHT - 8}" text-anchor="middle">${text(label)}</text>`
      : '',
  )
  const scale = [0, 0.5, 1].map((part) => {
    const at = fixed(y(top * part))
    return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" stroke="var(--line)"/><text x="${LEFT - 6}" y="${at}" dy="4" text-anchor="end">${text(format(top * part))}</text>`
  })
  const left =
    all.length > BARS_MAX ? `<p>The newest ${BARS_MAX} of ${all.length} periods; the table has all.</p>` : ''
  return frame(alt, id, [...scale, ...columns, ...labels].join(''), HEIGHT) + legendOf(series) + left
}

/** Hatched: nothing is known. */
const hatch = (id: string): string =>
  `<defs><pattern id="${id}-unknown" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="6" stroke="var(--line)" stroke-width="2"/></pattern></defs>`

const frame = (alt: string, id: string, body: string, height: number): string =>
  `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${text(alt)}"><desc>${text(alt)}</desc>${hatch(id)}${body}</svg>`

function legendOf(series: readonly Series[]): string {
  const entries = series.map(
    ({ name, colour }, at) =>
      `<rect x="${LEFT + at * 130}" y="3" width="11" height="11" fill="var(--${colour})"/><text x="${LEFT + at * 130 + 16}" y="13">${text(name)}</text>`,
  )
  return `<svg viewBox="0 0 ${WIDTH} 18" aria-hidden="true">${entries.join('')}</svg>`
}

const LINE = 22

/** Bars from left to right, one below the other. */
function rowsOf(
  alt: string,
  rows: readonly { readonly name: string; readonly value: number; readonly shown: string }[],
  id: string,
): string {
  const most = Math.max(1, ...rows.map(({ value }) => value))
  const left = 130
  const body = rows.map(({ name, value, shown }, at) => {
    const y = at * LINE
    const width = ((WIDTH - left - 70) * value) / most
    return `<text x="${left - 8}" y="${y + 15}" text-anchor="end">${text(name)}</text><rect x="${left}" y="${y + 4}" width="${fixed(width)}" height="14" fill="var(--a)"/><text x="${fixed(left + width + 6)}" y="${y + 15}">${text(shown)}</text>`
  })
  return frame(alt, id, body.join(''), rows.length * LINE + 4)
}

const short = (moment: string): string => day(moment).slice(5)
const TOOLS_MAX = 12

function coverageChart({ coverage: { trend } }: Report): Chart {
  const series = [
    { name: 'contributed', colour: 'a' },
    { name: 'declined', colour: 'b' },
    { name: 'late', colour: 'e' },
    { name: 'absent', colour: 'c' },
    { name: 'not counted', colour: 'd' },
  ] as const
  const countsOf = (counts: NonNullable<(typeof trend)[number]['counts']>): readonly number[] => [
    counts.contributed,
    counts.declined,
    counts.late,
    counts.absent,
    counts.refused,
  ]
  const known = trend.flatMap(({ counts }) => counts ?? [])
  const alt = `Expected machines in ${trend.length} periods, ${trend.length - known.length} of them not known; in the newest known one ${known.at(-1)?.contributed ?? 0} contributed.`
  return {
    section: 'coverage',
    caption: 'Machines by period',
    svg: barsOf(
      {
        alt,
        series,
        format: (value) => count(Math.round(value)),
        least: 2,
        bars: trend.map(({ start, counts }) => ({
          label: short(start),
          values: counts === null ? null : countsOf(counts),
        })),
      },
      'coverage',
    ),
    table: {
      head: ['period', ...series.map(({ name }) => name), 'not released because'],
      numbers: [1, 2, 3, 4, 5],
      rows: trend.map(({ start, counts, why }) => [
        day(start),
        ...(counts === null ? series.map(() => '–') : countsOf(counts).map(count)),
        why ?? '',
      ]),
    },
  }
}

function riskChart({ risk: { trend } }: Report): Chart {
  const shareOf = ({ risky, commands }: (typeof trend)[number]): number | null =>
    risky === null || commands === null || commands === 0 ? null : risky / commands
  const shares = trend.flatMap((point) => shareOf(point) ?? [])
  const alt = `The share of commands that are high or critical, in ${trend.length} periods, of which ${trend.length - shares.length} are not known; from ${percent(shares[0] ?? null)} to ${percent(shares.at(-1) ?? null)}.`
  return {
    section: 'risk',
    caption: 'High and critical commands, of all',
    svg: barsOf(
      {
        alt,
        series: [{ name: 'high and critical', colour: 'd' }],
        format: percent,
        least: 0.01,
        bars: trend.map((point) => {
          const share = shareOf(point)
          return { label: short(point.start), values: share === null ? null : [share] }
        }),
      },
      'risk',
    ),
    table: {
      head: ['period', 'high and critical', 'commands', 'share', 'machines'],
      numbers: [1, 2, 3, 4],
      rows: trend.map((point) => [
        day(point.start),
        count(point.risky),
        count(point.commands),
        percent(shareOf(point)),
        count(point.machines),
      ]),
    },
  }
}

function anomalyChart({ anomalies: { trend } }: Report): Chart {
  const known = trend.filter(({ count: signals }) => signals !== null)
  const alt = `Signals that are shown, in ${trend.length} periods, of which ${trend.length - known.length} are not known.`
  return {
    section: 'anomalies',
    caption: 'Signals by period, as far as they are shown',
    svg: barsOf(
      {
        alt,
        series: [{ name: 'signals', colour: 'e' }],
        least: 2,
        format: (value) => count(Math.round(value)),
        bars: trend.map(({ start, count: signals }) => ({
          label: short(start),
          values: signals === null ? null : [signals],
        })),
      },
      'anomalies',
    ),
    table: {
      head: ['period', 'signals', 'machines'],
      numbers: [1, 2],
      rows: trend.map(({ start, count: signals, machines }) => [day(start), count(signals), count(machines)]),
    },
  }
}

function toolsChart({ tools }: Report): Chart {
  const rows = tools.rows.slice(0, TOOLS_MAX).map(({ tool, value, at_least }) => ({
    name: tool,
    value: value ?? 0,
    shown: at_least ? `≥ ${count(value)}` : count(value),
  }))
  const alt = `The most used tools: ${rows.map(({ name, shown }) => `${name} ${shown}`).join(', ')}.`
  return {
    section: 'tools',
    caption: 'Most used tools',
    svg: rowsOf(alt, rows, 'tools'),
    table: {
      head: ['tool', 'uses'],
      numbers: [1],
      rows: rows.map(({ name, shown }) => [name, shown]),
    },
  }
}

/** The charts of a report, without those that would show nothing. */
export function chartsOf(report: Report): readonly Chart[] {
  if (report.state === 'nothing') return []
  const { tools, risk, anomalies, coverage } = report
  return [
    ...(coverage.rows.length > 0 ? [coverageChart(report)] : []),
    ...(tools.rows.length > 0 ? [toolsChart(report)] : []),
    ...(risk.state === 'shown' ? [riskChart(report)] : []),
    ...(anomalies.state === 'shown' ? [anomalyChart(report)] : []),
  ]
}
