// Parts of the report that name who is in it: machines that took part by category, and those expected and missing.
import type { ReportShape } from '../../api/contract/shapes.ts'
import { Panel } from '../parts/panel.tsx'
import { Table } from '../parts/table.tsx'
import { NodeName, number, percent, plain, Time } from '../parts/words.tsx'

type Row = ReportShape['coverage']['rows'][number]

/** The category with the least part of its machines in the totals; undefined while no period was released. */
export const leastOf = ({ rows }: ReportShape['coverage']): Row | undefined =>
  rows.toSorted((a, b) => partOf(a) - partOf(b))[0]

/** Which part of the expected machines is in the totals of a category. */
const partOf = ({ contributed, expected }: Row): number => (expected === 0 ? 1 : contributed / expected)

export const Coverage = ({ report: { coverage } }: { readonly report: ReportShape }) => (
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

export const Machines = ({ report: { machines } }: { readonly report: ReportShape }) => (
  <Panel
    title="Expected and missing machines"
    note={`${number(machines.enrolled)} certified, ${number(machines.seen)} of them there now; ${number(machines.never_enrolled)} seen without a certificate.`}
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
