// Builds the rooms that know this machine and its people, and never talk to another machine.
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createMuscle, createRuntime, type Runtime } from '../agents/index.ts'
import { tryPlaces } from '../agents/manifest/tried.ts'
import { loadGuard } from '../assist/guard/index.ts'
import { createResident } from '../assist/resident/resident.ts'
import { openPeerCredentials } from '../base/kernel/peer-credentials.ts'
import type { Log } from '../base/run/log.ts'
import { VERSION } from '../base/version.ts'
import { type Anomalies, createAnomalies } from '../insight/anomalies/index.ts'
import { createInsight, type Insight } from '../insight/statistics/index.ts'
import { createProcesses } from '../observe/processes/index.ts'
import { createObserve } from '../observe/record/index.ts'
import { createCopies } from '../ops/care/before-upgrade.ts'
import { createRetention } from '../ops/care/retention.ts'
import { createRetentionTime, hasJustSynchronised } from '../ops/care/retention-time.ts'
import { createForward } from '../ops/forward/index.ts'
import { createProbe } from '../ops/metrics/probe.ts'
import { createLock } from '../ops/system/lock.ts'
import { openStore } from '../store/index.ts'
import type { People } from '../trust/people/index.ts'
import type { PolicySet } from '../trust/policy/index.ts'
import { buildAgents, endWhatMayNotGoOn } from './agents.ts'
import type { DaemonOptions, Foundation } from './foundation.ts'
import { buildMind, keepResults, ledgerOfAnomalies, raiseAlerts } from './mind.ts'
import { placeAddress } from './place-address.ts'
import { buildTrust } from './trust-rooms.ts'

export type Local = ReturnType<typeof buildLocal>

export function buildLocal(options: DaemonOptions, foundation: Foundation, policies: PolicySet) {
  const { paths, service } = options
  const { common, faults, name, ownUid } = foundation
  const { config, identity, clock, log } = common

  const copies = createCopies({ ...common, paths, node: { nodeId: identity.nodeId, name }, faults })
  const store = openStore({ ...common, directory: paths.db, faults, copies })
  const who = buildTrust(options, foundation, policies, store)
  const { people, audit } = who
  const observe = createObserve({
    ...common,
    events: store.events,
    spoolDirectory: paths.spool,
    faults,
    personOf: async (uid, begun) =>
      (await people.numberOf(uid, { keep: true, begun })) ??
      ((await people.turnsAway(uid)) ? 'nobody' : undefined),
  })
  const processes = createProcesses({ ...common, observe, repository: store.processes })
  // Data that is held back is in no answer and no summary, whatever its person agreed to.
  const rollupsOfPresent = { ...store.rollups, uids: async () => people.here(await store.rollups.uids()) }
  const anomalies = createAnomalies({
    ...common,
    rollups: store.rollups,
    repository: store.anomalies,
    silentHooks: processes.silentHooks,
    note: ledgerOfAnomalies(audit, who.sharing),
  })
  const forward = createForward({
    ...common,
    audit,
    repository: store.forwarded,
    sender: { name, nodeId: identity.nodeId },
  })
  const insight = createInsight({
    ...common,
    rollups: rollupsOfPresent,
    node: { nodeId: identity.nodeId, fingerprint: identity.fingerprint, name, version: VERSION },
    anomalies,
    countBetween: store.events.countBetween,
    guardAllowed: () => config.guard.profile !== 'off',
    hookedShells: observe.shells,
    silentHooks: processes.silentHooks,
  })
  const deciders = decidersOf(insight, people, service, ownUid)
  const probe = createProbe({ ...common, probe: store.probe, probed: foundation.metrics.probed })
  const retention = createRetention({
    ...common,
    store,
    trimProcesses: processes.trim,
    trimLedger: audit.trim,
    expireCopies: copies.expire,
    time: createRetentionTime({
      repository: store.retentionTime,
      ledger: store.audit,
      clock,
      isConfirmed: hasJustSynchronised,
    }),
  })

  const muscle = createMuscle({
    ...common,
    way: !config.agents.enabled ? 'off' : service ? 'connect' : 'start',
    path: paths.muscle,
    provider: config.agents.sandbox === 'auto' ? null : config.agents.sandbox,
    closed: [paths.home, dirname(paths.config), paths.spool],
    state: join(paths.home, 'vm'),
    credentials: () => openPeerCredentials(log),
  })
  const asking = buildAgents(options, foundation, who, store, muscle)
  const mind = buildMind(options, foundation, store, anomalies, muscle, () => agents)
  const agents: Runtime = createRuntime({
    ...common,
    repository: store.agents,
    muscle,
    gates: asking.gates,
    record: audit.record,
    insist: audit.insist,
    grantedUntil: asking.grantedUntil,
    secrets: asking.secrets,
    mask: asking.vault.mask,
    keepLong: asking.keepLong,
    builtIns: mind.builtIns,
    endpoints: config.agents.endpoints,
    connect: config.agents.connect,
    addressOf: (host) => placeAddress(host, config),
    grants: asking.grants,
    tryPlaces: (binds, traceId) => tryPlaces({ ...common, muscle }, binds, traceId),
  })
  keepResults(agents, mind.memory, foundation)
  raiseAlerts(mind.alerts, agents, audit, anomalies, rollupsOfPresent.uids)
  endWhatMayNotGoOn(agents, asking, who)

  const more = service ? [] : loadGuard({ home: paths.home, env: {} }).loosened
  if (more.length > 0)
    log.warn({ changed: more }, "the guard's files were changed by something else; it is strict")

  // The machine's service is another user than those who type, and sees other files: their shells start the program.
  const resident = service ? undefined : createResident({ home: paths.home, log })
  const dropKeptHooks = service ? undefined : watchKeptHooks(paths.shells, anomalies, log)

  return {
    store,
    copies,
    lock: createLock(paths.lock),
    muscle,
    agents,
    ...asking,
    ...mind,
    ...who,
    observe,
    processes,
    insight,
    deciders,
    anomalies,
    forward,
    probe,
    retention,
    resident,
    dropKeptHooks,
  }
}

/**
 * Everybody who typed anything here; before anybody did, the account of the daemon, under whose number its consent is kept. The own user
 * of a service never says anything, and root may for the machine.
 */
export const decidersOf =
  (insight: Pick<Insight, 'uids'>, people: Pick<People, 'numberOf'>, service: boolean, ownUid: number) =>
  async () => {
    const uids = await insight.uids()
    if (uids.length > 0) return uids
    const number = await people.numberOf(service ? 0 : ownUid)
    return number === undefined ? [] : [number]
  }

/**
 * Removes the hooks that this person's shells keep as files in `directory`: when there is something to tell, because only the program
 * tells it, and when settings may have changed.
 * At the start, whenever something unusual was found, and after a call of the returned function, the next new shell
 * starts the program, which rewrites the stored hook. Shells only compare modification times, and a file that is
 * restored from elsewhere may have an old one.
 */
function watchKeptHooks(directory: string, anomalies: Anomalies, log: Log): () => void {
  const remove = (): void => {
    try {
      rmSync(directory, { recursive: true, force: true })
    } catch (error) {
      log.warn({ reason: String(error) }, 'hooks of shells were not removed; new shells may have an old one')
    }
  }
  remove()
  anomalies.onBegun(remove)
  return remove
}
