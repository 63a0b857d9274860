// Builds the rooms that know this machine and its people, and never talk to another machine.
import { dirname, join } from 'node:path'
import { systemTimers as timers } from '../base/clock.ts'
import { VERSION } from '../base/version.ts'
import { createAnomalies } from '../insight/anomalies/index.ts'
import { createInsight } from '../insight/statistics/index.ts'
import { createProcesses } from '../observe/processes/index.ts'
import { createObserve } from '../observe/record/index.ts'
import { createRetention } from '../ops/care/retention.ts'
import { createRetentionTime, hasJustSynchronised } from '../ops/care/retention-time.ts'
import { createProbe } from '../ops/metrics/probe.ts'
import { createLock } from '../ops/system/lock.ts'
import { createNameService } from '../ops/system/name-service.ts'
import { openStore } from '../store/index.ts'
import { createAccess } from '../trust/access/index.ts'
import { createAudit } from '../trust/audit/index.ts'
import { comparable, createFleet, ENROLMENT_FILE, readEnrolment } from '../trust/certificates/index.ts'
import { createSharing } from '../trust/consent/index.ts'
import { createLineage } from '../trust/lineage/index.ts'
import { createSessions } from '../trust/operators/index.ts'
import { createOrganisation } from '../trust/organisation/index.ts'
import { createIntroductions, createTrust } from '../trust/peers/index.ts'
import { createPeople, machineOf } from '../trust/people/index.ts'
import { createPolicy, type PolicySet } from '../trust/policy/index.ts'
import { compilePolicies } from '../trust/policy/load.ts'
import type { Foundation } from './foundation.ts'
import type { DaemonOptions } from './options.ts'

export type Local = ReturnType<typeof buildLocal>

export function buildLocal({ paths, service }: DaemonOptions, foundation: Foundation, policies: PolicySet) {
  const { common, faults, lifeMs, name, ownUid } = foundation
  const { config, identity, clock, log } = common

  const store = openStore({ ...common, directory: paths.db, faults })
  const names = createNameService()
  const access = createAccess({
    ...{ config, clock, timers, log },
    names,
    ownUid: service ? undefined : ownUid,
  })
  const people = createPeople({
    ...{ clock, timers, log, names, machine: machineOf(), repository: store.people },
    ownUid: service ? undefined : ownUid,
  })
  const lock = createLock(paths.lock)
  const audit = createAudit({ ...common, repository: store.audit })
  const lineage = createLineage(clock.now)
  for (const frame of identity.rotations) lineage.take(frame)
  const fleet = createFleet({
    lineage,
    ...{ ...common, repository: store.fleet, audit, lifeMs },
    enrolment: () => readEnrolment(join(dirname(paths.config), ENROLMENT_FILE)),
    isNameKnown: (wanted, except) =>
      trust.known().some((node) => {
        const isKnown = node !== except && (trust.admits(node) || trust.refuses(node))
        return isKnown && comparable(trust.opinion(node).name) === comparable(wanted)
      }),
  })
  const introductions = createIntroductions({ ...common, timers })
  const trust = createTrust({
    ...{ ...common, repository: store.members, audit, introductions, lineage },
    certificates: fleet,
  })
  const sessions = createSessions({
    ...{ self: identity.publicKey, opinion: trust.opinion, operators: fleet.operators, audit },
    ...{ clock, timers, random: common.random },
    onChange: [fleet.onChange, trust.onChange],
  })
  const policy = createPolicy(
    {
      ...{ teams: () => config.policy.teams, accept: () => config.policy.accept_org },
      ...{ k: () => config.sharing.k_min, now: clock.now },
    },
    policies,
  )
  const organisation = createOrganisation({
    ...{ policy, audit, clock, log: log.child({ room: 'organisation' }) },
    root: fleet.root,
    compile: compilePolicies,
    changed: () => sharing.reload(),
  })
  const sharing = createSharing({ ...common, consent: store.consent, trust, policy, audit })
  const personOf = (uid: number) => people.numberOf(uid, { keep: true })
  const observe = createObserve({
    ...common,
    events: store.events,
    spoolDirectory: paths.spool,
    faults,
    personOf,
  })
  const processes = createProcesses({
    ...{ config, observe, clock, timers, log },
    repository: store.processes,
  })
  const node = { nodeId: identity.nodeId, fingerprint: identity.fingerprint, name, version: VERSION }
  // What is held back leaves in no answer and no summary, whatever its person agreed to.
  const rollupsOfPresent = {
    ...store.rollups,
    uids: async () => people.here(await store.rollups.uids()),
  }
  const insight = createInsight({
    ...{ ...common, rollups: rollupsOfPresent, node },
    countBetween: store.events.countBetween,
    isGuarded: () => config.guard.profile !== 'off',
    silentHooks: processes.silentHooks,
  })
  const anomalies = createAnomalies({
    ...{ ...common, timers, rollups: store.rollups, repository: store.anomalies },
    silentHooks: processes.silentHooks,
  })
  const probe = createProbe({ probe: store.probe, probed: foundation.metrics.probed, clock, timers })
  const retention = createRetention({
    ...{ config, store, timers, log },
    trimProcesses: processes.trim,
    trimLedger: (before) => audit.trim(before),
    time: createRetentionTime({
      ...{ repository: store.retentionTime, ledger: store.audit, clock },
      isConfirmed: hasJustSynchronised,
    }),
  })

  return {
    ...{
      store,
      lock,
      access,
      people,
      audit,
      fleet,
      trust,
      introductions,
      sessions,
      policy,
      organisation,
      sharing,
    },
    ...{ observe, processes, insight, anomalies, probe, retention },
  }
}
