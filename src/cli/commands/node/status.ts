// `karo status`: shows the node at a glance, and what to do if something is wrong.

import { STATUS_MS } from '../../../api/contract/client/socket.ts'
import { getStatus } from '../../../api/contract/operations/status.ts'
import type { StatusShape } from '../../../api/contract/shapes.ts'
import { homePaths, servicePaths } from '../../../config/paths.ts'
import { atHome, type Place } from '../../at-home.ts'
import {
  bytes,
  clauses,
  defineCommand,
  duration,
  formatFingerprint,
  paint,
  printable,
  type Screen,
  table,
  wrap,
} from '../../kit.ts'
import { brokenFile } from '../../start/broken-file.ts'
import { staleWords } from '../../start/stale.ts'
import { grouped } from '../../views/lines.ts'

/** What is said of a subject, and whether that is good; false where it goes without saying. */
type Says = string | readonly [says: string, good: boolean] | false

/** Ends with a newline. `hook`: what follows that nothing is recorded, else empty. `broken`: what is wrong with config.toml. */
export function statusView(
  status: StatusShape,
  screen: Screen & Place,
  hook: string,
  broken?: string,
): string {
  const rows = Object.entries(saidOf(status, screen.env)).flatMap(([subject, says]) =>
    says ? [[subject, ...[says].flat()] as const] : [],
  )
  const overview = table(screen, rows, {
    '': { value: ([subject]) => subject, style: () => 'bold' },
    ' ': {
      value: ([, says]) => String(says),
      style: ([, , good]) => (good === undefined ? undefined : good ? 'green' : 'red'),
      wrap: true,
    },
  })
  const advice = [broken ?? [], adviceOf(status, hook)].flat().map((text) => {
    const [first = '', ...rest] = wrap(printable(atHome(text, screen)), screen.columns - 4)
    return `  ${paint('yellow', '→', screen)} ${[first, ...rest].join('\n    ')}\n`
  })
  return advice.length === 0 ? overview : `${overview}\n${advice.join('')}`
}

function saidOf(status: StatusShape, env: Place['env']): Readonly<Record<string, Says>> {
  const { agents, alerts, anomalies, documents, health, mesh, name, certified_as, service, store } = status
  const { own, received, relayed } = documents
  const { recipients } = status.summaries
  const others = certified_as === null || certified_as === name ? '' : `, certified as ${certified_as}`
  // Whole seconds: in the first one there is none yet.
  const up = status.uptime_seconds === 0 ? 'just started' : `up ${duration(status.uptime_seconds * 1000)}`
  const isReady = agents.state === 'ready'
  const commands = `${store.events === 1 ? 'command' : 'commands'}${service ? ' of yours' : ''}`
  const { pending_bytes, dropped } = status.spool
  const waiting = pending_bytes === 0 ? 'nothing waiting' : `${bytes(pending_bytes)} waiting`
  return {
    node: `${name}  ${formatFingerprint(status.fingerprint)}${service ? ", this machine's" : ''}${others}`,
    you: service && rightsOf(status.you),
    state: [`${health.ready ? 'ready' : 'not ready'}, ${up}, version ${status.version}`, health.ready],
    mesh: meshWords(status),
    // For programs with tokens; the karo command itself uses the control socket.
    api: status.http.listen ?? 'on the control socket only',
    // A node that is alone has only documents of its own.
    documents:
      !mesh.alone &&
      `${grouped(own)} own, ${grouped(received)} received, ${grouped(relayed)} kept for others; ${bytes(documents.bytes)}`,
    summaries:
      !mesh.alone &&
      (recipients === 0
        ? 'none published yet'
        : `for ${grouped(recipients)} ${recipients === 1 ? 'node' : 'nodes'}`),
    policy: policySays(status),
    agents: agents.state === 'off' ? 'off' : [isReady ? agents.detail : 'locked: nothing runs', isReady],
    store: `${grouped(store.events)} ${commands}, ${bytes(store.bytes)}`,
    spool: dropped === 0 ? waiting : `${waiting}, ${dropped} dropped`,
    unusual: anomalies.unseen > 0 && `${anomalies.unseen} new in your numbers: karo anomalies`,
    // Where no agent can be, all alerts are unusual numbers, which have a line of their own.
    alerts: alerts > 0 &&
      agents.state !== 'off' && [
        `${alerts} within a day: karo task run kSentinel:watch list_findings`,
        false,
      ],
    // A shell's hook reads the variable in the same way.
    shell: (env?.KARO_PAUSE || '0') !== '0' && [
      'this shell is not recorded, because KARO_PAUSE is set',
      false,
    ],
  }
}

/** What the caller may do, on a node that several people use. */
function rightsOf({ admin, asks }: StatusShape['you']): string {
  if (admin) return 'may manage this node; you see only your own commands and numbers'
  return asks
    ? 'see your own commands and numbers, and may ask the mesh; an administrator manages this node'
    : 'see your own commands and numbers; an administrator manages this node and may let you ask the mesh'
}

function meshWords({ mesh, health }: StatusShape): string {
  if (mesh.alone && mesh.members_known === 0) return 'none: this node is used alone'
  const failed = health.checks.some(({ name, ok }) => name === 'mesh.listening' && !ok)
  // `/ip4/10.0.0.5/tcp/9238` is written as people write it.
  const listens =
    mesh.listen
      .map((at) => at.replace(/^\/ip4\/(.+)\/tcp\//, '$1:').replace(/^\/ip6\/(.+)\/tcp\//, '[$1]:'))
      .join(' ') || (failed ? 'not listening' : 'listens to nobody')
  const known = `${mesh.members_known} ${mesh.members_known === 1 ? 'member' : 'members'} known`
  const waits = mesh.peers_pending === 1 ? 'waits' : 'wait'
  const waiting = mesh.peers_pending === 0 ? '' : `, ${mesh.peers_pending} ${waits} to be trusted`
  const trusted = mesh.peers_trusted === mesh.peers_connected ? '' : ` (${mesh.peers_trusted} trusted)`
  const connected =
    mesh.peers_connected === 0 ? 'nobody connected' : `${mesh.peers_connected} connected${trusted}`
  return `${connected}, ${known}${waiting}; ${listens}`
}

/** The built-in role table goes without saying. */
function policySays({ policy }: StatusShape): Says {
  if (policy.engine === 'built-in' && policy.problem === null) return false
  const files = policy.files === 1 ? 'one policy file' : `${policy.files} policy files`
  const says = policy.engine === 'cedar' ? `${files}, by Cedar` : 'the built-in role table'
  return policy.problem === null ? says : [`${says}; what the files say now is refused`, false]
}

/** Reasons of refused messages, in words that follow their number. */
const REFUSED: Readonly<Record<string, string>> = {
  bad_magic: 'that are not frames of Karo',
  bad_version: 'of another version of the protocol',
  too_large: 'that are too large',
  unknown_type: 'of a kind this version does not know',
  bad_signature: 'with a bad signature',
  malformed: 'that are malformed',
  stale: 'for a wrong clock (karo doctor --only clock.peers)',
  replayed: 'seen before',
  out_of_order: 'out of order',
  not_admitted: 'from a node that may not send them',
  rate_limited: 'that were too many at once',
} satisfies Readonly<Record<keyof StatusShape['mesh']['rejected'], string>>

/** What is wrong, then what a person could do next. */
function adviceOf(status: StatusShape, hook: string): string[] {
  const { health, mesh, service, documents, summaries, you, people_held = 0, not_forwarded = [] } = status
  const failing = health.checks.filter((check) => !check.ok).map((check) => `${check.name}: ${check.detail}`)
  const refused = Object.entries(mesh.rejected).filter(([, count]) => count > 0)
  const reasons = refused.map(([code, count]) => `${grouped(count)} ${REFUSED[code] ?? code}`).join(', ')
  const whose = people_held === 1 ? 'one person' : `${grouped(people_held)} people`
  const isNew = mesh.alarms.length + mesh.members_known + mesh.peers_pending === 0
  return clauses(
    ...staleWords(status),
    ...failing,
    ...mesh.alarms.map(printable),
    reasons !== '' &&
      `messages of other nodes were refused since the start: ${reasons}; karo audit log --type policy_violation  says whose`,
    documents.conflicts > 0 &&
      `${grouped(documents.conflicts)} signed documents contradict earlier ones of the same node, as when two machines use one key; karo audit log --type policy_violation  says whose`,
    summaries.left_out > 0 &&
      `summaries have no room for ${grouped(summaries.left_out)} more nodes that may read them; they can ask for your numbers live`,
    summaries.refused > 0 &&
      `${grouped(summaries.refused)} summaries of other nodes were refused; karo logs tail  says whose and why`,
    ...not_forwarded.map((what) => `the ledger is not sent to ${what}`),
    mesh.listen.length > 0 &&
      mesh.peers_connected === 0 &&
      !mesh.listen.some(isOpen) &&
      'no other machine can reach this node, which listens on loopback only; karo doctor --only mesh.addresses  says why',
    people_held > 0 && `data of ${whose} is held back; karo people list  says whose and why`,
    mesh.peers_pending > 0 && you.admin && 'karo peers pending  shows the nodes that wait to be trusted',
    !service &&
      status.certified_as === null &&
      isNew &&
      mesh.listen.some(isOpen) &&
      'other nodes of this network can reach it, and none is trusted yet; to use it alone instead:  karo init --solo',
    health.ready && hook !== '' && `no command is recorded yet${hook}`,
  )
}

/** Whether another machine could reach it. */
const isOpen = (address: string): boolean => !/^\/ip4\/127\.|^\/ip6\/::1\//.test(address)

export const commands = [
  defineCommand('status', {
    summary: 'show node, mesh, spool and storage at a glance',
    shows: getStatus,
    examples: {
      'karo status --json': 'the same for scripts; health.ready is true if all is well',
    },
    deadlineMs: STATUS_MS,
    async view(status, io) {
      // Start files are read only where the view says something about them.
      const hook =
        status.store.events > 0 ? '' : (await import('../../shells/start-file-looks.ts')).hookWords(io)
      const { config } = status.service ? servicePaths({}) : homePaths(io.env)
      return statusView(status, io, hook, await brokenFile(config, io.socket))
    },
  }),
]
