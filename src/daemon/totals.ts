// Builds the room of totals; the mesh's policy and the identities of nodes come from the rooms of trust.
import { systemTimers as timers } from '../base/clock.ts'
import type { Documents } from '../exchange/documents/index.ts'
import { measuresOf } from '../exchange/query/index.ts'
import { createTotals, type Plan } from '../exchange/totals/index.ts'
import type { Principal } from '../trust/policy/index.ts'
import type { Foundation } from './foundation.ts'
import type { Local } from './local.ts'

/** Undefined: this node does not belong to a mesh with a root key, or its policy names no two aggregators of different operators. */
function planOf({ fleet, organisation }: Pick<Local, 'fleet' | 'organisation'>): Plan | undefined {
  const [root, state, bundle] = [fleet.root(), organisation.state(), organisation.bundle()]
  if (root === undefined || state === null || bundle === undefined) return undefined
  const { aggregators, k_min, noise } = bundle
  if (new Set(aggregators.map(({ operator }) => operator)).size < 2) return undefined
  return {
    mesh: root.mesh,
    bundle: bundle.number,
    k: k_min,
    noise,
    aggregators,
    length: state.totals.bucket,
    began: bundle.began,
    audiences: state.totals.audiences,
    former: (bundle.former ?? []).map(({ until, aggregators: before, bucket = 'day' }) => ({
      until,
      length: bucket,
      aggregators: before,
    })),
  }
}

export function buildTotals({ common }: Foundation, local: Local, documents: Documents) {
  const { audit, deciders, fleet, insight, policy, sharing, trust } = local
  const totals = createTotals({
    ...common,
    audit,
    documents,
    fleet,
    insight,
    policy,
    sharing,
    trust,
    timers,
    deciders,
    measures: measuresOf(insight),
    plan: () => planOf(local),
    problem: () => local.organisation.state()?.problem,
    refuses: trust.refuses,
    kMin: () => common.config.sharing.k_min,
    budget: () => common.config.sharing.budget,
    joinedAt: () => fleet.state().joined_at,
  })
  // The roles with which this machine asks: those of its certificate, as other nodes see it.
  const self = (): Principal => {
    const word = fleet.word(common.identity.nodeId)
    return {
      node_id: common.identity.nodeId,
      denied: false,
      trust_level: word?.level ?? 'peer',
      roles: word?.binding.roles ?? [],
      teams: word?.binding.teams ?? [],
    }
  }
  return { totals, self }
}
