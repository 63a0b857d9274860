// Views of agents: the list, one agent with what it may and offers, and what it wrote.
import type { AgentListShape, AgentLogsShape, AgentShape } from '../../../api/contract/shapes.ts'
import { bytes, duration, localTime, printable } from '../../../base/format.ts'
import { shellWord } from '../../../base/quote.ts'
import { facts, type Screen, table } from '../../terminal/table.ts'
import { fitted } from '../../terminal/text.ts'

type Row = AgentListShape['agents'][number]

const BAD: ReadonlySet<Row['state']> = new Set(['failed', 'locked', 'refused'])
const style = ({ state }: Row) => (BAD.has(state) ? 'red' : state === 'running' ? 'green' : undefined)
const line = (argv: readonly string[] | null): string =>
  argv === null ? 'not shown' : argv.map(shellWord).join(' ')

const OFF =
  'Agents of your own are off on this node: karo config set agents.enabled true allows them, from its next start on.\n'

export function agentsView({ agents, off }: AgentListShape, screen: Screen): string {
  // Only another machine is without built-in ones.
  if (agents.length === 0) return 'None that you may use.\n'
  const own = agents.filter(({ built_in }) => built_in !== true)
  const none = off === true ? OFF : 'No agents of your own. karo agent add NAME -- COMMAND  adds one.\n'
  const hint = own.length === 0 ? fitted(none, screen.columns) : ''
  const shown = table(screen, agents, {
    AGENT: ({ id }) => id,
    WHOSE: own.some(({ owner }) => owner) && (({ owner = 'yours' }) => owner),
    STATE: { value: ({ state }) => state, style },
    COMMAND: {
      value: ({ argv, built_in, outside }) =>
        built_in === true ? 'built in' : `${line(argv)}${outside === true ? ' (outside of jails)' : ''}`,
      shrink: 'first',
    },
    DETAIL: {
      value: ({ detail, granted_until }) =>
        granted_until === undefined ? detail : `${detail}; granted until ${localTime(granted_until)}`,
      wrap: true,
    },
  })
  return hint === '' ? shown : `${shown}\n${hint}`
}

export function agentView(agent: AgentShape, screen: Screen): string {
  const { id, state, detail, restarts, since, granted_until, ...more } = agent
  const { argv, built_in, outside, manifest, server, offers } = more
  const head = facts(screen, id, {
    state: `${state}: ${detail}`,
    since: since && localTime(since),
    until: granted_until && untilOf(localTime(granted_until)),
    restarts: restarts > 0 && String(restarts),
    [outside === true ? 'address' : 'command']: built_in === true ? 'built in' : line(argv),
    ...(manifest !== null && signedFacts(manifest, outside)),
    server,
  })
  if (offers === null) return head
  const tools = table(screen, offers, {
    TOOL: ({ name }) => name,
    EFFECT: ({ read_only }) => (read_only ? 'only reads' : 'may change'),
    DESCRIPTION: { value: ({ description }) => description.split('\n', 1)[0] ?? '', shrink: 'first' },
  })
  return `${head}\n${tools}`
}

/** What its manifest says. */
function signedFacts(manifest: NonNullable<AgentShape['manifest']>, outside = false) {
  const { binds, cwd, tools, secrets, connect = [], limits, call_ms, why, added_at } = manifest
  return {
    jail: outside && OUTSIDE,
    directory: !outside && cwd,
    sees: !outside && (binds.map(placeOf).join(', ') || NOTHING),
    network: !outside && (connect.length === 0 ? 'none' : `${connect.join(', ')}, by a proxy`),
    secrets: secrets.map(({ variable, secret }) => `${variable}=${secret}`).join(', '),
    'may be called': tools.join(', ') || 'all its tools',
    limits: outside
      ? `${duration(call_ms)} a call`
      : `${bytes(limits.memory_bytes)} of memory a process, ${limits.tasks} processes, ${duration(call_ms)} a call`,
    why,
    added: localTime(added_at),
  }
}

const NOTHING = 'only the programs of this machine'
const OUTSIDE =
  'none: Karo did not start this server, cannot stop it, and cannot confine it; each call waits for your approval'

const untilOf = (time: string): string =>
  `${time}, when a grant that it needs ends; then it stops, unless you renew the grant before (karo cap list)`

const placeOf = ({ path, write }: { readonly path: string; readonly write: boolean }): string =>
  `${path} (${write ? 'may change it' : 'reads'})`

export function agentLogsView({ lines, dropped, cut }: AgentLogsShape): string {
  if (lines.length === 0) return 'It has written nothing.\n'
  const before =
    dropped === 0 ? '' : `${dropped} ${dropped === 1 ? 'line was' : 'lines were'} dropped before these.\n`
  const after = cut === 0 ? '' : `${cut} characters at the ends of too long lines were dropped.\n`
  const shown = lines.map(
    ({ at, from, text }) => `${localTime(at)}  ${from === 'karo' ? 'karo: ' : ''}${printable(text)}\n`,
  )
  return `${before}${shown.join('')}${after}`
}
