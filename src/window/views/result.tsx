// The result of a question: what it says, as chart and table, and whose numbers it rests on.
import { bandOf, signalWords } from '../../api/contract/client/page.ts'
import type {
  AskedType,
  CountedType,
  QueryData,
  QueryDataOf,
  QueryResult,
} from '../../api/contract/shapes.ts'
import {
  type Bar,
  Bars,
  counted,
  cut,
  DAYS,
  Figures,
  Foreign,
  Group,
  NodeName,
  Notes,
  number,
  Panel,
  percent,
  State,
  Table,
  Time,
} from '../parts/index.ts'
import { TITLES } from './titles.ts'
import { Nodes, Whose } from './whose.tsx'

const TOOLS_MAX = 30

/** `+12`, `−3`, `–` where nothing is known to compare with. */
const more = (value: number | null): string =>
  value === null ? '–' : value === 0 ? '0' : `${value > 0 ? '+' : '−'}${number(Math.abs(value))}`

const moreThanBefore = (value: number | null): string => {
  if (value === null) return 'no earlier period to compare with'
  if (value === 0) return 'as many as before'
  return `${number(Math.abs(value))} ${value > 0 ? 'more' : 'fewer'} than before`
}

const SAYS: Readonly<Record<QueryResult['status'], string | undefined>> = {
  success: undefined,
  access_denied: 'No machine gave numbers: policy or consent refused.',
  no_data: 'No machine has numbers of this time.',
  withheld: 'The numbers are withheld; the notes on this page say why.',
}

export function Result({ result }: { readonly result: QueryResult }) {
  return (
    <>
      <Group>
        <Panel
          title="Answer"
          wide
          actions={
            <button type="button" class="small" onClick={() => saveAsFile(result)}>
              Save as JSON
            </button>
          }
          note={
            <>
              Level {result.level}, from <Time at={result.time_range.start} /> to{' '}
              <Time at={result.time_range.end} />
              {result.compared !== null &&
                `. Changes rest on ${result.compared.nodes} of ${counted(result.compared.of, 'machine')}`}
            </>
          }
        >
          <Answer result={result} />
        </Panel>
      </Group>
      <Group>
        {result.nodes !== undefined && result.nodes.length > 0 && (
          <Panel title="Each machine" wide>
            <Nodes nodes={result.nodes} />
          </Panel>
        )}
        <Whose result={result} />
      </Group>
    </>
  )
}

/** The same as `karo query --json` prints. */
function saveAsFile(result: QueryResult): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([`${JSON.stringify(result)}\n`], { type: 'application/json' }))
  link.download = `karo-${result.query_type}-${result.time_range.end.slice(0, 10)}.json`
  link.click()
  URL.revokeObjectURL(link.href)
}

/** What a result says, and what is left out of it. */
export function Answer({ result }: { readonly result: QueryResult }) {
  const said = SAYS[result.status]
  const partly = result.released?.partly ?? []
  return (
    <>
      {said === undefined ? (
        <Data data={result.data} type={result.query_type} least={leastOf(result)} off={offOf(result)} />
      ) : (
        <p class="empty">{said}</p>
      )}
      <Notes notes={result.notes} />
      {result.released !== undefined && result.status === 'success' && (
        <p class="note">
          A number that fewer than {result.privacy.k_min} machines have is left out, as if no machine had it.
          Of each number an honest machine gives at most {result.released.most} in a period.
        </p>
      )}
      {partly.length > 0 && (
        <p class="note">
          Some periods or machines do not tell these, so they are shown as at least (≥), or not at all:{' '}
          <Foreign text={namesOf(partly)} />.
        </p>
      )}
    </>
  )
}

/** `≥ ` before a number of totals of which some periods or machines tell nothing, by the name of its row; else nothing. */
type Least = (row: string) => string

/** ` ±43` behind numbers of totals that have noise: how far 95 of 100 are off at most; else nothing. */
interface Off {
  readonly nodes: string
  readonly values: string
}

const offOf = ({ privacy: { noise } }: QueryResult): Off =>
  noise === null ? { nodes: '', values: '' } : { nodes: ` ±${noise.nodes}`, values: ` ±${noise.values}` }

function leastOf({ released }: QueryResult): Least {
  const partly = new Set(released?.partly)
  return (row) => (partly.has(row) ? '≥ ' : '')
}

/** Rows that are named; of more only their number is told. */
const NAMED_MAX = 8

function namesOf(rows: readonly string[]): string {
  const names = rows.slice(0, NAMED_MAX).map((row) => row.replace(':', ' '))
  const others = rows.length - names.length
  return others === 0 ? names.join(', ') : `${names.join(', ')} and ${others} more`
}

function Data({ data, type, least, off }: Shown<QueryData> & { readonly type: AskedType }) {
  if ('tools' in data) return <Tools data={data} least={least} off={off} />
  if ('by_risk_level' in data) return <Safety data={data} least={least} off={off} />
  if ('hourly' in data) return <Activity data={data} least={least} off={off} />
  if ('signals' in data) return <Signals data={data} least={least} off={off} />
  if ('rows' in data) return <Counted data={data} type={type} least={least} off={off} />
  return <Health data={data} />
}

interface Shown<Data> {
  readonly data: Data
  readonly least: Least
  readonly off: Off
}

/** A number with `≥` where it is the least; nothing is put before one that is not known. */
const atLeast = (least: Least, row: string, value: number | null, off: string): string =>
  value === null ? number(value) : `${least(row)}${number(value)}${off}`

const failedWords = (rate: number | null, least: string): string =>
  rate === null ? 'failures unknown' : `${least}${percent(rate)} failed`

const Tools = ({ data: { tools }, least, off }: Shown<QueryDataOf<'ToolUsage'>>) =>
  tools.length === 0 ? (
    <p class="empty">No tool to show.</p>
  ) : (
    <>
      <Bars
        caption="Uses of tools"
        titles={['Tool', `Uses${off.values}`, 'Change, machines, failures']}
        bars={tools.slice(0, TOOLS_MAX).map((row) => ({
          label: row.tool,
          value: row.uses,
          least: least(row.tool),
          note: [
            ...(row.change === null ? [] : [more(row.change)]),
            `${counted(row.nodes, 'machine')}${off.nodes}`,
            failedWords(row.failure_rate, least(`failed:${row.tool}`)),
          ]
            // In a narrow window it breaks between its parts only.
            .map((part) => part.replaceAll(' ', '\u00a0'))
            .join(', '),
        }))}
      />
      <p class="quiet">{cut(TOOLS_MAX, tools.length, 'tools')}</p>
    </>
  )

const Safety = ({ data, least, off }: Shown<QueryDataOf<'SafetyPosture'>>) => (
  <>
    <Figures
      figures={[
        {
          label: 'Blocked',
          value: atLeast(least, 'act:blocked', data.blocked, off.values),
          note: 'by the guard',
        },
        {
          label: 'Confirmed',
          value: atLeast(least, 'act:confirmed_risky', data.confirmed_risky, off.values),
          note: 'risky, but confirmed',
        },
        {
          label: 'Declined',
          value: atLeast(least, 'act:declined', data.declined, off.values),
          note: 'asked about, not run',
        },
        {
          label: 'Made by programs',
          value: atLeast(least, 'act:karo_generated', data.karo_generated, off.values),
        },
        {
          label: 'Guard on',
          value: `${number(data.guard.on)}${data.guard.on === null ? '' : off.nodes}`,
          note: `of ${counted(data.nodes_reporting, 'machine')}`,
        },
      ]}
    />
    <Bars
      caption="Commands by risk"
      titles={['Risk', `Commands${off.values}`, 'Change']}
      bars={(['safe', 'moderate', 'high', 'critical'] as const).map((level) => ({
        label: level,
        tone: level,
        value: data.by_risk_level[level],
        least: least(`risk:${level}`),
        note: more(data.change?.by_risk_level[level] ?? null),
      }))}
    />
  </>
)

function Activity({ data, least, off }: Shown<QueryDataOf<'ActivityPatterns'>>) {
  const bars = (
    values: readonly (number | null)[],
    name: (i: number) => string,
    rowOf?: (i: number) => string,
  ): Bar[] =>
    values.map((value, i) => ({
      label: name(i),
      value,
      least: rowOf === undefined ? '' : least(rowOf(i)),
    }))
  return (
    <>
      <Figures
        figures={[
          {
            label: 'Commands',
            value: atLeast(least, 'all', data.total_commands, off.values),
            note: moreThanBefore(data.change),
          },
          { label: 'Different', value: number(data.unique_commands) },
        ]}
      />
      <div class="pair">
        <Bars
          caption="Commands by hour of the day"
          titles={['Hour', `Commands${off.values}`]}
          bars={bars(
            data.hourly,
            (hour) => `${hour}:00`,
            (hour) => `hour:${String(hour).padStart(2, '0')}`,
          )}
        />
        <Bars
          caption="Commands by weekday"
          titles={['Day', `Commands${off.values}`]}
          bars={bars(
            data.daily,
            (day) => DAYS[day] ?? '',
            () => 'all',
          )}
        />
      </div>
    </>
  )
}

const Signals = ({ data: { signals, nodes_reporting }, least, off }: Shown<QueryDataOf<'Anomalies'>>) =>
  signals.length === 0 ? (
    <p class="empty">No anomaly to show of {counted(nodes_reporting, 'machine')}.</p>
  ) : (
    <Table
      caption="Anomalies"
      rows={signals}
      keyOf={({ type, severity }) => `${type} ${severity}`}
      columns={{
        What: ({ type }) => signalWords(type),
        Severity: {
          cell: ({ severity, severity_most: most }) => (severity === most ? severity : `${severity}–${most}`),
          right: true,
        },
        [`Began${off.values}`]: {
          // The row of totals is of a type and a band of severity.
          cell: (row) => atLeast(least, `${row.type}:${bandOf(row.severity)}`, row.count, ''),
          right: true,
        },
        [`Machines${off.nodes}`]: 'nodes',
        Change: { cell: ({ change }) => more(change), right: true },
      }}
    />
  )

/** Whatever is counted by names. */
function Counted({ data, type, least, off }: Shown<QueryDataOf<CountedType>> & { readonly type: AskedType }) {
  const [title = '', names = '', counts = ''] = TITLES[type]
  return (
    <>
      <Bars
        caption={title}
        titles={[names, `${counts}${off.values}`, 'Change, machines']}
        bars={data.rows.map(({ name, count, nodes, change }) => ({
          label: name,
          value: count,
          least: least(name),
          note: `${more(change)}, ${counted(nodes, 'machine')}${off.nodes}`,
        }))}
      />
      <p class="quiet">{data.all !== null && `All together: ${number(data.all)}${off.values}`}</p>
    </>
  )
}

const Health = ({ data: { nodes } }: { readonly data: QueryDataOf<'NodeHealth'> }) => (
  <Table
    caption="Machines"
    rows={nodes}
    keyOf="node_id"
    columns={{
      Machine: (node) => <NodeName node={node} />,
      State: ({ online }) => <State tone={online ? 'good' : 'warn'}>{online ? 'online' : 'away'}</State>,
      Version: ({ version }) => <Foreign text={version ?? '–'} />,
      'Commands in a day': 'events_24h',
      'Last seen': ({ last_seen }) => (last_seen < '1971' ? 'not in 7 d' : <Time at={last_seen} as="ago" />),
    }}
  />
)
