// SafetyPosture: how risky the commands were, what the guard did, and whether nodes are looked after.
import { possibleSafety, statesOf } from '../../../../protocols/counts.ts'
import {
  GUARD_STATES,
  type GuardState,
  HOOK_STATES,
  type HookState,
  type SafetyCounts,
} from '../../../../protocols/messages/numbers.ts'
import type { NodeSummary } from '../../../../protocols/messages/summary.ts'
import { RISK_LEVELS } from '../../../base/words/risk-levels.ts'
import {
  hasNoise,
  latestOf,
  layoutRows,
  lessBefore,
  measured,
  mostContributors,
  openedValue,
  wholeValue,
} from './released.ts'
import { dividedByRule, levelOfRule, RULE_ROWS } from './rule-rows.ts'
import { defineQueryType, type Filtered, type OpenedBucket, type ReleaseLayout } from './type.ts'

type ByRisk = SafetyCounts['by_risk_level']

/** Null: not told, which numbers of single nodes always are. */
type OrUntold<T> = {
  readonly [K in keyof T]-?: NonNullable<T[K]> extends number ? number | null : OrUntold<T[K]>
}

type Counts = OrUntold<SafetyCounts>

export interface SafetyData extends Counts {
  /** Commands; 0 for a level that a filter leaves out. */
  readonly by_risk_level: OrUntold<ByRisk>
  /** Nodes behind these numbers, oneself included. */
  readonly nodes_reporting: number
  /** Nodes among them by whether shells had the guard look at their lines lately. */
  readonly guard: Readonly<Record<GuardState, number | null>>
  /** Nodes by what is known of their hook. */
  readonly hook: Readonly<Record<HookState, number | null>>
  /** Commands of all levels, those that are not told too; in totals only, where every period and machine tells it. */
  readonly commands?: number
  /** Each count less that of the period of equal length before, of the nodes that know both; null: no node does. */
  readonly change: Counts | null
}

/** Of its own family: other types show what levels add up to. */
const ALL = 'all:commands'
const ACTS = ['blocked', 'confirmed_risky', 'declined', 'karo_generated'] as const
const LAYOUT = {
  type: 'SafetyPosture',
  version: 4,
  values: ['count'],
  rows: layoutRows([
    ALL,
    ...RISK_LEVELS.map((level) => `risk:${level}`),
    ...ACTS.map((act) => `act:${act}`),
    ...GUARD_STATES.map((state) => `guard:${state}`),
    ...HOOK_STATES.map((state) => `hook:${state}`),
    ...RULE_ROWS,
  ]),
  // The rules of one level add up to it, and to no other.
  familyOf: (row) => row.slice(0, row.lastIndexOf(':')),
  withinOf(row) {
    const level = levelOfRule(row)
    return level === undefined ? undefined : `risk:${level}`
  },
} as const satisfies ReleaseLayout

export const safetyPosture = defineQueryType('SafetyPosture', {
  word: 'safety',
  meaning: 'how risky commands are',
  action: 'query.safety_posture',
  fields: {
    risk_level: { kind: 'text', applied: 'owners', meaning: 'of commands', values: RISK_LEVELS },
  },
  // Also without one command: that the guard is on, or a hook silent, is something to say.
  async gather(insight, uids, range, before) {
    const safety = await insight.during(range).safetyPosture(uids)
    const previous = before && (await insight.during(before).safetyCounts(uids))
    return { query_type: 'SafetyPosture', safety, ...(previous === undefined ? {} : { previous }) }
  },
  plausible: ({ safety, previous }, { filtered }) =>
    possibleSafety(safety, filtered) && (previous === undefined || possibleSafety(previous, filtered)),
  filterNode: ({ previous, ...data }, filtered) => ({
    ...data,
    safety: filterLevels(data.safety, filtered),
    ...(previous === undefined ? {} : { previous: filterLevels(previous, filtered) }),
  }),
  compares: ({ previous }) => previous !== undefined,
  contributes: ({ safety }) => Object.values(safety.by_risk_level).some((count) => count > 0),
  /** Sums; of the two states, how many nodes are in each. */
  merge(parts): SafetyData {
    const given = parts.map(({ safety }) => safety)
    const compared = parts.flatMap(({ safety, previous }) =>
      previous === undefined ? [] : [{ safety, previous }],
    )
    return {
      ...addUp(given),
      nodes_reporting: given.length,
      guard: tally(
        GUARD_STATES,
        given.map(({ guard }) => guard),
      ),
      hook: tally(
        HOOK_STATES,
        given.map(({ hook }) => hook),
      ),
      change:
        compared.length === 0
          ? null
          : lessThan(
              addUp(compared.map(({ safety }) => safety)),
              addUp(compared.map(({ previous }) => previous)),
            ),
    }
  },
  filterResult({ commands, ...data }, filtered) {
    const left = filterLevels(data, filtered)
    return commands === undefined || filtered.filters.length > 0 ? left : { ...left, commands }
  },
  perNode: ({ safety }) => ({ safety }),
  fromSummaries(summaries, before) {
    const shared = sharedSafety(summaries)
    const newest = shared.at(-1)
    const earlier = before && sharedSafety(before)
    // Counts add up; the guard and the hooks are as they were last.
    return (
      newest && {
        query_type: 'SafetyPosture',
        safety: { ...newest, ...addUp(shared) },
        ...(earlier === undefined ? {} : { previous: addUp(earlier) }),
      }
    )
  },
  released: {
    layout: LAYOUT,
    async measure(insight, uids, bucket, gives) {
      const numbers = insight.during(bucket)
      const safety = await numbers.safetyPosture(uids)
      // Many rules are about one tool, and who keeps their tools to themselves gives no rule either.
      const rules = gives('ToolUsage') ? await numbers.riskRules(uids) : new Map<string, number>()
      return measured([
        ...dividedByRule(safety.by_risk_level, rules),
        ...RISK_LEVELS.map((level) => [`risk:${level}`, [safety.by_risk_level[level]]] as const),
        [ALL, [RISK_LEVELS.reduce((sum, level) => sum + safety.by_risk_level[level], 0)]],
        ...ACTS.map((act) => [`act:${act}`, [safety[act] ?? 0]] as const),
        [`guard:${safety.guard}`, [1]],
        [`hook:${safety.hook}`, [1]],
      ])
    },
    fromReleased({ buckets, before }): SafetyData {
      const now = countsIn(buckets)
      const latest = latestOf(buckets)
      const machines = mostContributors(latest)
      const commands = wholeValue(buckets, ALL)
      const told = (what: string) => (name: string) => openedValue(latest, `${what}:${name}`)
      return {
        ...now,
        ...(commands === null ? {} : { commands }),
        // The states are of the latest bucket, and of its nodes.
        nodes_reporting: machines,
        // With noise the told ones may seem to be all machines and not be.
        guard: statesOf(GUARD_STATES, told('guard'), hasNoise(latest) ? undefined : machines),
        hook: statesOf(HOOK_STATES, told('hook'), hasNoise(latest) ? undefined : machines),
        change:
          before === undefined ? null : lessThan(countsIn(buckets, wholeValue), countsIn(before, wholeValue)),
      }
    },
  },
  schemas({ z, numbers }) {
    const count = (what: string) =>
      z
        .int()
        .min(0)
        .nullable()
        .describe(`${what}; null: not told, in totals only: no machine has any, or too few`)
    const commands = count('commands')
    const nodes = (...what: readonly string[]) => count(`of those, nodes ${what.join('')}`)
    const less = z
      .int()
      .nullable()
      .describe('more than in the period before; null: not known, in totals only')
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
        declined: count('lines that the guard asked about and that did not run'),
        karo_generated: count("commands that a program typed on a person's behalf"),
        nodes_reporting: z.int().min(0).describe('nodes behind these numbers, this one included'),
        guard: z
          .strictObject({
            on: nodes(
              'where the guard looked at the lines of all people who typed anything in the last seven days',
            ),
            partly: nodes('where it did for some of them'),
            off: nodes('where it did for none of them'),
            unknown: nodes('where nobody typed anything'),
          })
          .describe('by whether shells have loaded the guard; what is configured does not count'),
        hook: z
          .strictObject({
            on: nodes('where commands are recorded'),
            silent: nodes('where a shell hook stopped reporting'),
            none: nodes('where no shell has the hook'),
          })
          .describe('nodes by what is known of their hook: on, silent or none'),
        change: z
          .strictObject({
            by_risk_level: z.strictObject({ safe: less, moderate: less, high: less, critical: less }),
            blocked: less,
            confirmed_risky: less,
            declined: less,
            karo_generated: less,
          })
          .describe('of the nodes that know both periods; null when no node does')
          .nullable(),
        commands: z
          .int()
          .min(0)
          .describe(
            'commands of all levels, those that are not told too; in totals only, where every period and machine tells it',
          )
          .optional(),
      })
      .meta({ id: 'SafetyPosture' })
    return { result, part: { safety: numbers.safetyPosture } }
  },
})

const sharedSafety = (summaries: readonly NodeSummary[]) =>
  summaries.flatMap(({ safety_stats }) => safety_stats ?? [])

function tally<S extends string>(states: readonly S[], given: readonly S[]): Record<S, number> {
  const counts = Object.fromEntries(states.map((state) => [state, 0])) as Record<S, number>
  for (const state of given) counts[state]++
  return counts
}

/** 0 in the place of levels that do not pass. */
function filterLevels<
  T extends {
    readonly by_risk_level: OrUntold<ByRisk>
    readonly change?: Counts | null
  },
>(data: T, { on }: Filtered): T {
  const leftOut = RISK_LEVELS.filter((level) => !on('risk_level', level)).map((level) => [level, 0])
  const left = <C extends OrUntold<ByRisk>>(counts: C): C => ({ ...counts, ...Object.fromEntries(leftOut) })
  const { change } = data
  return {
    ...data,
    by_risk_level: left(data.by_risk_level),
    ...(change ? { change: { ...change, by_risk_level: left(change.by_risk_level) } } : {}),
  }
}

/** Each count of `now` less that of `before`. */
function lessThan(now: Counts, before: Counts): Counts {
  const less = (count: (of: Counts) => number | null): number | null => lessBefore(count(now), count(before))
  return {
    by_risk_level: {
      safe: less(({ by_risk_level }) => by_risk_level.safe),
      moderate: less(({ by_risk_level }) => by_risk_level.moderate),
      high: less(({ by_risk_level }) => by_risk_level.high),
      critical: less(({ by_risk_level }) => by_risk_level.critical),
    },
    blocked: less(({ blocked }) => blocked),
    confirmed_risky: less(({ confirmed_risky }) => confirmed_risky),
    declined: less(({ declined }) => declined),
    karo_generated: less(({ karo_generated }) => karo_generated),
  }
}

/** Counts of opened totals. */
const countsIn = (buckets: readonly OpenedBucket[], of = openedValue): Counts => ({
  by_risk_level: {
    safe: of(buckets, 'risk:safe'),
    moderate: of(buckets, 'risk:moderate'),
    high: of(buckets, 'risk:high'),
    critical: of(buckets, 'risk:critical'),
  },
  blocked: of(buckets, 'act:blocked'),
  confirmed_risky: of(buckets, 'act:confirmed_risky'),
  declined: of(buckets, 'act:declined'),
  karo_generated: of(buckets, 'act:karo_generated'),
})

function addUp(parts: readonly SafetyCounts[]) {
  const sum = (count: (part: SafetyCounts) => number): number =>
    parts.reduce((total, part) => total + count(part), 0)
  const by_risk_level = { safe: 0, moderate: 0, high: 0, critical: 0 }
  for (const level of RISK_LEVELS) by_risk_level[level] = sum((part) => part.by_risk_level[level])
  return {
    by_risk_level,
    blocked: sum(({ blocked }) => blocked),
    confirmed_risky: sum(({ confirmed_risky }) => confirmed_risky),
    declined: sum(({ declined = 0 }) => declined),
    karo_generated: sum(({ karo_generated }) => karo_generated),
  }
}
