// View of what a person shares: the state in a line or two, then every known node and what it may have.
import type { SharingView } from '../../api/contract/shapes.ts'
import { printable } from '../../base/format.ts'
import { toldRole } from '../../base/words/roles.ts'
import { paint, type Screen, table } from '../terminal/table.ts'
import { fitted } from '../terminal/text.ts'
import { readersView } from './totals/readers.ts'

/** Ends with a newline. */
export function sharingView(view: SharingView, screen: Screen): string {
  const lines = [
    stateLine(view, screen.colour),
    `Allowed: ${list([...named(view.allow.peers, view), ...inPart(view.allow_only, view)])}.`,
  ]
  const stopped = [...named(view.stopped, view), ...inPart(view.stopped_only, view)]
  if (stopped.length > 0) lines.push(`Stopped: ${list(stopped)}.`)
  const off = Object.entries(view.categories).filter(([, shared]) => !shared)
  if (off.length > 0) lines.push(`Never shared, by config.toml: ${list(off.map(([name]) => name))}.`)
  lines.push(`Counted in totals of many nodes: ${countedFor(view)}.`)
  if (view.categories.anomalies) lines.push(ANOMALIES[view.anomalies])
  const state = fitted(`${lines.join('\n')}\n`, screen.columns)
  return view.peers.length === 0
    ? `${state}No other node is known: karo peers shows them, or why there is none.\n`
    : `${state}\n${peers(view, screen)}${aboutTotals(view, screen)}${readersView(view.totals, screen.columns)}`
}

/** The configuration counts a person in until they say otherwise, so that this has to be seen. */
function countedFor({ allow, allow_only, max_level, sharing, stopped }: SharingView): string {
  if (sharing === 'off' || max_level < 2) return 'no'
  const all = [...allow.peers, ...allow.supervisors, ...allow_only.map(({ who }) => who)]
  const rolesOf = (entries: readonly string[]) => entries.filter((who) => who.startsWith('role:'))
  if (all.includes('*'))
    return ['yes, for everybody who may read them', ...rolesOf(stopped).map(printable)].join(', but not ')
  const roles = new Set(rolesOf(all))
  return roles.size === 0 ? 'no (karo share reset: as config.toml says)' : `for ${list([...roles])}`
}

/** An answer of one node is signed by it, so that no answer can be anonymous. */
const ANOMALIES: Readonly<Record<SharingView['anomalies'], string>> = {
  off: 'Anomalies: shared with nobody.',
  anonymous:
    'Anomalies: only in totals of many nodes; no answer of this node has them (karo share anomalies).',
  identified: 'Anomalies: also in answers of this node, to nodes with consent.',
}

/** A note that totals are not these numbers, because the permission for them looks as if something left in plain. */
const aboutTotals = ({ peers }: SharingView, { columns }: { columns: number }): string =>
  peers.some((peer) => peer.level_2.length > 0)
    ? fitted(
        '\nTotals (level 2) are sums over many machines. This machine only sends shares, which reveal nothing alone.\n',
        columns,
      )
    : ''

function stateLine({ sharing, source, max_level }: SharingView, colour: boolean): string {
  const from = source === 'config' ? 'by the configuration; you have not decided yet' : 'as decided here'
  const most = max_level === 0 ? '; config.toml allows no level' : max_level === 1 ? '; level 1 only' : ''
  const line = `Sharing is ${sharing}, ${from}${most}.`
  return paint(sharing === 'on' ? 'bold' : 'yellow', line, { colour })
}

function peers(view: SharingView, screen: Screen): string {
  type Peer = SharingView['peers'][number]
  const given = (key: 'level_1' | 'summaries') => ({
    value: (peer: Peer) => which(peer[key], view),
    wrap: true,
    style: (peer: Peer) => (peer[key].length > 0 ? ('green' as const) : undefined),
  })
  return table(screen, view.peers, {
    NODE: { value: (peer) => peer.name || peer.fingerprint, shrink: true },
    TRUST: 'trust_level',
    'YOUR NUMBERS': given('level_1'),
    SUMMARIES: given('summaries'),
    TOTALS: (peer) => (peer.level_2.length > 0 ? 'yes' : 'no'),
    WHY: { value: (peer) => peer.reason, wrap: true },
  })
}

/** `yes` if the node has every category that config.toml, and the choice about anomalies, let out of one node. */
function which(had: readonly string[], { categories, anomalies }: SharingView): string {
  const named = { ...categories, anomalies: categories.anomalies && anomalies === 'identified' }
  const most = Object.values(named).filter(Boolean).length
  return had.length === 0 ? 'no' : had.length >= most ? 'yes' : had.join(', ')
}

/** `ash (tool_usage)`, for nodes that are allowed in part and for nodes that are stopped in part. */
const inPart = (parts: SharingView['allow_only'], view: SharingView): string[] =>
  parts.map(({ who, categories }) => `${named([who], view)[0]} (${categories.join(', ')})`)

/** The entries, with nodes by their names on this machine. */
function named(entries: readonly string[], { peers }: SharingView): string[] {
  const names = new Map<string, string>(peers.map((peer) => [peer.node_id, peer.name || peer.fingerprint]))
  return entries.map((entry) => {
    const [, role] = /^role:(.*)/s.exec(entry) ?? []
    if (role !== undefined) return `role:${toldRole(role)}`
    return entry === '*'
      ? "everybody trusted ('*')"
      : (names.get(entry) ?? (entry.startsWith('karo:') ? `${entry} (untrusted)` : entry))
  })
}

const list = (entries: readonly string[]): string =>
  entries.length === 0 ? 'nobody' : entries.map(printable).join(', ')
