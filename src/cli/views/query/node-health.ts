// View of NodeHealth: a row for each node, absent ones too, and with --watch which nodes came and went.
import type { QueryDataOf } from '../../../api/contract/shapes.ts'
import { ago, duration, fitted, formatFingerprint, type Screen, table } from '../../kit.ts'
import { toldApart } from '../lines.ts'
import { utc } from './reach.ts'
import type { QueryTypeView } from './view.ts'

type HealthRow = QueryDataOf<'NodeHealth'>['nodes'][number]

export const nodeHealth: QueryTypeView<QueryDataOf<'NodeHealth'>> = {
  ofNow: true,
  perNode: null,
  data: ({ nodes }, { screen }, before) =>
    nodes.length === 0
      ? ''
      : `${healthTable(nodes, screen, Date.now(), before?.nodes)}${fetchesTable(nodes, screen)}`,
}

/** Who fetched released totals, at the nodes that say so; empty where nobody did. */
function fetchesTable(nodes: readonly HealthRow[], screen: Screen): string {
  const told = toldApart(nodes)
  const names = new Map(told.map(({ node_id, name }) => [node_id, name]))
  const rows = told.flatMap(({ name, fetched = [] }) => fetched.map((fetch) => ({ from: name, ...fetch })))
  if (rows.length === 0) return ''
  const nodeOf = ({ node }: (typeof rows)[number]): string => names.get(node) ?? node
  const asked = nodes.filter(({ fetched }) => fetched !== undefined).length
  const about = `Released totals were fetched from these nodes, as ${asked} of ${nodes.length} say; other nodes may have shown them too, and a node with the role can read its own copies.`
  const list = table(
    screen,
    rows.sort((a, b) => (a.hour < b.hour ? 1 : -1)),
    {
      'FETCHED BY': { value: (row) => row.operator_name ?? row.operator ?? nodeOf(row), shrink: true },
      VIA: { value: (row) => (row.operator === undefined ? '–' : nodeOf(row)), shrink: true },
      FOR: 'audience',
      ABOUT: 'query_type',
      OF: ({ start, end }) => `${utc(start)} to ${utc(end)}`,
      HOUR: ({ hour }) => utc(hour),
      FROM: { value: 'from', shrink: true },
    },
  )
  return `\n${fitted(`${about}\n`, screen)}${list}`
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
  const style = ({ online }: HealthRow) => (online ? 'green' : 'yellow')
  return table(screen, rows, {
    NODE: { value: 'name', shrink: true },
    FINGERPRINT: (row) => formatFingerprint(row.fingerprint),
    ONLINE: { value: (row) => (row.online ? 'yes' : 'no'), style },
    VERSION: 'version',
    UP: {
      value: (row) => (row.uptime_seconds === null ? '–' : duration(row.uptime_seconds * 1000)),
      align: 'right',
    },
    'IN 24 H': { value: 'events_24h', align: 'right' },
    SEEN: { value: (row) => seenWords(row, now), style },
    NEW: before !== undefined && {
      value: (row) => turnOf(row, old.get(row.fingerprint)),
      style: () => 'cyan',
    },
  })
}

/** Who was seen is known for seven days; of a machine that was away for longer only its certificate is here. */
const seenWords = (
  { online, last_seen }: { readonly online: boolean; readonly last_seen: string },
  now: number,
) => (online ? 'now' : Date.parse(last_seen) === 0 ? 'not in 7 d' : ago(now - Date.parse(last_seen)))
