// View of what summaries would tell: a block for each period and group of readers, with every number.
import {
  type AskedType,
  queryType,
  type SharePreviewShape,
  type SummaryShape,
} from '../../api/contract/shapes.ts'
import { bytes, duration, printable } from '../../base/format.ts'
import { paint, pairs, type Screen } from '../terminal/table.ts'
import { WEEKDAYS } from './lines.ts'
import { totalsPreviewView } from './totals/preview.ts'

/** Ends with a newline. */
export function previewView(shape: SharePreviewShape, screen: Screen): string {
  const { role, totals } = shape
  if (role === null || totals === null) return summariesView(shape, screen)
  const summaries = shape.summaries.length === 0 ? '' : `${summariesView(shape, screen)}\n`
  return `${summaries}${totalsPreviewView(role, totals, screen)}`
}

function summariesView({ to, role, categories, summaries }: SharePreviewShape, screen: Screen): string {
  const reader = to === null ? role && `nodes with the role ${role}` : to.name || to.fingerprint
  const whom = reader === null ? '' : ` to ${printable(reader)}`
  if (categories !== null) {
    const what = categories.join(', ')
    const blocks = summaries.map((one) => block(one, screen)).join('\n')
    return summaries.length === 0
      ? `You have recorded no commands that count for ${what} yet.\n`
      : `If you allowed ${what}${whom} and nothing else, this would be sent. This preview allows nothing.\n\n${blocks}`
  }
  if (summaries.length === 0) {
    return `Nothing would be sent${whom}: no node may read your summaries, or you have recorded no commands to sum up.
karo share show says who may have what; karo history shows whether anything is recorded.\n`
  }
  return summaries.map((one) => block(one, screen)).join('\n')
}

function block({ recipients, summary, bytes: size, digest }: SummaryShape, screen: Screen): string {
  const heading = `${periodName(summary)}, ${summary.closed ? 'over' : 'not over yet'}`
  const title = paint('bold', heading, screen)
  const names = recipients.map(({ name, fingerprint }) => name || fingerprint)
  const rows = [
    ...(names.length === 0 ? [] : [{ subject: 'to', says: names.join(', ') }]),
    ...parts(summary),
    { subject: 'plaintext', says: `${bytes(size)}, BLAKE3 ${digest.slice(0, 16)}…` },
  ]
  const lines = pairs(
    screen,
    rows.map(({ subject, says }) => [`  ${subject}`, says] as const),
    'dim',
  )
  return `${title}\n${lines}`
}

/** `hour 2026-11-20 10:00 UTC`, `day 2026-11-20 UTC`, `week from 2026-11-16 UTC`. */
function periodName({ granularity, start }: SummaryShape['summary']): string {
  const [day, time] = start.split('T') as [string, string]
  if (granularity === 'hour') return `hour ${day} ${time.slice(0, 5)} UTC`
  return granularity === 'day' ? `day ${day} UTC` : `week from ${day} UTC`
}

function parts(summary: SummaryShape['summary']): { subject: string; says: string }[] {
  const { command_patterns, tool_usage, activity_pattern, safety_stats, counted = [] } = summary
  const found: { subject: string; says: string }[] = []
  if (command_patterns !== undefined) {
    const each = command_patterns.map(
      ({ category, count, failures, unknown, avg_duration_ms }) =>
        `${category} ${count}${failed(failures, unknown)} ⌀ ${duration(avg_duration_ms)}`,
    )
    found.push({ subject: 'categories', says: each.join(', ') })
  }
  if (tool_usage !== undefined) {
    const each = tool_usage.tools.map(
      ({ tool, uses, failures, unknown }) => `${tool} ${uses}${failed(failures, unknown)}`,
    )
    found.push({ subject: 'tools', says: each.join(', ') })
  }
  if (activity_pattern !== undefined) {
    const { hourly, daily, total_commands, unique_commands } = activity_pattern
    found.push(
      { subject: 'commands', says: `${total_commands}, ${unique_commands} unique` },
      { subject: 'by hour', says: named(hourly, (hour) => `${hour}h`) },
      { subject: 'by weekday', says: named(daily, (day) => WEEKDAYS[day] as string) },
    )
  }
  if (safety_stats !== undefined) {
    const {
      by_risk_level,
      blocked,
      confirmed_risky,
      declined = 0,
      karo_generated,
      guard,
      hook,
    } = safety_stats
    const levels = Object.entries(by_risk_level).map(([level, count]) => `${level} ${count}`)
    const acts = `blocked ${blocked}, confirmed ${confirmed_risky}, declined ${declined}, run by AI tools and programs ${karo_generated}`
    const state = `guard ${guard}, hook ${hook}`
    found.push({ subject: 'risk', says: `${levels.join(', ')}; ${acts}; ${state}` })
  }
  for (const { query_type, rows } of counted)
    found.push({
      subject: queryType(query_type as AskedType).word,
      says: rows.map(({ name, count }) => `${name} ${count}`).join(', '),
    })
  return found
}

function failed(failures: number, unknown: number): string {
  const parts = [
    ...(failures === 0 ? [] : [`${failures} failed`]),
    ...(unknown === 0 ? [] : [`${unknown} of unknown end`]),
  ]
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

/** The counts that are not 0, each with its name. */
const named = (counts: readonly number[], name: (index: number) => string): string =>
  counts.flatMap((count, index) => (count === 0 ? [] : [`${name(index)} ${count}`])).join(', ')
