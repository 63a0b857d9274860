// The table of all configuration keys: kind, default, meaning. Loading, `karo config list`, the sample file and the
// documentation follow from it.
import { hostname } from 'node:os'
import type { GuardProfile } from '../assist/risk/index.ts'
import { FORWARD_KINDS } from '../base/words/forward-target.ts'
import { loopbackEndpoint } from '../base/words/loopback-endpoint.ts'
import { networkPlace } from '../base/words/network-place.ts'
import { trustDomains } from './domains.ts'
import { FOLLOWABLE } from './fleet.ts'
import * as kind from './kinds.ts'
import * as value from './values.ts'

interface Described<T> {
  readonly kind: kind.Kind<T>
  readonly default: NoInfer<T>
  /** Words shown instead of a default that depends on the machine. */
  readonly defaultText?: string
  /** One or two sentences: what the key does, and the trade-off if there is one. */
  readonly description: string
  readonly unit?: string
  /** What is removed for good once it is older than the value, which is in days; 0 removes nothing by its age. */
  readonly removes?: string
  /** A value as it stands in the file; the sample shows it where the default would not show the form of a value. */
  readonly example?: string
  /** The key is a consent, so only the owner's file sets it: the environment comes from whatever starts the program. */
  readonly fileOnly?: true
  /**
   * What the machine's service sets is also for each person without a node of their own, who may set it otherwise: for no key by
   * which anything of a person leaves the machine, which is that person's to say.
   */
  readonly forPeople?: true
}

export interface Key<T> extends Described<T> {
  /** `section.key` as in the file; the name of the environment variable follows from it. */
  readonly path: string
}

/** Keeps the type of the key's values. */
const key = <const T>(k: Described<T>): Described<T> => k

/** The name of the host, shortened to the length of a display name. */
function ownName(): string {
  const name = [...hostname()].slice(0, value.NAME_LENGTH).join('')
  return value.nameProblem(name) === undefined ? name : 'karo'
}

/** Fewest owners of a level 2 number: with fewer, one of them could work out the others' parts. */
const K_LEAST = 3

/** By `section.key` as in the file. */
const KEYS = {
  'node.name': key({
    kind: value.displayName,
    default: ownName(),
    defaultText: "the machine's host name",
    description: 'The name of this node as others see it. Other nodes trust its key, not its name.',
    example: '"eng-042"',
  }),

  'identity.passphrase_file': key({
    kind: value.optionalPath,
    default: '',
    description:
      "A file with the passphrase of this node's key (`karo identity protect`); other users must not be able to read it. It is read when the node starts. A credential karo-key-passphrase of systemd is used first. In a terminal `karo up` asks for the passphrase.",
    example: '"/etc/karo/passphrase"',
  }),

  'mesh.port': key({
    kind: kind.integer(0, 65535),
    default: 9238,
    description:
      'TCP port that other nodes connect to; 0 takes any free port. mDNS finds strangers only on port 9238, on the port of this node, and on ports from 32768 on. If the port is below 1024, other nodes have to name it in their `discovery.peers`.',
  }),
  'mesh.listen': key({
    kind: kind.either(
      '"auto" or a list of IP addresses',
      kind.oneOf(['auto']),
      (v) => v === 'auto',
      kind.list(value.ipAddress, 64),
    ),
    default: 'auto',
    description:
      'Addresses to listen on: a list, or "auto" for loopback and every private address of this machine, also those that it gets later.',
    example: '["10.0.0.5"]',
  }),
  'mesh.lan_only': key({
    kind: kind.boolean,
    default: true,
    description:
      'Connect only to private addresses, and accept connections only from them. Nothing leaves private address space.',
  }),
  'mesh.allow_cgnat': key({
    kind: kind.boolean,
    default: false,
    description: 'Treat 100.64.0.0/10 (carrier-grade NAT, shared by customers of a provider) as private too.',
  }),
  'mesh.ping_seconds': key({
    kind: kind.integer(1, 300),
    default: 15,
    unit: 's',
    description:
      'How often the node checks its connections. A connected node is pinged after four times this time of silence, or if it owes an answer; two missed pings, up to 4 s apart, end the link. If nothing was being sent to it, the kernel notices some 10 s after half of this time that it vanished. A shorter time costs more CPU.',
  }),

  'transport.security': key({
    kind: value.securityList,
    default: ['noise'],
    description:
      'How connections between nodes are encrypted: "noise" (Noise XX) or "tls" (TLS 1.3). With both, the node that dials uses the first entry of its list that the other node supports; two nodes without a common entry never connect. Both prove the same key of the node.',
    example: '["tls", "noise"]',
  }),

  'overlay.full_mesh_up_to': key({
    kind: kind.integer(1, 256),
    default: 64,
    description:
      'Keep a link to every member in a mesh of up to this many members. In a larger mesh a node keeps about eight links, and questions and documents reach the others through members.',
  }),

  'overlay.asker_links_up_to': key({
    kind: kind.integer(0, 900),
    default: 256,
    description:
      'Keep a link to every member while people on this node ask the mesh often (three times in ten minutes), in a mesh of up to this many members. Over its own links a node has its answers several times sooner. The links are given up ten minutes after the last question.',
  }),

  'overlay.leaves_up_to': key({
    kind: kind.integer(0, 900),
    default: 256,
    description:
      'How many leaves keep a link to this node, in addition to its other links. A leaf is a node that trusts at most eight others, such as a machine that trusts only the security node. Further leaves are connected only while they are asked a question.',
  }),

  'overlay.tell_links': key({
    kind: kind.boolean,
    default: true,
    description:
      'Tell other members which members this node is linked with, so that the map in each dashboard (`karo dashboard`) can show the links. A link shows that two nodes trust each other.',
  }),

  'access.admins': key({
    kind: kind.list(value.person, 256),
    default: ['root', 'group:karo-admin'],
    description:
      'Who may manage this node and its mesh over the control socket: user names, uids, or "group:<name>". This right does not show them the commands or numbers of other people. The account that a node runs as always may.',
    example: '["root", "group:sysadmins"]',
  }),
  'access.askers': key({
    kind: kind.list(value.personOrAll, 256),
    default: [],
    description:
      'Who may ask the mesh in the name of this machine (`karo query`), besides access.admins. Entries have the same form, or "*" for everybody who may use the control socket.',
    example: '["group:leads"]',
  }),

  'http.enabled': key({
    kind: kind.boolean,
    default: true,
    description:
      'Also serve the dashboard (`karo dashboard`) and the REST API on 127.0.0.1 and ::1, for browsers and for programs with a token (`karo token create`). The karo command needs only the control socket.',
  }),
  'http.port': key({
    kind: kind.integer(0, 65535),
    default: 9237,
    description:
      'Port of the dashboard and the REST API on 127.0.0.1 and ::1. 0 takes any free port; `karo status` shows it.',
  }),

  'discovery.mdns': key({
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
  'discovery.mdns_interval_seconds': key({
    kind: kind.integer(1, 3600),
    default: 60,
    unit: 's',
    description:
      'Time between two mDNS questions on a network segment, over all nodes: one node asks, and all receive the answers. A new node is found at once with any interval. Short intervals cause much traffic on large networks.',
  }),
  'discovery.peers': key({
    kind: kind.list(value.staticPeer, 1024),
    default: [],
    description:
      'Nodes to connect to without discovery: "host:port", or "host:port/<node id>" to accept only that key there.',
    example: '["10.0.0.5:9238"]',
  }),
  'discovery.dht': key({
    kind: kind.boolean,
    default: true,
    description:
      'If no known address of a member answers, ask other members for its address (kad-dht, among members only). This costs nothing until it is needed.',
  }),
  'discovery.resolvers': key({
    kind: kind.list(value.ipAddress, 8),
    default: [],
    description:
      "DNS servers, by IP address, that are asked for the host names of `discovery.peers` and `discovery.dns_sd`. Names in /etc/hosts need no server. With `mesh.lan_only` no other server is asked, and a name that these do not know is not dialed. Without `mesh.lan_only` an empty list means the machine's own resolver.",
    example: '["10.0.0.53"]',
  }),
  'discovery.dns_sd': key({
    kind: kind.list(value.domainName, 16),
    default: [],
    description:
      'Domains whose DNS lists nodes (SRV records of `_karo._tcp.<domain>`, or DNS-SD instances; a TXT record `id=<node id>` pins the key). The DNS servers are asked every five minutes; while `mesh.lan_only` is on, `discovery.resolvers` has to name them.',
    example: '["corp.example"]',
  }),
  'discovery.scan': key({
    kind: kind.list(value.scanSubnet, 16),
    default: [],
    description:
      'IPv4 subnets, at most a /20 each, to scan for nodes at `mesh.port`: twenty connection attempts a second, repeated every five minutes. For networks without multicast. Inform the administrators of the network first.',
    example: '["10.0.3.0/24"]',
  }),
  'peers.denied': key({
    kind: kind.list(value.nodeId, 4096),
    default: [],
    description:
      'Nodes that are never admitted. A denial wins over every kind of trust, also over an entry in peers.trusted.',
    example: '["karo:ed25519:…"]',
  }),
  'peers.trusted': key({
    kind: value.trustedPeers,
    default: new Map(),
    description:
      'Nodes trusted by their key, with name, level (untrusted, share_to, query_from, peer, supervisor), roles and teams.',
    example: '"karo:ed25519:…" = { name = "bob", level = "peer", roles = ["lead"], teams = ["eng"] }',
  }),

  'sharing.max_level': key({
    kind: kind.oneOf([0, 1, 2]),
    default: 2,
    description:
      "The most that this node shares of your numbers: 0 nothing, 1 summaries, 2 aggregates too. It never shares raw commands. Even at 0 and after `karo share off`, every admitted node gets this node's name, version, uptime, and a rounded number of commands in 24 hours.",
  }),
  'sharing.allow.peers': key({
    kind: kind.list(value.audience, 1024),
    default: [],
    description:
      'Who may have your summaries (level 1); by default nobody. Entries are node ids, "team:<name>", "role:<name>", or "*" for every node with a sufficient trust level.',
    example: '["team:eng"]',
  }),
  'sharing.allow.supervisors': key({
    kind: kind.list(value.audience, 1024),
    default: ['*'],
    description:
      'Who may have aggregates over many nodes (level 2). Entries have the form of sharing.allow.peers.',
  }),
  'sharing.categories.tool_usage': key({
    kind: kind.boolean,
    default: true,
    description: 'Share which tools are used, how often, and how often they fail.',
  }),
  'sharing.categories.activity_patterns': key({
    kind: kind.boolean,
    default: true,
    description: 'Share how many commands run in each hour and on each weekday.',
  }),
  'sharing.categories.safety_stats': key({
    kind: kind.boolean,
    default: true,
    description:
      'Share how many commands of each risk level ran and how many the guard stopped. If `tool_usage` is shared too, also by which rules of risk.',
  }),
  'sharing.categories.anomalies': key({
    kind: kind.boolean,
    default: true,
    description: 'Share anomalies (`karo anomalies`), as far as `sharing.anomalies` says.',
  }),
  'sharing.anomalies': key({
    kind: kind.oneOf(['off', 'anonymous', 'identified']),
    default: 'anonymous',
    description:
      'How anomalies are shared, for people who have not chosen themselves (`karo share anomalies`): `off` not at all; `anonymous` only in totals of many nodes (level 2); `identified` also in answers of this node (level 1), which name it, to nodes with consent. The texts of `karo anomalies` never leave this machine.',
  }),
  'sharing.k_min': key({
    kind: kind.integer(K_LEAST, 1000),
    default: 5,
    unit: 'nodes',
    description: 'The smallest number of nodes in an aggregate that includes your numbers.',
  }),
  'sharing.budget': key({
    kind: kind.integer(1, 168),
    default: 28,
    unit: 'periods',
    description:
      'How many periods of any seven days this machine gives its part of totals to: days are 7, quarters of a day 28, hours 168. The more totals it is in, the better somebody who compares them can tell its part. A period whose totals have noise counts a sixth.',
  }),

  'trust.domains': key({
    kind: trustDomains,
    default: new Map(),
    description:
      'Level (untrusted, share_to, query_from, peer) and teams of every node that is connected from a private subnet, while that connection lasts. Any other source of trust wins over a subnet, and the narrower of two subnets over the wider. Every machine with an address in the subnet is trusted, so use this only for networks that only your machines can join.',
    example: '"10.0.3.0/24" = { level = "share_to", teams = ["eng"] }',
  }),

  'guard.profile': key({
    kind: kind.oneOf<GuardProfile>(['strict', 'moderate', 'permissive', 'off']),
    default: 'moderate',
    description:
      'How much risk needs a confirmation or is blocked: strict, moderate, permissive or off, for `karo check` and the ' +
      'guard of shells (`karo shell init`). A stricter one of the machine or a fleet holds in its place (`karo guard` shows it). ' +
      'The mesh learns of a change to or from off at a reload of the service.',
  }),
  'guard.rules': key({
    kind: value.optionalPath,
    default: '',
    defaultText: "guard.toml in the node's directory",
    description:
      'The file with your own rules: [[allow]] and [[deny]] (`karo guard`). If the file is invalid, or others may write it, the profile is strict.',
    example: '"/home/me/dotfiles/guard.toml"',
  }),
  'guard.on_error': key({
    kind: kind.oneOf(['allow', 'block']),
    default: 'allow',
    description:
      'What happens to a command that the guard could not judge, because the guard failed or took too long: allow runs the command, block drops it (Up brings it back). In both cases the failure is shown and counted.',
  }),
  'guard.timeout_ms': key({
    kind: kind.integer(50, 10_000),
    default: 5_000,
    unit: 'ms',
    description:
      'Time limit for judging one line, from Enter on. Your answer does not count. After that time guard.on_error decides.',
  }),

  'history.ignore': key({
    kind: kind.list(kind.anyText, 256),
    default: [],
    description: 'Whole lines that match any of these patterns (* and ?) are never recorded.',
    example: '["pass *", "*--password*"]',
  }),
  'history.redact': key({
    kind: kind.list(value.partPattern, 256),
    default: [],
    description:
      'Parts of commands and directories that match any of these patterns (* and ?) are kept as [redacted], besides secrets that are found anyway. Parts stand between blanks, quotes and the signs = : , ; / @ & | < > ( ). What was recorded before stays as it is.',
    example: '["acme_*", "*.corp.example"]',
  }),

  'finder.height': key({
    kind: kind.integer(0, 200),
    default: 0,
    unit: 'rows',
    description:
      'How many rows below the prompt the finder (Ctrl-R) uses; 0 for the whole screen. `karo history --interactive --height` sets it for one search.',
  }),
  'finder.enter': key({
    kind: kind.oneOf(['edit', 'run']),
    default: 'edit',
    description:
      'What Enter does in the finder of bash, zsh and fish: edit puts the chosen command into the prompt, run also runs it, after the guard has judged it. Tab always puts it into the prompt only.',
  }),

  'ask.endpoint': key({
    kind: value.modelEndpoint,
    default: '',
    description:
      'Address of a local model (an OpenAI-compatible server) that `karo ask` asks too; empty for none. Karo connects only to this machine or to private addresses; if the address is a name, all its addresses have to be private. While `mesh.lan_only` is on, the name is looked up only in `/etc/hosts` and at `discovery.resolvers`.',
    example: '"http://127.0.0.1:11434/v1"',
  }),
  'ask.model': key({
    kind: value.modelName,
    default: '',
    description: 'The name of the model; empty for the default of the server.',
    example: '"qwen2.5-coder:7b"',
  }),
  'ask.fallbacks': key({
    kind: kind.list(value.modelPlace, 7),
    default: [],
    description:
      'More local models, each as "ADDRESS" or "ADDRESS MODEL", asked in this order when the earlier ones do not answer. The rules of `ask.endpoint` apply to each. The key in `ask.key_file` is not sent to them.',
    example: '["http://127.0.0.1:8080/v1 qwen2.5-coder:1.5b"]',
  }),
  'ask.timeout_ms': key({
    kind: kind.integer(500, 120_000),
    default: 20_000,
    unit: 'ms',
    description:
      'How long the model may take for its whole answer. After that time `karo ask` answers without the model.',
  }),
  'ask.key_file': key({
    kind: value.optionalPath,
    default: '',
    description:
      'A file with the key that the model server asks for; other users must not be able to read it.',
    example: '"/home/me/.config/model.key"',
  }),
  'ask.knowledge': key({
    kind: value.optionalPath,
    default: '',
    forPeople: true,
    description:
      "A file with more commands and their wordings for `karo ask`, in the form of Karo's own knowledge, beside what `karo knowledge add` took in.",
    example: '"/home/me/dotfiles/commands.txt"',
  }),
  'ask.share_history': key({
    kind: kind.boolean,
    default: false,
    description:
      'Send the model up to twenty of your own commands that resemble the request, with secrets taken out. If this is off, the model gets only your words, your shell and the list of installed tools.',
  }),

  'agents.enabled': key({
    kind: kind.boolean,
    default: false,
    fileOnly: true,
    description:
      'Let agents run commands in jails on this machine. A separate process, karo-exec, starts the jails; `karo up` starts it, and the service has a unit for it. While it cannot start a jail, the node is not ready and no agent runs.',
  }),
  'agents.sandbox': key({
    kind: kind.oneOf(['auto', 'bwrap', 'landlock', 'vm']),
    default: 'auto',
    fileOnly: true,
    description:
      'How jails are built. `auto` tries bubblewrap; if that is missing or cannot make namespaces, Landlock. Landlock isolates less, and refuses what it cannot isolate. `vm` puts the jail into a small virtual machine for each job, and never falls back. `karo doctor --sandbox` says what works here.',
  }),
  'agents.approved': key({
    kind: kind.list(value.approvedPattern, 64),
    default: [],
    fileOnly: true,
    description:
      'Patterns that approve what agents ask for in your place, each as "NAME: AGENT TOOL [in DIRECTORY] GLOB" (* and ?). With a directory, the pattern applies only there and below. A pattern without a directory never approves commands or changes (`karo config list` warns of such a pattern for commands). For the tool exec the glob is compared with the command as a line for a shell, for other tools with the arguments as JSON. A pattern never approves critical requests, or requests of other machines. Each use is in `karo approvals log`.',
    example: '["status: kExecutor:build exec in /srv/app git status*"]',
  }),
  'agents.endpoints': key({
    kind: kind.list(
      kind.text('an address of this machine such as "http://127.0.0.1:3001/mcp"', (text) =>
        loopbackEndpoint(text)?.href === text
          ? undefined
          : 'it is not an address such as http://127.0.0.1:3001/mcp or http://[::1]:3001/mcp',
      ),
      32,
    ),
    default: [],
    fileOnly: true,
    description:
      'Addresses of MCP servers on this machine that may be agents although Karo did not start them (`karo agent add NAME -- ADDRESS`). They speak HTTP and run outside of any jail. A server that is not listed here cannot be an agent, and each call waits for a yes.',
    example: '["http://127.0.0.1:3001/mcp"]',
  }),
  'agents.connect': key({
    kind: kind.list(
      kind.text('a host and a port such as "10.0.0.5:5432"', (text) =>
        networkPlace(text) === undefined ? 'it is not HOST:PORT in lower-case letters' : undefined,
      ),
      64,
    ),
    default: [],
    fileOnly: true,
    description:
      'Places of the private network that agents in jails may connect to (`karo agent add NAME --connect HOST:PORT`), through a proxy of the daemon; by default none. A name is looked up at each connection, as in `discovery.peers`, and has to resolve to a private address of another machine. An address of this machine, or a link-local one, is permitted only if it is listed here as an address.',
    example: '["10.0.0.5:5432", "build.lan:443"]',
  }),
  'vault.rotate_days': key({
    kind: kind.integer(0, 3_650),
    default: 90,
    unit: 'days',
    description:
      'If the key of a vault is older than this, unlocking the vault (`karo secret unlock`) also encrypts all its secrets under a new key; 0: never by itself.',
  }),
  'memory.task_results': key({
    kind: kind.boolean,
    default: false,
    description:
      'Also keep the results of tasks as notes of `karo memory`, with secrets taken out. Off by default, because a result may be the content of a file that nobody wants to keep.',
  }),
  'memory.embeddings': key({
    kind: value.modelPlaceOrNone,
    default: '',
    description:
      'A local endpoint of embeddings as "ADDRESS MODEL", with which `karo memory search` also finds notes with the same meaning in other words; empty for none. Notes never leave this machine, so the address has to be a loopback address.',
    example: '"http://127.0.0.1:11434/v1 nomic-embed-text"',
  }),
  'mcp.history': key({
    kind: kind.boolean,
    default: false,
    fileOnly: true,
    description:
      'Let AI coding tools read your history through `karo mcp`. Secrets were taken out when it was stored. Each access is an entry of the ledger. The tools may send what they read to the provider of their model.',
  }),
  'mcp.tasks': key({
    kind: kind.boolean,
    default: false,
    fileOnly: true,
    description:
      'Let AI coding tools see agents and give them tasks through `karo mcp`. The gates of agents judge each task, and a task that is not harmless waits for you (`karo approvals`). Reading counts as harmless: the tools can read your notes, prompts and plans through the built-in agents. They may send results to the provider of their model.',
  }),

  'processes.enabled': key({
    kind: kind.boolean,
    default: true,
    description:
      'Record the name, run time, memory and CPU time of processes that hooked shells start. Arguments, environment, files and network traffic are never read.',
  }),
  'processes.keep_days': key({
    kind: kind.integer(0, 36_500),
    default: 30,
    unit: 'days',
    removes: 'records of processes',
    description:
      'How long records of processes are kept, but never longer than the commands (`retention.events_days`); 0 keeps the newest 100 000 per person.',
  }),

  'anomalies.enabled': key({
    kind: kind.boolean,
    default: true,
    description:
      'Check your numbers every few minutes for something unusual (`karo anomalies`). Karo reads only counts, and reports only to you; `sharing.anomalies` says what is shared.',
  }),
  'anomalies.notice': key({
    kind: kind.boolean,
    default: true,
    description:
      'Report anomalies in one line when a new shell starts: each signal of severity 5 or more once, if you have not seen it.',
  }),

  'retention.events_days': key({
    kind: kind.integer(0, 36_500),
    default: 0,
    unit: 'days',
    removes: 'commands',
    description:
      'How long commands are kept; 0 means for ever. Older commands are removed for good, from the files too; their counts stay.',
    example: '365',
  }),
  'retention.rollups_days': key({
    kind: kind.integer(0, 36_500),
    default: 800,
    unit: 'days',
    removes: 'counts of hours and days',
    description:
      'How long the counts of each hour and day are kept; 0 means for ever. Below 732 a year cannot be compared with the year before; below 366 the numbers of a year are incomplete.',
  }),
  'retention.audit_days': key({
    kind: kind.integer(0, 36_500),
    default: 0,
    unit: 'days',
    removes: 'entries of the ledger',
    description:
      'How long entries of the ledger are kept; 0 keeps the newest 200 000. A new entry records the removal, so that the chain can still be verified.',
  }),

  'policy.files': key({
    kind: kind.list(value.absolutePath, 64),
    default: [],
    description:
      'Cedar files with role policies, which together replace the built-in role table (`karo policy show`). The policies and `[sharing]` must both allow an answer. If a file is invalid, or others may write it, the daemon does not start; on a reload the policies in force stay.',
    fileOnly: true,
    example: '["/usr/share/karo/policies/roles.cedar", "/etc/karo/policies/hours.cedar"]',
  }),
  'policy.teams': key({
    kind: kind.list(value.label, 32),
    default: [],
    description:
      'Teams of this node, where it has no certificate. A certificate says the teams of its node, and this list can only leave out some of them. Leads and administrators get level 1 only from nodes of their own teams, and never from a node without a team.',
    fileOnly: true,
    example: '["eng"]',
  }),

  'policy.accept_org': key({
    kind: kind.oneOf(['restrict', 'full']),
    default: 'restrict',
    description:
      'What the policy bundle of the mesh\'s root may do here. "restrict": only forbid. "full": its policies may also permit, in addition to your own. With either, it cannot share what you do not share (`[sharing]`, `karo share`).',
  }),

  'policy.follow': key({
    kind: kind.list(kind.oneOf(FOLLOWABLE), FOLLOWABLE.length),
    default: ['*'],
    fileOnly: true,
    description:
      'Which settings of the mesh\'s policy bundle (`karo fleet set`) this machine follows: keys, sections, or "*" for all. Of its own value and the fleet\'s the stricter holds.',
    example: '["guard", "history.ignore"]',
  }),

  'query.timeout_ms': key({
    kind: kind.integer(100, 60_000),
    default: 5000,
    unit: 'ms',
    description:
      'A query ends after this time at the latest, even if some nodes have not answered. It ends earlier when all nodes have answered.',
  }),

  'reports.thresholds.risky': key({
    kind: kind.offOr(0, 100),
    default: 'off',
    unit: '%',
    description:
      'Report by an event, a metric and an alert when more than this share of the commands in the newest released period is high or critical. All four thresholds are checked on nodes that can read totals.',
    example: '5',
  }),
  'reports.thresholds.coverage': key({
    kind: kind.offOr(0, 100),
    default: 'off',
    unit: '%',
    description:
      'Report when less than this share of the expected machines is in the newest released period.',
    example: '80',
  }),
  'reports.thresholds.anomalies': key({
    kind: kind.offOr(0, 1_000_000),
    default: 'off',
    unit: 'signals',
    description: 'Report when the newest released period has more signals of anomalies than this.',
    example: '10',
  }),
  'reports.thresholds.missing': key({
    kind: kind.offOr(0, 1_000_000),
    default: 'off',
    unit: 'machines',
    description: 'Report when more expected machines than this are missing in the newest released period.',
    example: '5',
  }),

  'forward.to': key({
    kind: value.forwardTargets,
    default: [],
    fileOnly: true,
    description:
      'Where the ledger is sent as it grows: syslog (RFC 5424, over TLS or TCP) or JSON lines by the Elastic Common Schema (over TLS or TCP, or appended to a file). Each target gets every entry from the first one that is kept, without a gap over restarts. Commands are never among them. The rules of `mesh.lan_only` and `discovery.resolvers` apply to hosts.',
    example: '["syslog+tls://siem.corp.example:6514"]',
  }),
  'forward.kinds': key({
    kind: kind.list(kind.oneOf(FORWARD_KINDS), FORWARD_KINDS.length),
    default: FORWARD_KINDS,
    description:
      'What is sent: `ledger` ordinary entries, `refusals` entries about something that was refused or failed, `alerts` what kSentinel reports, `anomalies` what is unusual in the numbers of people who chose `karo share anomalies identified`.',
  }),
  'forward.traces': key({
    kind: value.modelEndpoint,
    default: '',
    fileOnly: true,
    description:
      'Address of an OpenTelemetry collector (OTLP/HTTP) that gets traces: how long requests, questions, tasks and jobs took, on this machine and, by the same trace, on others. Empty for none. They hold no command, argument or name that a person gave. The rules of `mesh.lan_only` and `discovery.resolvers` apply.',
    example: '"http://10.0.0.7:4318"',
  }),
  'forward.tls_ca': key({
    kind: value.optionalPath,
    default: '',
    description:
      'A PEM file with the authorities that sign the certificates of TLS targets; empty for the public ones that Node.js knows.',
    example: '"/etc/karo/siem-ca.pem"',
  }),
  'forward.tls_certificate': key({
    kind: value.optionalPath,
    default: '',
    description: 'A PEM file with the certificate that this machine shows to TLS targets; empty for none.',
    example: '"/etc/karo/siem.pem"',
  }),
  'forward.tls_key': key({
    kind: value.optionalPath,
    default: '',
    description: 'A PEM file with the key of that certificate; other users must not be able to read it.',
    example: '"/etc/karo/siem.key"',
  }),

  'log.level': key({
    kind: kind.oneOf(['debug', 'info', 'warn', 'error']),
    default: 'info',
    description: 'The lowest level of messages that the daemon logs: debug, info, warn or error.',
  }),
} as const

/** All keys, in the order of the file. */
export const KEY_LIST = Object.entries(KEYS).map(([path, k]) => ({
  path,
  ...k,
})) as unknown as readonly Key<unknown>[]

/** The key with this path, such as `mesh.port`. */
export const keyOf = (path: string): Key<unknown> | undefined => KEY_LIST.find((key) => key.path === path)

type Keys = typeof KEYS
/** `{ a: { b: T } }` for a key with the path `a.b` and values of type T. */
type Nested<Path extends string, T> = Path extends `${infer Section}.${infer Rest}`
  ? { readonly [K in Section]: Nested<Rest, T> }
  : { readonly [K in Path]: T }
type ValueOf<K> = K extends Described<infer T> ? T : never
type All<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer Whole) => void
  ? Whole
  : never
/** The configuration in force. Fields are named as in the file: `config.mesh.lan_only` is `lan_only` under `[mesh]`. */
export type Config = All<{ [Path in keyof Keys]: Nested<Path, ValueOf<Keys[Path]>> }[keyof Keys]>

interface Table {
  [name: string]: unknown
}

/** The typed configuration; `values` holds a checked value for every key of the table. */
export function configOf(values: ReadonlyMap<string, unknown>): Config {
  const config: Table = {}
  for (const { path } of KEY_LIST) {
    const names = path.split('.')
    const last = names.pop() ?? path
    let table = config
    for (const name of names) {
      table[name] ??= {}
      table = table[name] as Table
    }
    table[last] = values.get(path)
  }
  return config as unknown as Config
}

export const DEFAULTS = configOf(new Map(KEY_LIST.map((k) => [k.path, k.default])))

/**
 * When a changed value of a section takes effect. The daemon uses names, addresses and ports only when it starts
 * (`restart`); it takes over other sections at a `reload`; sections that commands read take effect `at once`.
 */
const IN_FORCE: Readonly<Record<keyof Config, 'restart' | 'reload' | 'at once'>> = {
  node: 'restart',
  identity: 'reload',
  mesh: 'restart',
  transport: 'restart',
  overlay: 'restart',
  access: 'reload',
  http: 'restart',
  discovery: 'restart',
  peers: 'reload',
  trust: 'reload',
  sharing: 'reload',
  guard: 'at once',
  finder: 'at once',
  history: 'reload',
  ask: 'at once',
  agents: 'restart',
  vault: 'reload',
  memory: 'reload',
  mcp: 'at once',
  processes: 'reload',
  anomalies: 'reload',
  retention: 'reload',
  policy: 'reload',
  query: 'reload',
  reports: 'reload',
  forward: 'restart',
  log: 'reload',
}

/** When a changed value of a key or section takes effect. */
export const whenInForce = (path: string): 'restart' | 'reload' | 'at once' =>
  IN_FORCE[path.split('.')[0] as keyof Config] ?? 'restart'

/** True if a changed value takes effect without a restart of the daemon. */
export const isLive = ({ path }: Pick<Key<unknown>, 'path'>): boolean => whenInForce(path) !== 'restart'

/** `mesh.port` → `KARO_MESH_PORT`; undefined for a key that an environment variable cannot express or may not set. */
export function envName(k: Pick<Key<unknown>, 'path' | 'kind' | 'fileOnly'>): string | undefined {
  if (k.fileOnly) return undefined
  return k.kind.fromText && `KARO_${k.path.toUpperCase().replaceAll('.', '_')}`
}
