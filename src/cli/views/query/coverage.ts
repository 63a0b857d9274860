// Says whose numbers a result has (`5 nodes: this one and 4 of 5 others; fir denied`), and why other nodes gave none.
import type { Outcome, QueryResult } from '../../../api/contract/shapes.ts'
import { clockWords } from '../../../base/words/clock-words.ts'
import { ago, clauses } from '../../kit.ts'

type Row = QueryResult['coverage']['nodes'][number]

/** Outcomes in words that follow the names of nodes: `fir and gum denied`. */
const SAID: Readonly<Record<Exclude<Outcome, 'answered' | 'from_summary'>, string>> = {
  denied: 'denied',
  withheld: 'withheld',
  busy: 'busy, ask again',
  error: 'failed, its log says why',
  not_supported: 'too old for this question',
  bad_signature: 'refused, its answer has a bad signature',
  unreachable: 'unreachable',
}
/** Most names in the first line; for more it has their number, and a row below it has the names. */
const NAMES_MAX = 3

/** `line` is the whole in one sentence; `rows` have what does not fit into it, and what to do. */
export function whoAnswered(result: QueryResult): {
  readonly line: string
  readonly rows: readonly string[]
} {
  const { known, answered, from_summary, nodes } = result.coverage
  // A question to a team asks only its members, and level 2 has no node's own numbers, not even this one's.
  const own = result.level === 1 && result.team === undefined && result.own_missing !== true
  const whose = result.team === undefined ? (known === 1 ? 'other' : 'others') : `of the team ${result.team}`
  const others = `${answered} of ${known} ${whose}`
  const parts = clauses(
    own && 'this one',
    known > 0 && others,
    from_summary > 0 && `${from_summary} by ${from_summary === 1 ? 'its' : 'their'} last summary`,
  )
  const count = Number(own) + answered + from_summary
  const groups = groupsOf(nodes)
  const silent = groups.map(({ said, rows }) => `${names(rows)} ${said}`)
  const alone = known === 0 && result.team === undefined ? '; no other node is known' : ''
  const all = `${count} ${count === 1 ? 'node' : 'nodes'}`
  const line = count === 0 ? others : `${all}${parts.length === 0 ? '' : `: ${and(parts)}`}${alone}`
  return {
    line: [line, ...silent].join('; '),
    rows: [
      ...groups
        .filter(({ said, rows }) => rows.length > NAMES_MAX && said !== REFUSED)
        .map(({ said, rows }) => `${said}: ${namesOf(rows).join(', ')}`),
      ...clockRows(nodes),
      ...nodes.flatMap((row) => whyRow(row) ?? []).sort(),
    ],
  }
}

/** Nodes without numbers, grouped by outcome in the order of SAID. */
function groupsOf(nodes: readonly Row[]): { readonly said: string; readonly rows: readonly Row[] }[] {
  const groups = new Map<string, Row[]>([...Object.values(SAID), REFUSED].map((said) => [said, []]))
  for (const row of nodes) {
    if (row.outcome === 'answered' || row.outcome === 'from_summary') continue
    groups.get(row.why === 'clock' ? REFUSED : SAID[row.outcome])?.push(row)
  }
  return [...groups]
    .filter(([, rows]) => rows.length > 0)
    .map(([said, rows]) => ({ said, rows: rows.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }))
}

/** The outcome of a node with a wrong clock: it is there, and this node refuses its frames. */
const REFUSED = 'refused'

/** Nodes that are refused because of their clock, with the fix. If all others are, this machine's clock is wrong. */
function clockRows(nodes: readonly Row[]): string[] {
  const wrong = nodes.filter(({ why }) => why === 'clock')
  if (wrong.length === 0) return []
  const by = Map.groupBy(wrong, ({ clock_off_ms = 0 }) => clockWords(clock_off_ms))
  const rows = [...by].map(([words, of]) => {
    const their = of.length === 1 ? 'its clock is' : 'their clocks are'
    return `${and(namesOf(of).sort())}: refused, ${their} ${words}`
  })
  const here = wrong.length > 1 && wrong.length === nodes.length
  return [
    ...rows.sort(),
    here
      ? 'All other clocks differ, so probably the clock of this machine is wrong: sudo timedatectl set-ntp true'
      : 'To set a clock, run there: sudo timedatectl set-ntp true',
  ]
}

function whyRow({ name, fingerprint, why, ended_at, last_seen = '' }: Row): string | undefined {
  const then = ago(Date.now() - Date.parse(ended_at ?? last_seen))
  const words: Partial<Record<NonNullable<Row['why']>, string>> = {
    not_trusted_there:
      'does not trust this node; run there: karo join if it left its mesh, else karo peers trust <this node>',
    encryption: 'uses another encryption; compare transport.security there and here',
    stalls: 'connections to it open, then stall; run here: karo doctor',
    links_full: 'not reached: all links of overlay.leaves_up_to are used; run here: karo doctor',
    links_full_there: 'not reached: it has no free link for this node; there: karo doctor',
    left: `was stopped or shut down, ${then}`,
    lost: `its connection broke, ${then}; is the machine on?`,
    silent: 'connected, but did not answer in time; run there: karo doctor',
    away: `last message ${then}; is the machine on?`,
    never: 'certified, and not heard of here in 7 days; is the machine on?',
    ended: `its certificate ended ${then} by the clock here; an invite brings it back (an issuer: karo ca renew); if it is gone: karo peers revoke ${fingerprint} (an issuer: karo ca revoke)`,
  }
  return why && words[why] && `${name}: ${words[why]}`
}

const namesOf = (rows: readonly Row[]): string[] => rows.map(({ name }) => name)

/** `fir`, `fir and gum`, `elm, fir and gum`, `12 others`. */
export const names = (rows: readonly Row[]): string =>
  rows.length > NAMES_MAX ? `${rows.length} others` : and(namesOf(rows))

const and = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
