// Who asked this machine, what about, and what became of it: part of the views of sharing and of the ledger.
import { whoAsked } from '../../api/contract/operations/audit.ts'
import type { AskersShape } from '../../api/contract/shapes.ts'
import { type Columns, NodeName, number, Panel, Shown, State, Table, Time } from '../parts/index.ts'
import { useAnswer } from '../state/asked.ts'

export function WhoAsked() {
  const asked = useAnswer(whoAsked, ['query_answered'])
  return (
    <Panel title="Who asked" wide note="Questions to this machine in the last 30 days, from its ledger.">
      <Shown
        asked={asked}
        empty={({ askers }) => askers.length === 0 && <p>Nobody asked this machine anything.</p>}
      >
        {({ askers }) => (
          <Table
            caption="Who asked this machine"
            rows={askers}
            keyOf={({ node_id, operator, query_type }) => `${node_id} ${operator?.node_id} ${query_type}`}
            columns={ASKERS}
          />
        )}
      </Shown>
    </Panel>
  )
}

const ASKERS: Columns<AskersShape['askers'][number]> = {
  Who: (row) => (
    <>
      {row.operator !== null && (
        <>
          <NodeName node={row.operator} /> through{' '}
        </>
      )}
      <NodeName node={row} />
    </>
  ),
  About: ({ query_type }) => query_type ?? 'refused unread',
  Asked: 'asked',
  Answered: 'allowed',
  Refused: {
    cell: ({ refused }) => (refused > 0 ? <State tone="warn">{number(refused)}</State> : '0'),
    right: true,
  },
  Last: ({ last }) => <Time at={last} as="ago" />,
}
