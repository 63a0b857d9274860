// Every configuration key, once: kind, default, meaning. Loading, `karo config list`, the sample file and the
// documentation all come from here.
// Longer than 300 lines: one table, read by looking a key up; parts of it would have to be put together again everywhere.
import { hostname } from 'node:os'
import type { NodeId } from '../../protocols/node-id.ts'
import type { GuardProfile } from '../assist/risk/index.ts'
import * as kind from './kinds.ts'
import type { Config, StaticPeer } from './types.ts'
import * as value from './values.ts'

export interface Key<T> {
  /** `section.key` as in the file; the environment's name follows from it. */
  readonly path: string
  readonly kind: kind.Kind<T>
  readonly default: T
  /** Shown instead of the default where that depends on the machine. */
  readonly defaultText?: string
  /** One or two sentences: what it does, and the trade-off where there is one. */
  readonly description: string
  readonly unit?: string
  /** As it stands in the file; what the sample shows where the default would teach nothing. */
  readonly example?: string
  /** A consent: whoever starts a program sets its environment, so only the owner's own file gives it. */
  readonly fileOnly?: true
}

const key = <const T>(k: Key<T>): Key<T> => k

/** The host's name, shortened to what a display name may be. */
function ownName(): string {
  const name = [...hostname()].slice(0, value.NAME_LENGTH).join('')
  return value.nameProblem(name) === undefined ? name : 'karo'
}

/** A level 2 number over fewer owners could be taken apart. */
const K_LEAST = 3

export const KEYS = {
  nodeName: key({
    path: 'node.name',
    kind: value.displayName,
    default: ownName(),
    defaultText: "the machine's host name",
    description: 'The name of this node as others see it. It gives no authority; keys do.',
    example: '"eng-042"',
  }),

  identityPassphraseFile: key({
    path: 'identity.passphrase_file',
    kind: value.optionalPath,
    default: '',
    description:
      "A file with the passphrase of this node's key (`karo identity protect`), which others may not read. A service manager's credential karo-key-passphrase comes before it; in a terminal `karo up` asks.",
    example: '"/etc/karo/passphrase"',
  }),

  meshPort: key({
    path: 'mesh.port',
    kind: kind.integer(0, 65535),
    default: 9238,
    description:
      'TCP port other nodes connect to. 0 takes any free one. Strangers find each other by mDNS at 9238, their own port, and ports from 32768 on; a port below 1024 has to stand in `discovery.peers` of the others.',
  }),
  meshListen: key<'auto' | readonly string[]>({
    path: 'mesh.listen',
    kind: kind.either(
      '"auto" or a list of IP addresses',
      kind.oneOf(['auto']),
      (v) => v === 'auto',
      kind.list(value.ipAddress, 64),
    ),
    default: 'auto',
    description: 'Addresses to listen on: "auto" is every private one and loopback, or a list.',
    example: '["10.0.0.5"]',
  }),
  meshLanOnly: key({
    path: 'mesh.lan_only',
    kind: kind.boolean,
    default: true,
    description:
      'Speak only with private addresses, inbound and outbound. Nothing leaves private address space.',
  }),
  meshAllowCgnat: key({
    path: 'mesh.allow_cgnat',
    kind: kind.boolean,
    default: false,
    description: 'Count 100.64.0.0/10, which customers of one provider share, as private too.',
  }),
  meshPingSeconds: key({
    path: 'mesh.ping_seconds',
    kind: kind.integer(1, 300),
    default: 15,
    unit: 's',
    description:
      'Time between pings to each connected node; two missed ones end the link. Less notices a vanished machine sooner and costs more idle CPU.',
  }),

  overlayFullMeshUpTo: key({
    path: 'overlay.full_mesh_up_to',
    kind: kind.integer(1, 256),
    default: 32,
    description:
      'Keep a link to every member while there are at most so many; beyond, about eight, and questions and news travel through others.',
  }),

  accessAdmins: key({
    path: 'access.admins',
    kind: kind.list(value.person, 256),
    default: ['root', 'group:karo-admin'],
    description:
      'Who may manage this node and its mesh over the control socket: user names, uids, or "group:<name>". They see nobody else\'s commands or numbers for that. Of a node of your own you are always one.',
    example: '["root", "group:sysadmins"]',
  }),
  accessAskers: key({
    path: 'access.askers',
    kind: kind.list(value.personOrAll, 256),
    default: [],
    description:
      'Who may ask the mesh in the name of this machine (`karo query`), beside access.admins. Entries as there, or "*" for everybody who may use the control socket.',
    example: '["group:leads"]',
  }),

  httpEnabled: key({
    path: 'http.enabled',
    kind: kind.boolean,
    default: true,
    description:
      'Serve the REST API on 127.0.0.1 as well, to programs that send a token (`karo token create`). The karo command needs only the control socket.',
  }),
  httpPort: key({
    path: 'http.port',
    kind: kind.integer(0, 65535),
    default: 9237,
    description: 'Port of the REST API on 127.0.0.1. 0 takes any free one; `karo status` shows which.',
  }),

  discoveryMdns: key<boolean | readonly string[]>({
    path: 'discovery.mdns',
    kind: kind.either(
      'true, false or a list of interfaces and subnets',
      kind.boolean,
      (v) => typeof v === 'boolean',
      kind.list(value.interfaceOrSubnet, 64),
    ),
    default: true,
    description: 'Find nodes on the local network by mDNS: on, off, or only on these interfaces or subnets.',
    example: '["eth0", "10.0.0.0/24"]',
  }),
  discoveryMdnsInterval: key({
    path: 'discovery.mdns_interval_seconds',
    kind: kind.integer(1, 3600),
    default: 60,
    unit: 's',
    description:
      'Time between mDNS questions. A newcomer is heard at once whatever it is; short intervals are loud on large networks.',
  }),
  discoveryPeers: key<readonly StaticPeer[]>({
    path: 'discovery.peers',
    kind: kind.list(value.staticPeer, 1024),
    default: [],
    description:
      'Nodes to connect to without discovery: "host:port", or "host:port/<node id>" to accept only that key there.',
    example: '["10.0.0.5:9238"]',
  }),
  discoveryDht: key({
    path: 'discovery.dht',
    kind: kind.boolean,
    default: true,
    description:
      'Ask other members (kad-dht, among members only) where one is whose known addresses do not answer. Costs nothing until it is needed.',
  }),
  peersDenied: key<readonly NodeId[]>({
    path: 'peers.denied',
    kind: kind.list(value.nodeId, 4096),
    default: [],
    description:
      'Nodes that never get in. A deny wins over every trust, also over an entry in peers.trusted.',
    example: '["karo:ed25519:…"]',
  }),
  peersTrusted: key({
    path: 'peers.trusted',
    kind: value.trustedPeers,
    default: new Map(),
    description:
      'Nodes trusted by their key, with name, level (untrusted, share_to, query_from, peer, supervisor), roles and teams.',
    example: '"karo:ed25519:…" = { name = "bob", level = "peer", roles = ["lead"], teams = ["eng"] }',
  }),

  sharingMaxLevel: key({
    path: 'sharing.max_level',
    kind: kind.oneOf([0, 1, 2]),
    default: 2,
    description:
      'The most this node ever shares of your numbers: 0 nothing, 1 summaries, 2 aggregates too. Raw commands never. How the node is (name, version, uptime, how many commands it recorded in 24 hours) it tells every node it admits, also at 0 and after `karo share off`.',
  }),
  sharingAllowPeers: key({
    path: 'sharing.allow.peers',
    kind: kind.list(value.audience, 1024),
    default: [],
    description:
      'Who may have your summaries (level 1); empty until you consent. Node ids, "team:<name>", "role:<name>", or "*" for everyone whose trust level qualifies.',
    example: '["team:eng"]',
  }),
  sharingAllowSupervisors: key({
    path: 'sharing.allow.supervisors',
    kind: kind.list(value.audience, 1024),
    default: ['*'],
    description: 'Who may have aggregates over many nodes (level 2). Entries as in sharing.allow.peers.',
  }),
  sharingToolUsage: key({
    path: 'sharing.categories.tool_usage',
    kind: kind.boolean,
    default: true,
    description: 'Share which tools are used, how often, and how often they fail.',
  }),
  sharingActivityPatterns: key({
    path: 'sharing.categories.activity_patterns',
    kind: kind.boolean,
    default: true,
    description: 'Share at which hours and on which days work happens.',
  }),
  sharingSafetyStats: key({
    path: 'sharing.categories.safety_stats',
    kind: kind.boolean,
    default: true,
    description: 'Share how many commands of each risk level ran or were stopped.',
  }),
  sharingAnomaliesCategory: key({
    path: 'sharing.categories.anomalies',
    kind: kind.boolean,
    default: true,
    description: 'Share that something unusual happened.',
  }),
  sharingKMin: key({
    path: 'sharing.k_min',
    kind: kind.integer(K_LEAST, 1000),
    default: 5,
    unit: 'nodes',
    description: 'The fewest nodes an aggregate with your numbers must be made of.',
  }),

  trustDomains: key({
    path: 'trust.domains',
    kind: kind.emptyOnly(
      'table',
      'trust by subnet is not in this version, trust nodes by key in [peers.trusted]',
    ),
    default: {},
    description: 'Trust by subnet. Not in this version: entries are refused.',
  }),

  guardProfile: key({
    path: 'guard.profile',
    kind: kind.oneOf<GuardProfile>(['strict', 'moderate', 'permissive', 'off']),
    default: 'moderate',
    description:
      'How much risk needs a confirmation or is blocked: strict, moderate, permissive or off. `karo check` judges by it, ' +
      'and the guard of bash, zsh and fish (`karo shell init`) before a command runs. Whether it is on, as the node tells ' +
      'the mesh, changes with a reload of the service.',
  }),
  guardRules: key({
    path: 'guard.rules',
    kind: value.optionalPath,
    default: '',
    defaultText: "guard.toml in the node's directory",
    description:
      'The file with rules of your own: [[allow]] and [[deny]] (`karo guard`). One that others may write, or that is broken, makes the profile strict.',
    example: '"/home/me/dotfiles/guard.toml"',
  }),
  guardOnError: key({
    path: 'guard.on_error',
    kind: kind.oneOf(['allow', 'block']),
    default: 'allow',
    description:
      'What happens to a command that the guard could not judge, because it failed or took too long: allow runs it, block puts it back into the line. It is said and counted either way.',
  }),
  guardTimeout: key({
    path: 'guard.timeout_ms',
    kind: kind.integer(50, 10_000),
    default: 2_000,
    unit: 'ms',
    description:
      'How long judging one command may take, not counting the start of the program and the time you take to answer. Then guard.on_error decides.',
  }),

  historyIgnore: key({
    path: 'history.ignore',
    kind: kind.list(kind.anyText, 256),
    default: [],
    description: 'Commands that match any of these patterns (* and ?) are never recorded.',
    example: '["pass *", "*--password*"]',
  }),

  askEndpoint: key({
    path: 'ask.endpoint',
    kind: value.modelEndpoint,
    default: '',
    description:
      'Address of a local model that `karo ask` asks as well, as OpenAI-compatible servers have it; empty: none. Only an address of this machine or of private address space is ever connected to; a name is looked up, and everything it stands for has to be private.',
    example: '"http://127.0.0.1:11434/v1"',
  }),
  askModel: key({
    path: 'ask.model',
    kind: value.modelName,
    default: '',
    description: 'The name of the model there; empty: whatever the server takes by default.',
    example: '"qwen2.5-coder:7b"',
  }),
  askTimeout: key({
    path: 'ask.timeout_ms',
    kind: kind.integer(500, 120_000),
    default: 20_000,
    unit: 'ms',
    description: 'How long the model may take for its whole answer; then `karo ask` answers without it.',
  }),
  askKeyFile: key({
    path: 'ask.key_file',
    kind: value.optionalPath,
    default: '',
    description: 'A file with the key the model asks for, which others may not read.',
    example: '"/home/me/.config/model.key"',
  }),
  askShareHistory: key({
    path: 'ask.share_history',
    kind: kind.boolean,
    default: false,
    description:
      'Tell the model up to twenty of your own commands that resemble the request, with secrets taken out. Off: it learns the words you asked, your shell and which tools are installed.',
  }),

  mcpHistory: key({
    path: 'mcp.history',
    kind: kind.boolean,
    default: false,
    fileOnly: true,
    description:
      'Let AI coding tools read your history through `karo mcp`, with secrets taken out as it is stored. Each time is an entry of the ledger. What they read they may send to whoever runs their model.',
  }),

  processesEnabled: key({
    path: 'processes.enabled',
    kind: kind.boolean,
    default: true,
    description:
      'Watch what the commands of hooked shells use while they run: the name of each process, how long, how much memory and CPU time. Never its arguments, its environment, its files or what it sends.',
  }),
  processesKeepDays: key({
    path: 'processes.keep_days',
    kind: kind.integer(0, 36_500),
    default: 30,
    unit: 'days',
    description:
      'How long that is kept, and not longer than the commands (`retention.events_days`); 0 is as long as there is room for it, the newest 100 000 per person.',
  }),

  anomaliesEnabled: key({
    path: 'anomalies.enabled',
    kind: kind.boolean,
    default: true,
    description:
      'Look every few minutes whether something in your numbers is unusual for you: `karo anomalies`. Only counts are looked at, and only you are told.',
  }),
  anomaliesNotice: key({
    path: 'anomalies.notice',
    kind: kind.boolean,
    default: true,
    description:
      'Say so in one line when a new shell starts, once for each signal of severity 5 or more that you have not seen.',
  }),

  retentionEvents: key({
    path: 'retention.events_days',
    kind: kind.integer(0, 36_500),
    default: 0,
    unit: 'days',
    description:
      'How long commands are kept; 0 is for ever. Older ones are removed for good, from the files too; what was counted of them stays.',
    example: '365',
  }),
  retentionRollups: key({
    path: 'retention.rollups_days',
    kind: kind.integer(0, 36_500),
    default: 800,
    unit: 'days',
    description:
      'How long what was counted of each hour and day is kept; 0 is for ever. Below 732 a year is not compared with the year before, below 366 its numbers are not whole.',
  }),
  retentionAudit: key({
    path: 'retention.audit_days',
    kind: kind.integer(0, 36_500),
    default: 0,
    unit: 'days',
    description:
      'How long entries of the ledger are kept; 0 is as long as there is room for them, the newest 200 000. What is removed is named in an entry, so that the chain stays provable.',
  }),

  policyFiles: key({
    path: 'policy.files',
    kind: kind.list(value.absolutePath, 64),
    default: [],
    description:
      'Cedar files with role policies, together in place of the built-in role table (`karo policy show`). They and `[sharing]` must both allow. One that is broken, or that others may write, refuses the start; on a reload what was in force stays.',
    fileOnly: true,
    example: '["/usr/share/karo/policies/roles.cedar", "/etc/karo/policies/hours.cedar"]',
  }),
  policyTeams: key({
    path: 'policy.teams',
    kind: kind.list(value.label, 32),
    default: [],
    description:
      'Teams that this node is in. Leads and administrators have level 1 of the nodes of their own teams only; they have it of no node that is in none.',
    fileOnly: true,
    example: '["eng"]',
  }),

  queryTimeout: key({
    path: 'query.timeout_ms',
    kind: kind.integer(100, 60_000),
    default: 5000,
    unit: 'ms',
    description:
      'A query ends after this at the latest, even when some nodes have not answered. It ends earlier when all have.',
  }),

  logLevel: key({
    path: 'log.level',
    kind: kind.oneOf(['debug', 'info', 'warn', 'error']),
    default: 'info',
    description: 'The least important messages that the daemon logs: debug, info, warn or error.',
  }),
} as const

/** All keys, in the order of the file. */
export const KEY_LIST: readonly Key<unknown>[] = Object.values(KEYS) as unknown as readonly Key<unknown>[]

/**
 * When a new value of a section is in force: names, addresses and ports are built upon until a `restart`; a running daemon
 * takes over others when it is told to `reload`; what commands use, each reads anew, so that it is `at once`.
 */
const IN_FORCE: Readonly<Record<keyof Config, 'restart' | 'reload' | 'at once'>> = {
  node: 'restart',
  identity: 'restart',
  mesh: 'restart',
  overlay: 'restart',
  access: 'reload',
  http: 'restart',
  discovery: 'restart',
  peers: 'reload',
  sharing: 'reload',
  guard: 'at once',
  history: 'reload',
  ask: 'at once',
  mcp: 'at once',
  processes: 'reload',
  anomalies: 'reload',
  retention: 'reload',
  policy: 'reload',
  query: 'reload',
  log: 'reload',
}

/** Of a section, or of one that has none of its own: `trust`. */
export const whenInForce = (section: string): 'restart' | 'reload' | 'at once' =>
  Object.hasOwn(IN_FORCE, section) ? IN_FORCE[section as keyof Config] : 'restart'

/** True when a new value waits for no restart of the daemon. */
export const isLive = ({ path }: Pick<Key<unknown>, 'path'>): boolean =>
  whenInForce(path.split('.')[0]!) !== 'restart'

/** `mesh.port` → `KARO_MESH_PORT`; undefined for keys that an environment variable cannot express, or may not. */
export function envName(k: Pick<Key<unknown>, 'path' | 'kind' | 'fileOnly'>): string | undefined {
  if (k.fileOnly) return undefined
  return k.kind.fromText && `KARO_${k.path.toUpperCase().replaceAll('.', '_')}`
}
