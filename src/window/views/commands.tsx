// The newest commands of a person, or those that a search finds.
import { useEffect, useState } from 'preact/hooks'
import { duration } from '../../api/contract/client/page.ts'
import { getHistory } from '../../api/contract/operations/history.ts'
import type { EventShape } from '../../api/contract/shapes.ts'
import { Panel, Shown } from '../parts/panel.tsx'
import { type Columns, Table } from '../parts/table.tsx'
import { Code, counted, plain, Risk, Time } from '../parts/words.tsx'
import { useAnswer } from '../state/asked.ts'

const SHOWN = 20
/** A search begins when nobody typed for so long. */
const PAUSE_MS = 250
const RISKS = ['', 'moderate', 'high', 'critical'] as const

export function Commands() {
  const [typed, setTyped] = useState('')
  const [words, setWords] = useState<readonly string[]>([])
  const [risk, setRisk] = useState<(typeof RISKS)[number]>('')
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
          <label>
            Risk{' '}
            <select
              value={risk}
              onChange={({ currentTarget }) => setRisk(RISKS[currentTarget.selectedIndex] ?? '')}
            >
              {RISKS.map((one) => (
                <option key={one} value={one}>
                  {one === '' ? 'any' : `${one} or above`}
                </option>
              ))}
            </select>
          </label>
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
        {({ events }) => <Table caption="Your commands" rows={events} keyOf="id" columns={COLUMNS} />}
      </Shown>
    </Panel>
  )
}

const COLUMNS: Columns<EventShape> = {
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
