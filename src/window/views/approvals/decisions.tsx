// What became of requests: who decided, why, and how often it ran.
import { getApprovalsLog } from '../../../api/contract/operations/agents/approvals.ts'
import type { EndedApprovalShape } from '../../../api/contract/shapes.ts'
import { Panel, Shown } from '../../parts/panel.tsx'
import { type Columns, Table } from '../../parts/table.tsx'
import { Code, Foreign, number, State } from '../../parts/words.tsx'
import { useAnswer } from '../../state/asked.ts'
import { ActionClass } from './action-class.tsx'

const LIMIT = 100
const TONES = { used: 'good', unused: 'quiet', denied: 'warn', expired: 'warn', withdrawn: 'quiet' } as const

export function Decisions() {
  const asked = useAnswer(getApprovalsLog, ['approval_decided'], { query: { limit: LIMIT } })
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

const COLUMNS: Columns<EndedApprovalShape> = {
  Ended: 'ended_at',
  Outcome: ({ outcome }) => <State tone={TONES[outcome]}>{outcome}</State>,
  Class: (entry) => <ActionClass of={entry.class} />,
  Agent: 'agent',
  What: { cell: ({ line }) => <Code text={line} />, long: true },
  By: 'by',
  Why: ({ reason }) => (reason === '' ? '–' : <Foreign text={reason} />),
  Ran: 'uses',
}
