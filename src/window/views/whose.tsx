// Whose numbers a result rests on: what each machine gave, and what became of the question at each.
import { signalWords } from '../../api/contract/client/page.ts'
import type { QueryResult } from '../../api/contract/shapes.ts'
import { type Columns, counted, NodeName, number, Panel, plain, State, Table, Time } from '../parts/index.ts'

type PerNode = NonNullable<QueryResult['nodes']>[number]

/** One line that says what a machine gave. */
function saidBy(node: PerNode): string {
  if (node.tools !== undefined) {
    const uses = node.tools.reduce((sum, tool) => sum + tool.uses, 0)
    const most = node.tools.slice(0, 3).map(({ tool }) => tool)
    return `${counted(uses, 'use')}: ${most.join(', ')}`
  }
  if (node.safety !== undefined) {
    const { high, critical } = node.safety.by_risk_level
    return `${number(high)} high, ${number(critical)} critical; guard ${node.safety.guard}`
  }
  if (node.counted !== undefined)
    return node.counted.map(({ name, count }) => `${name} ${number(count)}`).join(', ') || '–'
  if (node.activity !== undefined) return counted(node.activity.total_commands, 'command')
  if (node.anomalies !== undefined) {
    const { signals } = node.anomalies
    const most = signals.slice(0, 3).map(({ type, subjects }) => signalWords(type, subjects))
    return `${counted(signals.length, 'signal')}${most.length === 0 ? '' : `: ${most.join(', ')}`}`
  }
  return '–'
}

const NODE_COLUMNS: Columns<PerNode> = {
  Machine: (node) => <NodeName node={node} />,
  Says: saidBy,
  Source: ({ source }) => source,
  'As of': ({ as_of }) => <Time at={as_of} as="ago" />,
}

export const Nodes = ({ nodes }: { readonly nodes: readonly PerNode[] }) => (
  <Table caption="Each machine by itself" rows={nodes} keyOf="fingerprint" columns={NODE_COLUMNS} />
)

const TONES = { answered: 'good', from_summary: 'good', denied: 'warn', withheld: 'warn' } as const

export function Whose({ result: { coverage, level } }: { readonly result: QueryResult }) {
  return (
    <Panel
      title="Whose numbers"
      wide
      note={`${coverage.answered} of ${counted(coverage.known, level === 2 ? 'machine' : 'other machine')} answered, ${coverage.from_summary} by a summary, ${coverage.denied} refused, ${coverage.unreachable} could not be reached.`}
    >
      {coverage.nodes.length === 0 ? (
        <p class="empty">
          {level === 2 ? 'Totals do not name their machines.' : 'No other machine was asked.'}
        </p>
      ) : (
        <Table
          caption="Outcome at each machine"
          rows={coverage.nodes}
          keyOf="fingerprint"
          columns={{
            Machine: (node) => <NodeName node={node} />,
            Outcome: ({ outcome }) => (
              <State tone={TONES[outcome as keyof typeof TONES] ?? 'bad'}>{plain(outcome)}</State>
            ),
            Why: {
              cell: ({ outcome, why }) =>
                why !== undefined
                  ? plain(why)
                  : outcome === 'denied'
                    ? 'its people or its policy did not agree'
                    : '–',
              wraps: true,
            },
          }}
        />
      )}
    </Panel>
  )
}
