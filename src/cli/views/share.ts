// What a person shares, for people: the state in a line or two, then every known node and what it may have.
import { styleText } from 'node:util'
import type { SharingView } from '../../api/contract/shapes.ts'
import { printable } from '../../base/format.ts'
import { table } from '../terminal/table.ts'
import { fitted } from '../terminal/text.ts'

/** Ends with a newline. */
export function sharingView(view: SharingView, screen: { colour: boolean; columns: number }): string {
  const lines = [
    stateLine(view, screen.colour),
    `Allowed: ${list([...named(view.allow.peers, view), ...inPart(view.allow_only, view)])}.`,
  ]
  const stopped = [...named(view.stopped, view), ...inPart(view.stopped_only, view)]
  if (stopped.length > 0) lines.push(`Stopped: ${list(stopped)}.`)
  const off = Object.entries(view.categories).filter(([, shared]) => !shared)
  if (off.length > 0) lines.push(`Never shared, by config.toml: ${list(off.map(([name]) => name))}.`)
  const state = fitted(`${lines.join('\n')}\n`, screen.columns)
  return view.peers.length === 0
    ? `${state}No other node is known yet; karo peers shows them when they are found.\n`
    : `${state}\n${peers(view, screen)}${aboutTotals(view, screen)}`
}

/** A permission that nothing can use yet looks as if something left. */
const aboutTotals = ({ peers }: SharingView, { columns }: { columns: number }): string =>
  peers.some((peer) => peer.level_2.length > 0)
    ? fitted(
        '\nTotals (level 2) cannot be computed by this release yet, so nothing is sent for them.\n',
        columns,
      )
    : ''

function stateLine({ sharing, source, max_level }: SharingView, colour: boolean): string {
  const from =
    source === 'config' ? 'as config.toml says; you have not decided anything yourself yet' : 'as you decided'
  const most = max_level === 0 ? '; config.toml allows no level' : max_level === 1 ? '; level 1 only' : ''
  const line = `Sharing is ${sharing}, ${from}${most}.`
  return colour ? styleText(sharing === 'on' ? 'bold' : 'yellow', line, { validateStream: false }) : line
}

function peers(view: SharingView, screen: { colour: boolean; columns: number }): string {
  return table(
    view.peers,
    [
      { title: 'NODE', value: (peer) => peer.name || peer.fingerprint, shrink: true },
      { title: 'TRUST', value: (peer) => peer.trust_level },
      {
        title: 'YOUR NUMBERS',
        value: (peer) => which(peer.level_1, view),
        wrap: true,
        style: (peer) => (peer.level_1.length > 0 ? 'green' : undefined),
      },
      {
        title: 'SUMMARIES',
        value: (peer) => which(peer.summaries, view),
        wrap: true,
        style: (peer) => (peer.summaries.length > 0 ? 'green' : undefined),
      },
      { title: 'TOTALS', value: (peer) => (peer.level_2.length > 0 ? 'not yet' : 'no') },
      { title: 'WHY', value: (peer) => peer.reason, wrap: true },
    ],
    screen,
  )
}

/** `yes` for everything that config.toml lets anybody have. */
function which(had: readonly string[], { categories }: SharingView): string {
  const most = Object.values(categories).filter(Boolean).length
  return had.length === 0 ? 'no' : had.length >= most ? 'yes' : had.join(', ')
}

/** `ash (only tool_usage)` would be wrong for who is stopped: the categories stand alone. */
const inPart = (parts: SharingView['allow_only'], view: SharingView): string[] =>
  parts.map(({ who, categories }) => `${named([who], view)[0]} (${categories.join(', ')})`)

/** Nodes by the name people here use. */
function named(entries: readonly string[], { peers }: SharingView): string[] {
  const names = new Map<string, string>(peers.map((peer) => [peer.node_id, peer.name || peer.fingerprint]))
  return entries.map((entry) => (entry === '*' ? "everybody trusted ('*')" : (names.get(entry) ?? entry)))
}

const list = (entries: readonly string[]): string =>
  entries.length === 0 ? 'nobody' : entries.map(printable).join(', ')
