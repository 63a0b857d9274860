// SafetyPosture: how risky the commands were, what the guard did, and whether nodes are looked after.
import { possibleSafety } from '../../../../protocols/counts.ts'
import type { SafetyPosture } from '../../../../protocols/messages/numbers.ts'
import { RISK_LEVELS } from '../../../base/words/risk-levels.ts'
import { defineQueryType, type Filtered } from './type.ts'

type ByRisk = SafetyPosture['by_risk_level']

export interface SafetyData {
  /** Commands; 0 for a level that a filter leaves out. */
  readonly by_risk_level: ByRisk
  readonly blocked: number
  readonly confirmed_risky: number
  readonly karo_generated: number
  /** Nodes behind these numbers, oneself included. */
  readonly nodes_reporting: number
  /** Nodes among them on which the guard is on. */
  readonly nodes_guarded: number
  /** Nodes among them on which a shell hook stopped reporting. */
  readonly hooks_silent: number
}

export const safetyPosture = defineQueryType('SafetyPosture', {
  word: 'safety',
  meaning: 'how risky commands are',
  action: 'query.safety_posture',
  fields: {
    risk_level: { kind: 'text', applied: 'owners', meaning: 'of commands', values: RISK_LEVELS },
  },
  // Also without one command: that the guard is on, or a hook silent, is something to say.
  async gather(insight, uids, range) {
    return { query_type: 'SafetyPosture', safety: await insight.during(range).safetyPosture(uids) }
  },
  plausible: ({ safety }, { filtered }) => possibleSafety(safety, filtered),
  filterNode: (data, filtered) => ({ ...data, safety: filterLevels(data.safety, filtered) }),
  contributes: ({ safety }) => Object.values(safety.by_risk_level).some((count) => count > 0),
  /** Sums; of the two flags, how many nodes have them. */
  merge(parts): SafetyData {
    const given = parts.map(({ safety }) => safety)
    return {
      ...addUp(given),
      nodes_reporting: given.length,
      nodes_guarded: given.filter(({ guarded }) => guarded).length,
      hooks_silent: given.filter(({ hook_silent }) => hook_silent).length,
    }
  },
  filterResult: filterLevels,
  perNode: ({ safety }) => ({ safety }),
  fromSummaries(summaries) {
    const shared = summaries.flatMap(({ safety_stats }) => safety_stats ?? [])
    const newest = shared.at(-1)
    // Counts add up; the guard and the hooks are as they were last.
    return newest && { query_type: 'SafetyPosture', safety: { ...newest, ...addUp(shared) } }
  },
  schemas({ z, numbers }) {
    const count = (what: string) => z.int().min(0).describe(what)
    const commands = count('commands')
    const result = z
      .strictObject({
        by_risk_level: z.strictObject({
          safe: commands,
          moderate: commands,
          high: commands,
          critical: commands,
        }),
        blocked: count('commands the guard blocked'),
        confirmed_risky: count('risky commands a person confirmed'),
        karo_generated: count("commands that a program typed on a person's behalf"),
        nodes_reporting: count('nodes behind these numbers, this one included'),
        nodes_guarded: count('of those, where the guard is on'),
        hooks_silent: count('of those, where a shell hook stopped reporting'),
      })
      .meta({ id: 'SafetyPosture' })
    return { result, part: { safety: numbers.safetyPosture } }
  },
})

/** 0 in the place of levels that do not pass. */
function filterLevels<T extends { readonly by_risk_level: ByRisk }>(data: T, { on }: Filtered): T {
  const kept = { ...data.by_risk_level }
  for (const level of RISK_LEVELS) if (!on('risk_level', level)) kept[level] = 0
  return { ...data, by_risk_level: kept }
}

function addUp(parts: readonly SafetyPosture[]) {
  const sum = (count: (part: SafetyPosture) => number): number =>
    parts.reduce((total, part) => total + count(part), 0)
  const by_risk_level = { safe: 0, moderate: 0, high: 0, critical: 0 }
  for (const level of RISK_LEVELS) by_risk_level[level] = sum((part) => part.by_risk_level[level])
  return {
    by_risk_level,
    blocked: sum(({ blocked }) => blocked),
    confirmed_risky: sum(({ confirmed_risky }) => confirmed_risky),
    karo_generated: sum(({ karo_generated }) => karo_generated),
  }
}
