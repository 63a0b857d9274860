// The numbers of a query's result for people: one view per type, and each node by itself.
import { styleText } from 'node:util'
import { passes, type QueryResult, RISK_LEVELS, WEEKDAYS } from '../../api/contract/shapes.ts'
import { ago, duration, formatFingerprint } from '../../base/format.ts'
import { bar, chart, spark } from '../terminal/bars.ts'
import { RISK_COLOURS } from '../terminal/risk-words.ts'
import { type Column, table } from '../terminal/table.ts'

export interface Screen {
  readonly colour: boolean
  readonly columns: number
}

type DataOf<K extends string> = Extract<QueryResult['data'], Record<K, unknown>>
type ToolRow = DataOf<'tools'>['tools'][number]
type HealthRow = DataOf<'nodes'>['nodes'][number]
type Safety = DataOf<'by_risk_level'>
type Activity = DataOf<'hourly'>
type PerNode = NonNullable<QueryResult['nodes']>[number]

const BAR_CELLS = 40
/** 24 hours of two cells and a gap: 71 cells, which an 80 column screen holds. */
const HOUR_CELLS = 2
const CHART_LINES = 4

/** Empty when there is nothing to show. `before`: the last answer to the same question, to tell what is new. */
export function dataView(result: QueryResult, screen: Screen, before?: QueryResult): string {
  const { data } = result
  if ('tools' in data) {
    const old = before !== undefined && 'tools' in before.data ? before.data.tools : undefined
    return data.tools.length === 0 ? '' : toolTable(data.tools, screen, old)
  }
  if ('nodes' in data) {
    const old = before !== undefined && 'nodes' in before.data ? before.data.nodes : undefined
    return data.nodes.length === 0 ? '' : healthTable(data.nodes, screen, Date.now(), old)
  }
  if ('hourly' in data) {
    const old = before !== undefined && 'hourly' in before.data ? before.data : undefined
    return data.total_commands === 0 ? '' : activityView(data, screen, left(result, 'day'), old)
  }
  const old = before !== undefined && 'by_risk_level' in before.data ? before.data : undefined
  return data.nodes_reporting === 0 ? '' : safetyView(data, screen, left(result, 'risk_level'), old)
}

/** Whether the filters of one field let a value through: of one they left out nothing is shown rather than 0. */
const left =
  ({ filters = [] }: QueryResult, field: string) =>
  (value: string): boolean =>
    filters.every((filter) => filter.field !== field || passes(filter, value))

/** With `--per-node`; health is by node already. */
export function perNodeView({ nodes = [] }: QueryResult, screen: Screen): string {
  const aged = nodes.some((node) => node.source === 'summary')
  const age: Column<{ node: PerNode }>[] = aged
    ? [
        {
          title: 'AS OF',
          value: ({ node }) => (node.source === 'live' ? 'now' : ago(Date.now() - Date.parse(node.as_of))),
          style: ({ node }) => (node.source === 'live' ? undefined : 'yellow'),
        },
      ]
    : []
  const name: Column<{ node: PerNode }> = { title: 'NODE', value: ({ node }) => node.name, shrink: true }
  return (
    toolsPerNode(nodes, name, age, screen) +
    safetyPerNode(nodes, name, age, screen) +
    activityPerNode(nodes, name, age, screen)
  )
}

const percent = (rate: number): string => (rate === 0 ? '–' : `${(rate * 100).toFixed(rate < 0.1 ? 1 : 0)} %`)
const signed = (change: number): string => (change > 0 ? `+${change}` : change < 0 ? `−${-change}` : '0')
const paint = (text: string, style: Parameters<typeof styleText>[0], { colour }: Screen): string =>
  colour && text !== '' ? styleText(style, text, { validateStream: false }) : text

/** ` (+3)` when there are three more than in the last answer. */
function since(now: number, before: number | undefined): string {
  return before === undefined || before === now ? '' : ` (${signed(now - before)})`
}

function toolTable(rows: readonly ToolRow[], screen: Screen, before: readonly ToolRow[] | undefined): string {
  const usesBefore = new Map(before?.map((row) => [row.tool, row.uses]))
  const isNew = (row: ToolRow): number => row.uses - (usesBefore.get(row.tool) ?? 0)
  // With nothing before, the change says what the uses say.
  const compared = rows.some((row) => row.change !== null && row.change !== row.uses)
  return table(
    rows,
    [
      { title: 'TOOL', value: (row) => row.tool, shrink: true },
      { title: 'CATEGORY', value: (row) => row.category },
      { title: 'USES', value: (row) => String(row.uses), align: 'right' },
      ...(before === undefined
        ? []
        : [
            {
              title: 'NEW',
              value: (row: ToolRow) => (isNew(row) === 0 ? '' : signed(isNew(row))),
              align: 'right' as const,
              style: () => 'cyan' as const,
            },
          ]),
      ...(compared
        ? [
            {
              title: 'CHANGE',
              value: (row: ToolRow) => (row.change === null ? '–' : signed(row.change)),
              align: 'right' as const,
            },
          ]
        : []),
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

/** What a node came to since the last answer; empty when it is as it was. */
function turnOf(row: HealthRow, old: HealthRow | undefined): string {
  if (old === undefined) return 'new'
  if (row.online !== old.online) return row.online ? 'back' : 'gone'
  return (row.uptime_seconds ?? 0) < (old.uptime_seconds ?? 0) && row.online ? 'restarted' : ''
}

function healthTable(
  rows: readonly HealthRow[],
  screen: Screen,
  now: number,
  before: readonly HealthRow[] | undefined,
): string {
  const old = new Map(before?.map((row) => [row.fingerprint, row]))
  return table(
    rows,
    [
      { title: 'NODE', value: (row) => row.name, shrink: true },
      { title: 'FINGERPRINT', value: (row) => formatFingerprint(row.fingerprint) },
      {
        title: 'ONLINE',
        value: (row) => (row.online ? 'yes' : 'no'),
        style: (row) => (row.online ? 'green' : 'yellow'),
      },
      { title: 'VERSION', value: (row) => row.version ?? '–' },
      {
        title: 'UP',
        value: (row) => (row.uptime_seconds === null ? '–' : duration(row.uptime_seconds * 1000)),
        align: 'right',
      },
      { title: 'IN 24 H', value: (row) => String(row.events_24h ?? '–'), align: 'right' },
      {
        title: 'SEEN',
        value: (row) => (row.online ? 'now' : ago(now - Date.parse(row.last_seen))),
        style: (row) => (row.online ? 'green' : 'yellow'),
      },
      ...(before === undefined
        ? []
        : [
            {
              title: 'NEW',
              value: (row: HealthRow) => turnOf(row, old.get(row.fingerprint)),
              style: () => 'cyan' as const,
            },
          ]),
    ],
    screen,
  )
}

function safetyView(
  data: Safety,
  screen: Screen,
  shown: (level: string) => boolean,
  before: Safety | undefined,
): string {
  const { by_risk_level: risk, nodes_reporting: nodes } = data
  const most = Math.max(1, ...Object.values(risk))
  const bars = table(
    RISK_LEVELS.filter(shown).map((level) => ({ level, count: risk[level] })),
    [
      { title: '', value: (row) => row.level, style: (row) => RISK_COLOURS[row.level] },
      {
        title: '',
        value: (row) => `${row.count}${since(row.count, before?.by_risk_level[row.level])}`,
        align: 'right',
      },
      {
        title: '',
        value: (row) => (row.count === 0 ? '' : bar(row.count / most, BAR_CELLS)),
        style: (row) => RISK_COLOURS[row.level],
      },
    ],
    screen,
  )
  const { blocked, confirmed_risky, karo_generated, nodes_guarded, hooks_silent } = data
  const acts =
    `blocked ${blocked}${since(blocked, before?.blocked)}, ` +
    `confirmed by a person ${confirmed_risky}${since(confirmed_risky, before?.confirmed_risky)}, ` +
    `written by Karo ${karo_generated}${since(karo_generated, before?.karo_generated)}\n`
  const guard = `guard on ${nodes_guarded} of ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`
  const states = [
    // While nobody reports one, there is none to turn on.
    ...(nodes_guarded === 0 ? [] : [paint(guard, nodes_guarded === nodes ? 'green' : 'yellow', screen)]),
    ...(hooks_silent === 0 ? [] : [paint(`hooks silent on ${hooks_silent}`, 'yellow', screen)]),
  ]
  return [
    bars,
    nodes_guarded + blocked + confirmed_risky + karo_generated === 0 ? '' : acts,
    states.length === 0 ? '' : `${states.join(', ')}\n`,
  ].join('')
}

function activityView(
  data: Activity,
  screen: Screen,
  shown: (day: string) => boolean,
  before: Activity | undefined,
): string {
  const { hourly, daily, total_commands: total, unique_commands: unique } = data
  const most = Math.max(1, ...daily)
  const days = table(
    WEEKDAYS.map((day, i) => ({ day, count: daily[i] ?? 0 })).filter(({ day }) => shown(day)),
    [
      { title: '', value: ({ day }) => `${day.slice(0, 1).toUpperCase()}${day.slice(1, 2)}` },
      { title: '', value: (row) => String(row.count), align: 'right' },
      {
        title: '',
        value: (row) => (row.count === 0 ? '' : bar(row.count / most, BAR_CELLS)),
        style: () => 'cyan',
      },
    ],
    screen,
  )
  const hours = chart(hourly, CHART_LINES, HOUR_CELLS).map((line) => `${paint(line, 'cyan', screen)}\n`)
  const axis = hourly.map((_, hour) => String(hour).padEnd(HOUR_CELLS)).join(' ')
  return (
    `${total}${since(total, before?.total_commands)} commands, ${unique} different\n\n` +
    `${hours.join('')}${paint(axis.trimEnd(), 'dim', screen)}\n\n${days}`
  )
}

type Shared = readonly Column<{ node: PerNode }>[]

function toolsPerNode(
  nodes: readonly PerNode[],
  name: Column<{ node: PerNode }>,
  age: Shared,
  screen: Screen,
): string {
  const rows = nodes.flatMap((node) => (node.tools ?? []).map((tool) => ({ node, tool })))
  if (rows.length === 0) return ''
  return table(
    rows,
    [
      name,
      { title: 'TOOL', value: ({ tool }) => tool.tool, shrink: true },
      { title: 'USES', value: ({ tool }) => String(tool.uses), align: 'right' },
      { title: 'FAILED', value: ({ tool }) => percent(tool.failure_rate), align: 'right' },
      ...age,
    ],
    screen,
  )
}

const GUARD_COLUMNS: readonly Column<{ safety: NonNullable<PerNode['safety']> }>[] = [
  { title: 'BLOCKED', value: ({ safety }) => String(safety.blocked), align: 'right' },
  {
    title: 'GUARD',
    value: ({ safety }) => (safety.guarded ? 'on' : 'off'),
    style: ({ safety }) => (safety.guarded ? undefined : 'yellow'),
  },
]

function safetyPerNode(
  nodes: readonly PerNode[],
  name: Column<{ node: PerNode }>,
  age: Shared,
  screen: Screen,
): string {
  const rows = nodes.flatMap((node) => (node.safety === undefined ? [] : [{ node, safety: node.safety }]))
  if (rows.length === 0) return ''
  type Row = (typeof rows)[number]
  return table(
    rows,
    [
      name,
      ...RISK_LEVELS.map(
        (level): Column<Row> => ({
          title: level.toUpperCase(),
          value: ({ safety }) => String(safety.by_risk_level[level]),
          align: 'right',
          style: ({ safety }) => (safety.by_risk_level[level] === 0 ? undefined : RISK_COLOURS[level]),
        }),
      ),
      ...(rows.some(({ safety }) => safety.guarded) ? GUARD_COLUMNS : []),
      {
        title: 'HOOKS',
        value: ({ safety }) => (safety.hook_silent ? 'silent' : 'ok'),
        style: ({ safety }) => (safety.hook_silent ? 'yellow' : undefined),
      },
      ...age,
    ],
    screen,
  )
}

function activityPerNode(
  nodes: readonly PerNode[],
  name: Column<{ node: PerNode }>,
  age: Shared,
  screen: Screen,
): string {
  const rows = nodes.flatMap((node) =>
    node.activity === undefined ? [] : [{ node, activity: node.activity }],
  )
  if (rows.length === 0) return ''
  return table(
    rows,
    [
      name,
      { title: 'COMMANDS', value: ({ activity }) => String(activity.total_commands), align: 'right' },
      { title: 'DIFFERENT', value: ({ activity }) => String(activity.unique_commands), align: 'right' },
      { title: 'HOURS 0 TO 23', value: ({ activity }) => spark(activity.hourly), style: () => 'cyan' },
      ...age,
    ],
    screen,
  )
}
