// View of Anomalies: one row for each type and severity, the gravest first, and what is not known yet.
import type { QueryDataOf } from '../../../api/contract/shapes.ts'
import { signalWords } from '../../../base/words/signal.ts'
import { paint, table } from '../../terminal/table.ts'
import { utc } from './reach.ts'
import { byNode, changeAndNodes, type QueryTypeView, since, thanBefore } from './view.ts'

type Data = QueryDataOf<'Anomalies'>
type Row = Data['signals'][number]

/** From here on a shell tells its person of the signal. */
const GRAVE = 5

const graveness = ({ severity }: { readonly severity: number }) => (severity < GRAVE ? undefined : 'yellow')

export const anomalies: QueryTypeView<Data> = {
  data({ signals, nodes_reporting: nodes, nodes_learning: learning, change }, { screen, off }, before) {
    if (nodes === 0) return ''
    const countBefore = ({ type, severity }: Row): number | undefined =>
      before && (before.signals.find((row) => row.type === type && row.severity === severity)?.count ?? 0)
    const rows =
      signals.length === 0
        ? `No matching anomaly began on ${nodes === 1 ? 'the one node' : `${nodes} nodes`}${thanBefore(change)}.\n`
        : table(screen, signals, {
            // Totals are of bands.
            SEVERITY: {
              value: ({ severity, severity_most: most }) =>
                severity === most ? String(severity) : `${severity} to ${most}`,
              align: 'right',
              style: graveness,
            },
            WHAT: (row) => signalWords(row.type),
            [`BEGAN${off.values}`]: {
              value: (row) => `${row.count}${since(row.count, countBefore(row))}`,
              align: 'right',
            },
            ...changeAndNodes(signals, ({ count }) => count, off),
            'LATEST (UTC)':
              signals.some(({ latest }) => latest !== null) &&
              (({ latest }) => (latest === null ? '–' : utc(latest))),
          })
    if (learning === 0 || learning === null) return rows
    const still =
      learning === 1
        ? 'One node is still learning what is usual: it cannot find most types of anomalies yet.'
        : `${learning} nodes are still learning what is usual: they cannot find most types of anomalies yet.`
    return `${rows}\n${paint('yellow', still, screen)}\n`
  },
  perNode: byNode((node) => (node.anomalies?.signals ?? []).map((signal) => ({ node, signal })), {
    SEVERITY: { value: ({ signal }) => signal.severity, style: ({ signal }) => graveness(signal) },
    WHAT: { value: ({ signal }) => signalWords(signal.type, signal.subjects), wrap: true },
    BEGAN: ({ signal }) => signal.count,
    'HOUR (UTC)': ({ signal }) => utc(signal.hour),
  }),
}
