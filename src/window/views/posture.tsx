// Posture: the report of what was released to this person's role. Every number says how many machines are behind it.
import { useState } from 'preact/hooks'
import { signalWords } from '../../api/contract/client/page.ts'
import { postReport } from '../../api/contract/operations/query.ts'
import type { ReportShape } from '../../api/contract/shapes.ts'
import {
  type Bar,
  Bars,
  Choice,
  Command,
  change,
  counted,
  cut,
  Figures,
  Foreign,
  Group,
  NodeName,
  Notes,
  number,
  Panel,
  percent,
  plain,
  Shown,
  Table,
  Time,
} from '../parts/index.ts'
import { Trend } from '../parts/trend.tsx'
import { client, useAsked } from '../state/index.ts'
import { lastDays } from './last-days.ts'

const SPANS = [7, 30, 90]
const ROWS_MAX = 15

/**
 * The report is made anew for another time or team, on a refresh, and where a threshold is crossed while the page is shown. A view that polled would
 * ask each machine again and again for anomalies by name, and each notes the question in its ledger.
 */
export function Posture() {
  const [days, setDays] = useState(30)
  /** A subnet is a team too, where its machines joined by an invite of their own. */
  const [team, setTeam] = useState('')
  const asked = useAsked(
    (signal) =>
      client.call(postReport, {
        body: { range: lastDays(days), ...(team !== '' && { team }) },
        signal,
        deadlineMs: 60_000,
      }),
    { key: `report ${days} ${team}`, on: ['report_threshold'] },
  )
  const choose = (
    <span class="actions">
      <Choice
        label="In the last"
        value={days}
        choices={SPANS.map((one) => [one, `${one} days`])}
        onChoose={setDays}
      />
      <label>
        Team or subnet{' '}
        {/* Its text is its own, so that what is being typed stays when the report comes anew. */}
        <input
          maxLength={64}
          placeholder="all"
          onChange={({ currentTarget }) => setTeam(currentTarget.value.trim())}
        />
      </label>
      <button type="button" onClick={() => print()}>
        Print
      </button>
    </span>
  )
  return (
    <>
      <Panel title="At a glance" wide actions={choose}>
        <Shown asked={asked}>{(report) => <Glance report={report} />}</Shown>
      </Panel>
      {asked.data !== undefined && <Sections report={asked.data} days={days} team={team} />}
    </>
  )
}

function Glance({ report }: { readonly report: ReportShape }) {
  const { risk, machines, anomalies, coverage, source, audience, k } = report
  const least = leastOf(coverage)
  return (
    <>
      <p class="quiet">
        {audience !== null && `Totals for the role ${plain(audience)}. `}
        {k > 0 && `What fewer than ${k} machines have is not told. `}Made{' '}
        <Time at={report.made_at} as="ago" />
        {report.asked_as !== null && (
          <>
            {' '}
            for <Foreign text={report.asked_as} />
          </>
        )}
        .
      </p>
      <Figures
        figures={[
          {
            label: 'Risky commands',
            value: risk.risky.share === null ? '–' : `at least ${percent(risk.risky.share)}`,
            note: `high and critical; ${risk.risky.before === null ? '–' : `at least ${percent(risk.risky.before)}`} before`,
            tone: (risk.risky.share ?? 0) > 0.05 && 'warn',
          },
          {
            label: 'Anomalies',
            value: anomalies.state === 'shown' ? sumOf(anomalies.rows) : '–',
            note: `that began; machines still learning: ${number(anomalies.learning)}`,
          },
          {
            label: 'Machines there',
            value: `${number(machines.seen)} of ${number(machines.enrolled)}`,
            note: `${number(machines.missing_total)} missing`,
            tone: machines.missing_total > 0 && 'warn',
          },
          {
            label: 'Take part',
            value: least === undefined ? '–' : `${number(least.contributed)} of ${number(least.expected)}`,
            note:
              least === undefined
                ? 'no period yet'
                : `in ${plain(least.category)}, the lowest of all categories; ${percent(least.consent)} of the machines heard take part`,
          },
          {
            label: 'Questions in a day',
            value: number(source.asked + source.answered),
            note:
              source.average_ms === null
                ? 'none asked here'
                : `${Math.round(source.average_ms)} ms on average`,
          },
        ]}
      />
      <Notes notes={report.notes} />
    </>
  )
}

/** What is not told counts for nothing in a sum, so the sum then says that there may be more. */
function sumOf(rows: ReportShape['anomalies']['rows']): string {
  const known = rows.flatMap(({ value }) => value ?? [])
  if (known.length === 0) return 'not told'
  return atLeast({
    value: known.reduce((sum, value) => sum + value, 0),
    at_least: known.length < rows.length || rows.some((row) => row.at_least),
  })
}

const atLeast = ({ value, at_least }: { readonly value: number | null; readonly at_least: boolean }) =>
  value !== null && at_least ? `at least ${number(value)}` : number(value)

/** What is said of one part alone, and that there is nothing where there is nothing. */
const Ground = ({ part, report }: { readonly part: Ground; readonly report: ReportShape }) => (
  <>
    <Notes notes={part.notes.filter((note) => !report.notes.includes(note))} />
    {part.state === 'nothing' && <p class="empty">Nothing of this time was released.</p>}
  </>
)

type Ground = Pick<ReportShape['risk'], 'state' | 'periods' | 'of' | 'machines' | 'notes'>

type Row = Pick<ReportShape['risk']['levels'][number], 'value' | 'machines' | 'at_least' | 'change'>

/** `+12% on 6 machines`: a change, and on how many machines it rests; without one, how many are behind the number. */
function behind({ change: moved, machines }: Row): string {
  if (machines === null) return 'none, or too few to be told'
  return moved === null || moved.share === null
    ? counted(machines, 'machine')
    : `${change(moved.share)} on ${counted(moved.machines.now.most, 'machine')}`
}

const barOf = (label: string, row: Row, note = behind(row), tone?: Bar['tone']) => ({
  label,
  value: row.value,
  least: row.at_least ? '≥ ' : '',
  note,
  tone,
})

interface SectionsProps {
  readonly report: ReportShape
  readonly days: number
  /** Empty: all machines. */
  readonly team: string
}

function Sections({ report, days, team }: SectionsProps) {
  const { risk, tools, anomalies } = report
  return (
    <>
      <Group>
        <Panel title="Risk" note={groundOf(risk, report)}>
          <Ground part={risk} report={report} />
          {risk.state === 'shown' && (
            <>
              <Bars
                caption="Commands by risk"
                titles={['Risk', 'Commands', 'Share and change']}
                bars={risk.levels.map((row) => barOf(row.level, row, shareOf(row, risk.commands), row.level))}
              />
              <Bars
                caption="What the guard did, and who wrote the commands"
                titles={['Commands', 'Number', 'Share and change']}
                bars={risk.acts.map((row) => barOf(ACT_WORDS[row.act], row, shareOf(row, risk.commands)))}
              />
            </>
          )}
        </Panel>
        <Panel
          title="Risky commands over time"
          note="High and critical, of the machines in each total. Days are those of UTC."
        >
          {risk.trend.length === 0 ? (
            <p class="empty">No period of this time was released.</p>
          ) : (
            <Trend
              title="Risky commands"
              counts="Risky"
              by="day"
              isUtc
              points={risk.trend.map(({ start, risky }) => ({ start, value: risky }))}
            />
          )}
        </Panel>
        <Panel title="Tools" wide note={groundOf(tools, report)}>
          <Ground part={tools} report={report} />
          {tools.state === 'shown' && (
            <>
              <Bars
                caption="Uses of tools"
                titles={['Tool', 'Uses', 'Change']}
                bars={tools.rows.slice(0, ROWS_MAX).map((row) => barOf(row.tool, row))}
              />
              <p class="quiet">
                {cut(ROWS_MAX, tools.rows.length, 'tools')} Told now and not before: {names(tools.new)}. Told
                before and not now: {names(tools.vanished)}.
              </p>
            </>
          )}
        </Panel>
      </Group>
      <Group>
        <Panel title="Anomalies" note={groundOf(anomalies, report)}>
          <Ground part={anomalies} report={report} />
          <Named anomalies={anomalies} />
          {anomalies.state === 'shown' && <p class="quiet">{escalationIn(anomalies)}</p>}
          {anomalies.state === 'shown' &&
            (anomalies.rows.length === 0 ? (
              <p class="empty">None to show.</p>
            ) : (
              <Table
                caption="Anomalies"
                rows={anomalies.rows}
                keyOf={({ type, severity }) => `${type} ${severity}`}
                columns={{
                  What: ({ type }) => signalWords(type),
                  Severity: {
                    cell: ({ severity, severity_most: most }) => `${severity}–${most}`,
                    right: true,
                  },
                  Began: { cell: atLeast, right: true },
                  Machines: 'machines',
                }}
              />
            ))}
        </Panel>
        {report.counted.map((part) => (
          <Panel key={part.query_type} title={part.title} note={groundOf(part, report)}>
            <Ground part={part} report={report} />
            {part.rows.length === 0 ? (
              part.state === 'shown' && <p class="empty">None, or on too few machines to be told.</p>
            ) : (
              <Bars
                caption={part.title}
                titles={[part.names, part.counts, 'Change']}
                bars={part.rows.map((row) => barOf(row.name, row))}
              />
            )}
          </Panel>
        ))}
        <Coverage report={report} />
        <Machines report={report} />
        <AsFile days={days} team={team} />
      </Group>
    </>
  )
}

const ACT_WORDS: Readonly<Record<ReportShape['risk']['acts'][number]['act'], string>> = {
  blocked: 'blocked by the guard',
  confirmed_risky: 'confirmed by a person',
  declined: 'declined by a person',
  karo_generated: 'run by AI tools and programs',
}

/** Of all commands, at least that where some periods or machines do not tell the row; then the change. */
function shareOf(row: Row, commands: number | null): string {
  const { value, at_least } = row
  if (value === null || commands === null || commands === 0) return behind(row)
  return `${at_least ? 'at least ' : ''}${percent(value / commands)}; ${behind(row)}`
}

/** None is said only where the totals could have shown one. */
function escalationIn({ rows }: ReportShape['anomalies']): string {
  const found = rows.filter(({ type }) => type === 'privilege_escalation')
  return found.length === 0
    ? 'No privilege escalation is in these totals: none began, or on too few machines to be shown.'
    : `Privilege escalation: ${sumOf(found)}.`
}

const Named = ({ anomalies: { named } }: { readonly anomalies: ReportShape['anomalies'] }) =>
  named === undefined || named.nodes === 0 ? (
    <p class="quiet">By name: no machine lets this role see its own.</p>
  ) : named.rows.length === 0 ? (
    <p class="quiet">
      Nothing began on the {counted(named.nodes, 'machine')} whose people let them be named.
    </p>
  ) : (
    <Table
      caption="Anomalies by machine, of people who let them be named"
      rows={named.rows}
      keyOf={({ fingerprint, type, severity, hour }) => `${fingerprint} ${type} ${severity} ${hour}`}
      columns={{
        Machine: 'name',
        Teams: ({ teams }) => <Foreign text={teams.join(', ') || '–'} />,
        What: ({ type, subjects }) => <Foreign text={signalWords(type, subjects)} />,
        Severity: { cell: ({ severity }) => String(severity), right: true },
        Began: 'count',
        When: ({ hour }) => <Time at={hour} />,
      }}
    />
  )

const AsFile = ({ days, team }: Pick<SectionsProps, 'days' | 'team'>) => (
  <Panel title="As a file">
    <p>
      <Command
        text={`karo report --last ${days}d${team === '' ? '' : ` --team '${team.replaceAll("'", "'\\''")}'`} --format html --out report.html`}
      />
    </p>
    <p class="quiet">The same report as one page of HTML; md, csv and json as well.</p>
  </Panel>
)

const groundOf = (
  { state, periods, of, machines }: Ground,
  { audience }: Pick<ReportShape, 'audience'>,
): string =>
  state === 'withheld'
    ? audience === null
      ? 'No totals.'
      : 'Withheld.'
    : `${periods} of ${counted(of, 'period')} released${machines === null ? '' : `, of ${span(machines)}`}.`

const span = ({ least, most }: { readonly least: number; readonly most: number }): string =>
  least === most ? counted(most, 'machine') : `${least} to ${most} machines`

const names = (moves: ReportShape['tools']['new']): string =>
  moves.length === 0 ? 'none' : moves.map(({ tool }) => tool).join(', ')

type CoverageRow = ReportShape['coverage']['rows'][number]

/** The category with the least part of its machines in the totals; undefined while no period was released. */
const leastOf = ({ rows }: ReportShape['coverage']): CoverageRow | undefined =>
  rows.toSorted((a, b) => partOf(a) - partOf(b))[0]

/** Which part of the expected machines is in the totals of a category. */
const partOf = ({ contributed, expected }: CoverageRow): number =>
  expected === 0 ? 1 : contributed / expected

const Coverage = ({ report: { coverage } }: { readonly report: ReportShape }) => (
  <Panel title="Coverage and consent" note="Of the newest period that was released.">
    {coverage.rows.length === 0 ? (
      <p class="empty">No period was released yet.</p>
    ) : (
      <Table
        caption="Who took part"
        rows={coverage.rows}
        keyOf="category"
        columns={{
          Category: ({ category }) => plain(category),
          In: 'contributed',
          Declined: 'declined',
          Late: 'late',
          Refused: 'refused',
          Absent: 'absent',
          Consent: { cell: ({ consent }) => percent(consent), right: true },
        }}
      />
    )}
  </Panel>
)

const Machines = ({ report: { machines } }: { readonly report: ReportShape }) => (
  <Panel
    title="Expected and missing machines"
    note={`${number(machines.enrolled)} expected, ${number(machines.seen)} of them there now; ${number(machines.never_enrolled)} seen without a certificate.`}
  >
    {machines.missing.length === 0 ? (
      <p class="empty">No machine is missing.</p>
    ) : (
      <Table
        caption="Missing machines"
        rows={machines.missing}
        keyOf="fingerprint"
        columns={{
          Machine: (node) => <NodeName node={node} />,
          'Last seen': ({ last_seen }) => <Time at={last_seen} as="ago" />,
        }}
      />
    )}
  </Panel>
)
