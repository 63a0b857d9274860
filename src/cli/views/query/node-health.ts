// View of NodeHealth: a row for each node, absent ones too, and with --watch which nodes came and went.
import type { QueryDataOf } from '../../../api/contract/shapes.ts'
import { ago, duration, formatFingerprint } from '../../../base/format.ts'
import { table } from '../../terminal/table.ts'
import type { QueryTypeView, Screen } from './view.ts'

type HealthRow = QueryDataOf<'NodeHealth'>['nodes'][number]

export const nodeHealth: QueryTypeView<QueryDataOf<'NodeHealth'>> = {
  ofNow: true,
  data: ({ nodes }, { screen }, before) =>
    nodes.length === 0 ? '' : healthTable(nodes, screen, Date.now(), before?.nodes),
}

/** What happened to a node since the last answer; empty if nothing did. */
function turnOf(row: HealthRow, old: HealthRow | undefined): string {
  if (old === undefined) return 'new'
  if (row.online !== old.online) return row.online ? 'back' : 'gone'
  return (row.uptime_seconds ?? 0) < (old.uptime_seconds ?? 0) && row.online ? 'restarted' : ''
}

function healthTable(
  rows: readonly HealthRow[],
  screen: Screen,
  now: number,
  before?: readonly HealthRow[],
): string {
  const old = new Map(before?.map((row) => [row.fingerprint, row]))
  return table(
    rows,
    [
      { title: 'NODE', value: (row) => row.name, shrink: true },
      { title: 'FINGERPRINT', value: (row) => formatFingerprint(row.fingerprint) },
      {
        title: 'ONLINE',
        value: (row) => (row.online ? 'yes' : 'no'),
        style: (row) => (row.online ? 'green' : 'yellow'),
      },
      { title: 'VERSION', value: (row) => row.version ?? '–' },
      {
        title: 'UP',
        value: (row) => (row.uptime_seconds === null ? '–' : duration(row.uptime_seconds * 1000)),
        align: 'right',
      },
      { title: 'IN 24 H', value: (row) => String(row.events_24h ?? '–'), align: 'right' },
      {
        title: 'SEEN',
        value: (row) => (row.online ? 'now' : ago(now - Date.parse(row.last_seen))),
        style: (row) => (row.online ? 'green' : 'yellow'),
      },
      ...(before === undefined
        ? []
        : [
            {
              title: 'NEW',
              value: (row: HealthRow) => turnOf(row, old.get(row.fingerprint)),
              style: () => 'cyan' as const,
            },
          ]),
    ],
    screen,
  )
}
