// What became of requests: who decided, why, and how often it ran.
import { getApprovalsLog } from '../../../api/contract/operations/agents/approvals.ts'
import type { EndedApprovalShape } from '../../../api/contract/shapes.ts'
import { Panel, Shown } from '../../parts/panel.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { Code, Foreign, number, State, Time } from '../../parts/words.tsx'
import { useAsked } from '../../state/asked.ts'
import { client } from '../../state/session.ts'
import { ActionClass } from './action-class.tsx'

const LIMIT = 100
const TONES = { used: 'good', unused: 'quiet', denied: 'warn', expired: 'warn', withdrawn: 'quiet' } as const

export function Decisions() {
  const asked = useAsked((signal) => client.call(getApprovalsLog, { query: { limit: LIMIT }, signal }), {
    key: 'approvals log',
    on: ['approval_decided'],
  })
  return (
    <Panel
      title="Decisions"
      wide
      note={`The newest ${number(LIMIT)}: the outcome of requests, and who decided.`}
    >
      <Shown
        asked={asked}
        empty={({ entries }) => (entries.length === 0 ? <p>Nothing was decided yet.</p> : undefined)}
      >
        {({ entries }) => (
          <Table
            caption="Decisions"
            rows={entries}
            keyOf={({ id, ended_at }) => `${id} ${ended_at}`}
            columns={COLUMNS}
          />
        )}
      </Shown>
    </Panel>
  )
}

const COLUMNS: readonly Column<EndedApprovalShape>[] = [
  { title: 'Ended', cell: ({ ended_at }) => <Time at={ended_at} as="ago" /> },
  { title: 'Outcome', cell: ({ outcome }) => <State tone={TONES[outcome]}>{outcome}</State> },
  { title: 'Class', cell: (entry) => <ActionClass of={entry.class} /> },
  { title: 'Agent', cell: ({ agent }) => <Foreign text={agent} /> },
  { title: 'What', long: true, cell: ({ line }) => <Code text={line} /> },
  { title: 'By', cell: ({ by }) => <Foreign text={by} /> },
  { title: 'Why', cell: ({ reason }) => (reason === '' ? '–' : <Foreign text={reason} />) },
  { title: 'Ran', right: true, cell: ({ uses }) => number(uses) },
]
