// A query's result for people: the data as tables, then who answered and why the others did not.
import { styleText } from 'node:util'
import type { Outcome, QueryResult } from '../../api/shapes.ts'
import { duration, formatFingerprint, printable } from '../format.ts'
import { table } from '../table.ts'

interface Screen {
  readonly colour: boolean
  readonly columns: number
}

type ToolRow = Extract<QueryResult['data'], { tools: unknown }>['tools'][number]
type HealthRow = Extract<QueryResult['data'], { nodes: unknown }>['nodes'][number]

const SAID: Readonly<Record<Outcome, string>> = {
  answered: 'answered',
  from_summary: 'from a stored summary',
  denied: 'denied',
  withheld: 'withheld',
  busy: 'busy',
  error: 'failed',
  not_supported: 'does not support this',
  bad_signature: 'answered with a bad signature',
  unreachable: 'unreachable',
}

const NOTHING: Readonly<Record<QueryResult['status'], string>> = {
  success: 'No numbers.',
  no_data: 'Nothing was recorded in that time.',
  access_denied: 'Nobody lets this node have that.',
  withheld: 'That is withheld.',
}

const ENDED: Readonly<Record<QueryResult['ended_by'], string>> = {
  all_done: '',
  deadline: ', stopped at the deadline',
  cancelled: ', cancelled',
}

/** Ends with a newline. */
export function queryView(result: QueryResult, screen: Screen): string {
  const sections = [dataView(result, screen), perNodeView(result, screen), coverageView(result, screen)]
  return sections.filter((section) => section !== '').join('\n')
}

function dataView({ data, status, coverage }: QueryResult, screen: Screen): string {
  // Silence is not the same as nothing to say.
  const silent = status === 'no_data' && coverage.known > 0 && coverage.answered === 0
  const nothing = `${silent ? 'Nobody answered, and this node has nothing of its own.' : NOTHING[status]}\n`
  if ('tools' in data) return data.tools.length === 0 ? nothing : toolTable(data.tools, screen)
  return data.nodes.length === 0 ? nothing : healthTable(data.nodes, screen)
}

const percent = (rate: number): string => (rate === 0 ? '–' : `${(rate * 100).toFixed(rate < 0.1 ? 1 : 0)} %`)

function toolTable(rows: readonly ToolRow[], screen: Screen): string {
  return table(
    rows,
    [
      { title: 'TOOL', value: (row) => row.tool, shrink: true },
      { title: 'CATEGORY', value: (row) => row.category },
      { title: 'USES', value: (row) => String(row.uses), align: 'right' },
      { title: 'NODES', value: (row) => String(row.nodes), align: 'right' },
      {
        title: 'FAILED',
        value: (row) => percent(row.failure_rate),
        align: 'right',
        style: (row) => (row.failure_rate >= 0.5 ? 'red' : undefined),
      },
    ],
    screen,
  )
}

function healthTable(rows: readonly HealthRow[], screen: Screen): string {
  return table(
    rows,
    [
      { title: 'NODE', value: (row) => row.name, shrink: true },
      { title: 'FINGERPRINT', value: (row) => formatFingerprint(row.fingerprint) },
      { title: 'VERSION', value: (row) => row.version },
      { title: 'UP', value: (row) => duration(row.uptime_seconds * 1000), align: 'right' },
      { title: 'COMMANDS 24 H', value: (row) => String(row.events_24h), align: 'right' },
    ],
    screen,
  )
}

function perNodeView({ nodes, data }: QueryResult, screen: Screen): string {
  // Health is by node already.
  if (nodes === undefined || !('tools' in data)) return ''
  const rows = nodes.flatMap((node) => (node.tools ?? []).map((tool) => ({ node: node.name, ...tool })))
  if (rows.length === 0) return ''
  return table(
    rows,
    [
      { title: 'NODE', value: (row) => row.node, shrink: true },
      { title: 'TOOL', value: (row) => row.tool, shrink: true },
      { title: 'USES', value: (row) => String(row.uses), align: 'right' },
      { title: 'FAILED', value: (row) => percent(row.failure_rate), align: 'right' },
    ],
    screen,
  )
}

/** Always there: how many are known, how many answered, and why each of the others did not. */
function coverageView(result: QueryResult, screen: Screen): string {
  const { coverage, ended_by, timing, time_range, notes } = result
  const { known, answered, complete, nodes } = coverage
  const who =
    known === 0 ? 'no other node is known' : `${answered} of ${known} known ${plural(known)} answered`
  const took = `${duration(timing.elapsed_ms)}${ENDED[ended_by]}`
  // How nodes are is about now.
  const range =
    result.query_type === 'NodeHealth' ? '' : `${utc(time_range.start)} to ${utc(time_range.end)} UTC: `
  const line = `${range}${who} (${took})`
  const lines = [
    screen.colour ? styleText(complete ? 'green' : 'yellow', line, { validateStream: false }) : line,
  ]
  const silent = new Map<Outcome, string[]>()
  for (const { outcome, name, fingerprint } of nodes) {
    if (outcome === 'answered') continue
    silent.set(outcome, [...(silent.get(outcome) ?? []), name === '' ? formatFingerprint(fingerprint) : name])
  }
  for (const [outcome, names] of silent) lines.push(`  ${SAID[outcome]}: ${names.map(printable).join(', ')}`)
  for (const note of notes) lines.push(`  ${printable(note)}`)
  return `${lines.join('\n')}\n`
}

/** Ranges are whole hours. */
const utc = (rfc3339: string): string => rfc3339.slice(0, 16).replace('T', ' ')
const plural = (count: number): string => (count === 1 ? 'node' : 'nodes')
