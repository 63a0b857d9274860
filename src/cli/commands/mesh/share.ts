// karo share: shows and changes what a person consents to share; a change takes effect at once.

import { getPeers } from '../../../api/contract/operations/peers.ts'
import {
  CHANGES,
  getPreview,
  getShare,
  letAnomalies,
  NAMED_CHANGES,
  stopAnomalies,
} from '../../../api/contract/operations/share.ts'
import { getStatus } from '../../../api/contract/operations/status.ts'
import type { SharingView } from '../../../api/contract/shapes.ts'
import { toldRole } from '../../../base/words/roles.ts'
import { ANOMALY_CHOICES, SHARING_CATEGORIES } from '../../../trust/policy/types.ts'
import {
  type ArgumentWords,
  type Command,
  type CommandInput,
  type CommandIo,
  defineCommand,
  fitted,
  NODE,
  type OptionWords,
  paint,
  printable,
  type Screen,
  show,
  sinceTime,
  table,
} from '../../kit.ts'
import { toldApart } from '../../views/lines.ts'
import { previewView } from '../../views/share-preview.ts'
import { readersView } from '../../views/totals.ts'

const who: ArgumentWords = {
  ...NODE,
  description:
    "one node (id, name, or fingerprint, also in groups of four); team:eng; role:lead; or '*' for every node whose trust level qualifies",
  completes: 'audience',
}

const category: OptionWords & { readonly repeat: true; readonly value: string } = {
  value: 'category',
  as: 'categories',
  description: 'only this category of your numbers; may be given several times',
  choices: SHARING_CATEGORIES,
  repeat: true,
}

/** Signals of anomalies leave in no summary. */
const SUMMARISED = SHARING_CATEGORIES.filter((one) => one !== 'anomalies')

const ALONE = `Nothing is shared: this node is used alone. No other machine can reach it, and it looks for none.
`

const showAll = defineCommand('share show', {
  summary: 'show which nodes may have which of your numbers now, and why',
  shows: getShare,
  view: async (sharing, io) => ((await io.call(getStatus)).mesh.alone ? ALONE : sharingView(sharing, io)),
})

const preview = defineCommand('share preview', {
  summary: 'show the summaries of your numbers that would be sent now, exactly as recipients will read them',
  shows: getPreview,
  options: {
    to: {
      value: 'node',
      description: 'only what this node could read (its id, name or fingerprint)',
    },
    role: {
      value: 'role',
      description:
        'only what nodes with this role could read, and the numbers that this machine contributes to totals for it',
      completes: 'role',
    },
    at: {
      value: 'time',
      needs: 'role',
      reads: sinceTime,
      description: 'a time in the period of the totals (default: the current period)',
    },
    category: {
      ...category,
      description: 'what would be sent if you allowed only this category; can be repeated',
      choices: SUMMARISED,
    },
  },
  examples: {
    'karo share preview --role security':
      'the numbers that this machine will contribute to totals for security staff, and the two nodes that get them',
    'karo share preview --category tool_usage':
      'what karo share allow … --category tool_usage would give, before you decide',
  },
  ask({ options }) {
    const { to, role, at } = options
    return { query: { to, role, category: options.category?.join(','), at } }
  },
  view: previewView,
})

const allow = defineCommand('share allow', {
  summary: 'let a node, team or role have your numbers; while sharing is off, only this one',
  shows: NAMED_CHANGES.allow,
  args: { who },
  options: { category },
  examples: {
    'karo share allow bob': 'bob may ask this node for your numbers',
    'karo share allow team:eng': 'every node of that team may ask, even if an issuer adds it later',
    'karo share allow ash --category tool_usage': 'ash may have your tool usage and nothing else',
  },
  view: decidedView,
})

/** One decision under two names: `deny` is the counterpart of `allow`, and `stop` is the older name. */
const stopAs = (name: 'stop' | 'deny', summary: string): Command =>
  defineCommand(`share ${name}`, {
    summary,
    shows: NAMED_CHANGES.stop,
    args: { who },
    options: { category },
    examples: {
      [`karo share ${name} bob`]: "bob is refused, even if '*' or his team is allowed",
      [`karo share ${name} '*'`]:
        'withdraws all consent, also to be counted in totals (karo share reset undoes it)',
    },
    view: decidedView,
  })

const stop = stopAs('stop', 'withdraw your consent; trust does not change')
const deny = stopAs('deny', 'the same as karo share stop')

const anomalies = defineCommand('share anomalies', {
  summary:
    'choose how anomalies are shared: not at all, only in totals of many nodes, or with this node’s name',
  shows: letAnomalies,
  args: {
    choice: {
      description:
        'off: not at all; anonymous: only in totals of many nodes; identified: also in answers of this node, to those you allowed, with the tools they are about if you share these too',
      choices: ANOMALY_CHOICES,
    },
  },
  examples: {
    'karo share anomalies identified':
      'nodes that you allowed see which kinds of anomaly this node had, how severe, in which hour, and about which tools if they may have your tool usage',
  },
  async run(io, { args }) {
    const { choice } = args
    // To take back waits for nothing, so it is an operation of its own.
    const view = choice === 'off' ? io.call(stopAnomalies) : io.call(letAnomalies, { body: { choice } })
    return show(io, await view, sharingView)
  },
})

const off = defineCommand('share off', {
  summary: 'share nothing with anybody, until `karo share on` or `karo share allow`',
  shows: CHANGES.off,
  view: sharingView,
})

const on = defineCommand('share on', {
  summary: 'share again what you had agreed to before `karo share off`',
  shows: CHANGES.on,
  view: sharingView,
})

const reset = defineCommand('share reset', {
  summary: 'decide what config.toml says; by default that counts you in totals',
  shows: CHANGES.reset,
  view: sharingView,
})

export const commands = [showAll, preview, allow, stop, deny, anomalies, off, on, reset]

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
  if (view.categories.anomalies && view.sharing === 'on') lines.push(ANOMALIES[view.anomalies])
  const state = fitted(`${lines.join('\n')}\n`, screen)
  return view.peers.length === 0
    ? `${state}No other node is known: karo peers shows them, or why there is none.\n`
    : `${state}\n${peers(view, screen)}${aboutTotals(view, screen)}${readersView(view.totals, screen)}`
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
const aboutTotals = ({ peers }: SharingView, screen: Screen): string =>
  peers.some((peer) => peer.level_2.length > 0)
    ? fitted(
        '\nTotals (level 2) are sums over many machines. This machine only sends shares, which reveal nothing alone.\n',
        screen,
      )
    : ''

function stateLine({ sharing, source, max_level }: SharingView, colour: boolean): string {
  const from = source === 'config' ? 'by the configuration; you have not decided yet' : 'as decided here'
  const most = max_level === 0 ? '; config.toml allows no level' : max_level === 1 ? '; level 1 only' : ''
  return paint(sharing === 'on' ? 'bold' : 'yellow', `Sharing is ${sharing}, ${from}${most}.`, { colour })
}

type Peer = SharingView['peers'][number]

function peers(view: SharingView, screen: Screen): string {
  const given = (key: 'level_1' | 'summaries') => ({
    value: (peer: Peer) => which(peer[key], view),
    wrap: true,
    style: (peer: Peer) => (peer[key].length > 0 ? ('green' as const) : undefined),
  })
  return table(screen, toldApart(view.peers), {
    NODE: { value: 'name', shrink: true },
    TRUST: 'trust_level',
    'YOUR NUMBERS': given('level_1'),
    SUMMARIES: given('summaries'),
    TOTALS: (peer) => (peer.level_2.length > 0 ? 'yes' : 'no'),
    WHY: { value: 'reason', wrap: true },
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

/** A name of a team that was mistyped would give nobody anything, and keep nobody from it. The decision is made, so no error comes of it. */
async function decidedView(view: SharingView, io: CommandIo, { args }: CommandInput): Promise<string> {
  const team = /^team:(.*)/.exec(String(args.who))?.[1]
  const known = team && (await io.call(getPeers).catch(() => undefined))
  if (!known || known.peers.some(({ teams }) => teams.includes(team))) return sharingView(view, io)
  return `${sharingView(view, io)}${fitted(`No machine known here is in the team ${printable(team)}.\n`, io)}`
}

/** The entries, with nodes by their names on this machine. */
function named(entries: readonly string[], { peers }: SharingView): string[] {
  const names = new Map<string, string>(toldApart(peers).map(({ node_id, name }) => [node_id, name]))
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
