// Me: a person's own day, week, month or year, as numbers and as the newest commands.
import { useEffect, useState } from 'preact/hooks'
import { duration } from '../../api/contract/client/page.ts'
import { getAnomalies, muteAnomalies, seeAnomalies } from '../../api/contract/operations/anomalies.ts'
import { getHistory } from '../../api/contract/operations/history.ts'
import { getStats } from '../../api/contract/operations/stats.ts'
import type { AnomalyShape, EventShape, StatisticsShape } from '../../api/contract/shapes.ts'
import {
  Act,
  Bars,
  Choice,
  Code,
  type Columns,
  change,
  compared,
  counted,
  cut,
  Figures,
  Group,
  Heat,
  number,
  Panel,
  percent,
  plain,
  Risk,
  Shown,
  Table,
  Time,
} from '../parts/index.ts'
import { Trend } from '../parts/trend.tsx'
import { client, refreshStatus, status, useAnswer } from '../state/index.ts'

type Period = StatisticsShape['period']
const PERIODS: Readonly<Record<Period, string>> = {
  today: 'Today',
  week: 'This week',
  month: 'This month',
  year: 'This year',
}
const BARS_MAX = 10
const WEEK_MS = 7 * 86_400_000
/** Commands that are asked for at once. */
const SHOWN = 20
/** A search begins when nobody typed for so long. */
const PAUSE_MS = 250
const LEVELS = ['', 'moderate', 'high', 'critical'] as const

export function Me() {
  const [period, setPeriod] = useState<Period>('today')
  const asked = useAnswer(getStats, ['command_recorded'], { query: { period } })
  const choose = (
    <fieldset class="choice">
      <legend class="hidden">Period</legend>
      {(Object.keys(PERIODS) as Period[]).map((one) => (
        <label key={one}>
          <input type="radio" name="period" checked={one === period} onChange={() => setPeriod(one)} />
          {PERIODS[one]}
        </label>
      ))}
    </fieldset>
  )
  return (
    <>
      <Group>
        <Panel title="Activity" wide actions={choose}>
          <Shown asked={asked} empty={nothing}>
            {(stats) => <Activity stats={stats} />}
          </Shown>
        </Panel>
        <Commands />
      </Group>
      <Group>
        <Anomalies />
        {asked.data !== undefined && asked.data.total_commands > 0 && <Numbers stats={asked.data} />}
      </Group>
    </>
  )
}

const nothing = ({ total_commands, guard }: StatisticsShape) =>
  total_commands === 0 &&
  guard.blocked === 0 && (
    <>
      <p>No commands are recorded of this time.</p>
      {status.value?.store.events === 0 && (
        <p class="quiet">A shell records them once it has the hook: karo shell install</p>
      )}
    </>
  )

function Activity({ stats }: { readonly stats: StatisticsShape }) {
  const { total_commands: total, failures, unknown, guard, by_risk_level: risk, before } = stats
  const risky = risk.high + risk.critical
  return (
    <>
      <Figures
        figures={[
          { label: 'Commands', value: number(total), note: before && compared(stats.change) },
          { label: 'Made by programs', value: number(stats.karo_generated), note: 'run by AI tools for you' },
          {
            label: 'Risky commands',
            value: number(risky),
            note: 'high or critical',
            tone: risky > 0 && 'warn',
          },
          {
            label: 'Guard',
            value: number(guard.blocked),
            note: `blocked; ${number(guard.confirmed)} confirmed, ${number(guard.declined)} declined`,
          },
          {
            label: 'Failed',
            value: total === unknown ? '–' : percent(failures / (total - unknown)),
            note: `${counted(failures, 'command')}${unknown === 0 ? '' : `; ${number(unknown)} of unknown end`}`,
          },
          {
            label: 'Average time',
            value: total === 0 ? '–' : duration(stats.total_duration_ms / total),
            note: `${counted(stats.active_days, 'active day')}, streak ${stats.streak.current}`,
          },
        ]}
      />
      <Trend
        title="Commands over time"
        counts="Commands"
        by={stats.timeline.unit}
        points={stats.timeline.points.map(({ start, count }) => ({ start, value: count }))}
      />
    </>
  )
}

function Numbers({ stats }: { readonly stats: StatisticsShape }) {
  const { by_risk_level: risk, categories, tools, failing, heat } = stats
  return (
    <>
      <Panel title="Categories" note={cut(BARS_MAX, categories.length, 'categories')}>
        <Bars
          caption="Commands by category"
          titles={['Category', 'Commands', 'Change']}
          bars={categories.slice(0, BARS_MAX).map((row) => ({
            label: plain(row.category),
            value: row.count,
            note: change(row.change),
          }))}
        />
      </Panel>
      <Panel title="Tools" note={cut(BARS_MAX, tools.length, 'tools')}>
        <Bars
          caption="Commands by tool"
          titles={['Tool', 'Commands', 'Change']}
          bars={tools.slice(0, BARS_MAX).map((row) => ({
            label: row.tool,
            value: row.count,
            note: change(row.change),
          }))}
        />
      </Panel>
      <Panel title="Hours and weekdays" note="In the local time of this machine.">
        <Heat rows={heat} />
      </Panel>
      <Panel title="Risk" note="Levels of the commands that ran, by the rules.">
        <Bars
          caption="Commands by risk"
          titles={['Risk', 'Commands']}
          bars={(['safe', 'moderate', 'high', 'critical'] as const).map((level) => ({
            label: level,
            value: risk[level],
            tone: level,
          }))}
        />
      </Panel>
      <Panel
        title="Failures"
        note="Tools whose commands failed more than before, then those that failed most."
      >
        {failing.length === 0 ? (
          <p class="empty">No tool failed often enough to be listed.</p>
        ) : (
          <Table
            caption="Tools that failed"
            rows={failing}
            keyOf="tool"
            columns={{
              Tool: ({ tool }) => tool,
              Failed: 'failures',
              Rate: { cell: ({ rate }) => percent(rate), right: true },
              Before: { cell: ({ previous_rate }) => percent(previous_rate), right: true },
            }}
          />
        )}
      </Panel>
    </>
  )
}

function Anomalies() {
  const asked = useAnswer(getAnomalies, ['anomaly_found'])
  const mute = async ({ id }: AnomalyShape): Promise<void> => {
    await client.call(muteAnomalies, { body: { what: id, for_ms: WEEK_MS } })
    asked.again()
  }
  // What is new is never behind what was seen, so that all of it can be marked.
  const shown = (asked.data?.signals ?? [])
    .toSorted((a, b) => Number(a.seen) - Number(b.seen))
    .slice(0, BARS_MAX)
  const unseen = shown.filter(({ seen }) => !seen).map(({ id }) => id)
  const see = async (): Promise<void> => {
    await client.call(seeAnomalies, { body: { ids: unseen } })
    asked.again()
    await refreshStatus()
  }
  return (
    <Panel
      title="Unusual for you"
      actions={unseen.length > 0 && <Act run={see}>I have seen these</Act>}
      note={`Compared with your own days. Only you see this. ${cut(BARS_MAX, asked.data?.signals.length ?? 0, 'signals') ?? ''}`}
    >
      <Shown
        asked={asked}
        empty={({ signals }) => signals.length === 0 && <p>Nothing unusual was found in your numbers.</p>}
      >
        {() => (
          <ul class="list">
            {shown.map((one) => (
              <li key={one.id}>
                <span>
                  {!one.seen && <span class="count">new</span>} <b>{plain(one.kind)}</b> {one.words}{' '}
                  <span class="quiet">
                    severity {one.severity}, <Time at={one.last_seen} as="ago" />
                  </span>
                </span>
                <Act run={() => mute(one)}>Mute for a week</Act>
              </li>
            ))}
          </ul>
        )}
      </Shown>
    </Panel>
  )
}

/** The newest commands of the person, or those that a search finds. */
function Commands() {
  const [typed, setTyped] = useState('')
  const [words, setWords] = useState<readonly string[]>([])
  const [risk, setRisk] = useState<(typeof LEVELS)[number]>('')
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setWords(typed.split(/\s+/).filter((word) => word !== '')), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [typed])
  const query = {
    limit: SHOWN,
    ...(words.length > 0 && { word: words.slice(0, 32) }),
    ...(risk !== '' && { risk }),
    ...(failed && { failed }),
  }
  const asked = useAnswer(getHistory, ['command_recorded'], { query })
  const isSearch = words.length > 0 || risk !== '' || failed
  return (
    <Panel
      title={isSearch ? 'Commands found' : 'Recent commands'}
      wide
      note={
        <>
          {asked.data !== undefined && asked.data.total > SHOWN && (
            <>
              The newest {SHOWN} of {counted(asked.data.total, 'command')}.{' '}
            </>
          )}
          Lines that the guard blocked, or that you declined, are not here: they never ran. The key Up in your
          shell brings them back.
        </>
      }
      actions={
        <search class="filters">
          <input
            type="search"
            aria-label="Words in the command"
            placeholder="Search your commands"
            value={typed}
            onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          />
          <Choice
            label="Risk"
            value={risk}
            choices={LEVELS.map((one) => [one, one === '' ? 'any' : `${one} or above`])}
            onChoose={setRisk}
          />
          <label>
            <input
              type="checkbox"
              checked={failed}
              onChange={({ currentTarget }) => setFailed(currentTarget.checked)}
            />{' '}
            failed only
          </label>
        </search>
      }
    >
      <Shown
        asked={asked}
        empty={({ events }) =>
          events.length > 0 ? undefined : isSearch ? (
            <p>No command of yours fits that.</p>
          ) : (
            <p>No command is recorded yet.</p>
          )
        }
      >
        {({ events }) => <Table caption="Your commands" rows={events} keyOf="id" columns={COMMANDS} />}
      </Shown>
    </Panel>
  )
}

const COMMANDS: Columns<EventShape> = {
  When: ({ timestamp }) => <Time at={timestamp} as="ago" />,
  Command: { cell: ({ command }) => <Code text={command} />, long: true },
  Risk: ({ risk_level }) => <Risk level={risk_level} />,
  // A command without this mark may be older than the mark, or imported, or its mark was lost.
  Guard: ({ confirmed }) => (confirmed ? 'asked: you confirmed it' : '–'),
  Category: ({ category }) => plain(category),
  Exit: {
    right: true,
    cell: ({ exit_code }) =>
      exit_code === null ? '–' : exit_code === 0 ? '0' : <b class="bad">{exit_code}</b>,
  },
  Took: {
    right: true,
    cell: ({ duration_ms }) => (duration_ms === null ? '–' : duration(duration_ms)),
  },
}
