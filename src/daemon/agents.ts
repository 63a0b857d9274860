// Builds the checks before every action of agents: capabilities, approvals by people, and the gates.
import { existsSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type NodeId, parseNodeId } from '../../protocols/node-id.ts'
import { createApprovals } from '../agents/approvals/approvals.ts'
import { type Present, targetOf } from '../agents/approvals/changes.ts'
import { createArtifacts } from '../agents/artifacts/artifacts.ts'
import { createCapabilities } from '../agents/capabilities/capabilities.ts'
import { neededBy } from '../agents/capabilities/names.ts'
import { asItIs } from '../agents/gates/code.ts'
import { createGates } from '../agents/gates/gates.ts'
import type { createMuscle, Runtime } from '../agents/index.ts'
import { digestOf, type Manifest } from '../agents/manifest/manifest.ts'
import { tryChange } from '../agents/manifest/tried.ts'
import type { LooksDeps } from '../agents/runtime/looks.ts'
import type { RuntimeDeps } from '../agents/runtime/runtime.ts'
import type { KeepLong } from '../agents/tasks/drive.ts'
import type { Requester } from '../agents/types.ts'
import { createVault } from '../agents/vault/vault.ts'
import { machineOf } from '../assist/guard/index.ts'
import { createMounts } from '../assist/resident/mounts.ts'
import { orElse } from '../base/run/or-else.ts'
import { personHome } from '../base/run/person-home.ts'
import { createRedaction } from '../observe/record/redaction.ts'
import type { openStore } from '../store/index.ts'
import { readPassphraseFile } from '../trust/identity/index.ts'
import { type Asker, createPrincipals } from '../trust/operators/index.ts'
import { type Principal, principalOf } from '../trust/policy/index.ts'
import type { DaemonOptions, Foundation } from './foundation.ts'
import type { buildTrust } from './trust-rooms.ts'

/** systemd.exec(5), LoadCredential: the name of the file in CREDENTIALS_DIRECTORY that opens vaults. */
const VAULT_CREDENTIAL = 'karo-vault'

/** Milliseconds for which long results of tasks are kept. */
const RESULTS_KEPT_MS = 30 * 86_400_000

/**
 * Whether the text of a file may be on the card of whoever asks: nothing of Karo's home, and on a machine of several people only what
 * every account can read.
 */
function mayShow(path: string, karoHome: string, service: boolean): boolean {
  const at = orElse(() => realpathSync(path), undefined)
  if (at === undefined || at === karoHome || at.startsWith(`${karoHome}/`)) return false
  if (!service) return true
  const parts = at.split('/').map((_, i, all) => all.slice(0, i + 1).join('/') || '/')
  return parts.every((part, i) => (statSync(part).mode & (i === parts.length - 1 ? 0o004 : 0o001)) !== 0)
}

export function buildAgents(
  { paths, env, service }: DaemonOptions,
  { common, metrics }: Foundation,
  { audit, fleet, people, policy, trust }: ReturnType<typeof buildTrust>,
  store: ReturnType<typeof openStore>,
  muscle: ReturnType<typeof createMuscle>,
) {
  const { config, identity, clock, random, timers, log } = common
  // If the ledger cannot be written, nothing is granted, approved or done.
  const strict = { record: audit.insist }
  const capabilities = createCapabilities({
    ...common,
    repository: store.capabilities,
    audit: strict,
  })
  const approvals = createApprovals({
    ...common,
    repository: store.approvals(),
    audit: strict,
    nameOf: people.nameOf,
    log: log.child({ room: 'approvals' }),
  })

  const nodeOf = ({ node }: Requester): Principal =>
    node === identity.nodeId
      ? { node_id: identity.nodeId, trust_level: 'peer', denied: false, roles: [], teams: [] }
      : principalOf(trust.opinion(node as NodeId))
  const askerOf = (requester: Requester): Pick<Asker, 'principal' | 'fault'> => {
    const through = nodeOf(requester)
    const { operator } = requester
    if (operator === undefined) return { principal: through }
    // The certificates of this moment count, not those at the time of the request. The roles of the node are not those
    // of the person.
    const key = parseNodeId(operator)
    const chain = fleet.operators.chainOf(operator as NodeId) ?? []
    if (requester.node !== identity.nodeId && key !== undefined) {
      const { principal, fault } = principals.suppose({ key, chain, through: through.node_id })
      // A person who asked as an operator and no longer is one is refused, and does not get the rights of the node through which they asked.
      const denied = principal.denied || principal.operator === undefined
      return { principal: { ...principal, denied }, ...(fault && { fault }) }
    }
    return { principal: { ...through, roles: [], teams: [], operator, through } }
  }

  const principals = createPrincipals({ opinion: trust.opinion, operators: fleet.operators, clock })
  const home = personHome() ?? '/'
  const mounts = createMounts(home)
  const gates = createGates({
    self: identity.nodeId,
    capabilities,
    approvals,
    audit: strict,
    policy({ requester, ...question }) {
      const { principal, fault } = askerOf(requester)
      if (fault !== undefined) return { effect: 'deny', ...fault }
      return policy.judgeAgent({ ...question, principal, by_agent: requester.agent !== undefined })
    },
    patterns: () => config.agents.approved,
    endpoints: config.agents.endpoints,
    connect: config.agents.connect,
    home,
    karoHome: paths.home,
    looking: mounts.looking,
    machine: ({ cwd }, mayLook, runs) =>
      machineOf(
        {
          cwd,
          home,
          karoHome: paths.home,
          mayLook: (path) => mayLook(path) && mayShow(path, paths.home, service),
          runs,
        },
        {},
        { files: [] },
      ),
    tryChange: (action, target) => tryChange({ muscle, timers, random }, action, target),
    onDenied: metrics.denied,
    log: log.child({ room: 'gates' }),
  })
  const credentialFile = env.CREDENTIALS_DIRECTORY && join(env.CREDENTIALS_DIRECTORY, VAULT_CREDENTIAL)
  const vault = createVault({
    ...common,
    repository: store.vault,
    audit,
    log: log.child({ room: 'vault' }),
    credential: () =>
      credentialFile && existsSync(credentialFile) ? readPassphraseFile(credentialFile, true) : undefined,
    rotateDays: () => config.vault.rotate_days,
  })
  const secrets = (person: number, manifest: Manifest, traceId: string) =>
    vault.take(
      { person, traceId },
      {
        agent: manifest.id,
        manifest: digestOf(manifest),
        tools: manifest.tools,
        wants: manifest.secrets,
      },
    )
  const artifacts = createArtifacts({
    ...common,
    redact: (text) => createRedaction(config.history.redact).text(text),
    repository: store.artifacts,
    audit,
    log: log.child({ room: 'artifacts' }),
  })
  const keepLong: KeepLong = async ({ person, agent, traceId }, { name, mediaType, bytes }) => {
    const coming = { name, media_type: mediaType, source: agent, expires_at: clock.now() + RESULTS_KEPT_MS }
    return (await artifacts.keep({ person, traceId }, coming, bytes)).id
  }
  const grantedUntil: LooksDeps['grantedUntil'] = ({ agent, ...action }) => {
    const needed = neededBy({ ...action, cwd: '/', tool: '' })
    const { missing, until } = capabilities.covering(agent, needed, { begun: true })
    return missing.length === 0 ? until : undefined
  }
  const grants: RuntimeDeps['grants'] = {
    ...capabilities,
    async give(manifest, start, { person, traceId }) {
      const { id: agent, tools } = manifest
      const pin = { code: await gates.codeOf(start), tools: null }
      // The vault may refuse (locked, no such secret): then nothing is granted to an agent that is not added.
      for (const { secret } of manifest.secrets)
        await vault.allow({ person, traceId }, secret, { agent, manifest: digestOf(manifest), tools })
      await capabilities.grant({ subject: agent, names: manifest.capabilities, by: person, pin })
    },
  }
  const present: Present = (action) =>
    mounts.looking(async (mayLook) => {
      const at = targetOf(action, mayLook)
      return at === undefined || !mayLook(at)
        ? undefined
        : asItIs(at, (path) => mayShow(path, paths.home, service))
    })
  return {
    present,
    capabilities,
    approvals,
    grantedUntil,
    gates,
    principals,
    vault,
    secrets,
    artifacts,
    keepLong,
    grants,
  }
}

/** As soon as certificates, people, grants or the vault say something else. */
export function endWhatMayNotGoOn(
  agents: Runtime,
  { approvals, capabilities, vault }: ReturnType<typeof buildAgents>,
  { fleet, trust }: ReturnType<typeof buildTrust>,
): void {
  fleet.onChange(agents.look)
  trust.onChange(agents.look)
  capabilities.onRevoked((agent, capability) => void agents.revoked(agent, { capability }))
  // An agent of the same name that belongs to another person keeps its grants.
  vault.onTaken((person, agent) => void agents.revoked(agent, { person }))
  // A yes to what a kill of the daemon left behind would start nothing.
  agents.tasks.onEvent(({ approval }, { state, message }) => {
    if (state === 'failed' && approval) approvals.withdraw(approval, message ?? undefined).catch(() => {})
  })
}
