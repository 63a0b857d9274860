// Builds the rooms that say who is who, and who may have what.
import { dirname, join } from 'node:path'
import { checkFleetRules } from '../assist/guard/index.ts'
import { comparable } from '../base/words/comparable.ts'
import { settingsOf } from '../config/index.ts'
import { createNameService } from '../ops/system/name-service.ts'
import type { openStore } from '../store/index.ts'
import { createAccess } from '../trust/access/index.ts'
import { createAudit } from '../trust/audit/index.ts'
import { createFleet, ENROLMENT_FILE, readEnrolment, watchEnrolment } from '../trust/certificates/index.ts'
import { createSharing } from '../trust/consent/index.ts'
import { createLineage } from '../trust/lineage/index.ts'
import { createSessions } from '../trust/operators/index.ts'
import { createOrganisation } from '../trust/organisation/index.ts'
import { createTrust } from '../trust/peers/index.ts'
import { createPeople, machineOf } from '../trust/people/index.ts'
import { createPolicy, type PolicySet, teamsOfNode } from '../trust/policy/index.ts'
import { compilePolicies } from '../trust/policy/load.ts'
import type { DaemonOptions, Foundation } from './foundation.ts'

/** Rooms that say who a node or a person is, and what they may have; they talk to no other machine. */
export function buildTrust(
  { paths, service }: DaemonOptions,
  foundation: Foundation,
  policies: PolicySet,
  store: ReturnType<typeof openStore>,
) {
  const { common, lifeMs, ownUid } = foundation
  const { config, identity, clock, log } = common

  /** Whose node this is, where it is one person's. */
  const owner = service ? undefined : ownUid
  const names = createNameService()
  const access = createAccess({
    ...common,
    names,
    ownUid,
  })
  const people = createPeople({
    ...common,
    names,
    machine: machineOf(paths.home, common.random),
    repository: store.people,
    ownUid: owner,
  })
  const audit = createAudit({ ...common, repository: store.audit })
  const lineage = createLineage(clock.now)
  for (const frame of identity.rotations) lineage.take(frame)
  const enrolmentFile = join(dirname(paths.config), ENROLMENT_FILE)
  const fleet = createFleet({
    lineage,
    ...common,
    repository: store.fleet,
    audit,
    lifeMs,
    enrolment: () => readEnrolment(enrolmentFile),
    watch: (changed) => watchEnrolment(enrolmentFile, changed),
    outOfMesh: () => store.documents.drop(['certificate', 'revocation_list', 'policy_bundle']),
    isNameKnown: (wanted, except) =>
      trust.known().some((node) => {
        // A machine that was revoked in the mesh is gone, and its successor has its name; one that is denied here keeps it.
        const isGone = trust.opinion(node).why === 'certificate'
        const isKnown = node !== except && (trust.admits(node) || (trust.refuses(node) && !isGone))
        return isKnown && comparable(trust.opinion(node).name) === comparable(wanted)
      }),
  })
  const trust = createTrust({
    ...common,
    repository: store.members,
    audit,
    lineage,
    certificates: fleet,
  })
  const sessions = createSessions({
    ...common,
    self: identity.publicKey,
    opinion: trust.opinion,
    operators: fleet.operators,
    audit,
    random: common.random,
    onChange: [fleet.onChange, trust.onChange],
  })
  const policy = createPolicy(
    {
      teams: () => teamsOfNode(fleet.own(), config.policy.teams),
      accept: () => config.policy.accept_org,
      k: () => config.sharing.k_min,
      now: clock.now,
    },
    policies,
  )
  const organisation = createOrganisation({
    policy,
    audit,
    clock,
    log: log.child({ room: 'organisation' }),
    root: fleet.root,
    compile: compilePolicies,
    settingsOf(rows) {
      const settings = settingsOf(rows)
      checkFleetRules(settings)
      return settings
    },
    changed: () => sharing.reload(),
  })
  const sharing = createSharing({ ...common, consent: store.consent, trust, policy, audit })
  // Decisions that somebody remembers rest on the teams of this node, which its own certificate says.
  fleet.onChange((node) => {
    if (node === identity.nodeId) sharing.reload()
  })

  return {
    names,
    access,
    people,
    audit,
    fleet,
    trust,
    sessions,
    policy,
    organisation,
    sharing,
  }
}
