// Totals of many nodes: what each gives, and what is read out of their sums, against what the same nodes answer live.

import { describe, expect, it } from 'vitest'
import type {
  ActivityPatterns,
  AnomalyCounts,
  SafetyPosture,
  ToolUse,
} from '../../../../protocols/messages/numbers.ts'
import { DAY_MS } from '../../../../src/base/calendar.ts'
import { KINDS } from '../../../../src/base/words/signal.ts'
import { activityPatterns } from '../../../../src/exchange/query/query-types/activity-patterns.ts'
import { anomalies } from '../../../../src/exchange/query/query-types/anomalies.ts'
import { privilegedUse } from '../../../../src/exchange/query/query-types/counted/privileged-use.ts'
import {
  ASKED_TYPES,
  type GatherInsight,
  queryType,
  type Released,
} from '../../../../src/exchange/query/query-types/index.ts'
import { safetyPosture } from '../../../../src/exchange/query/query-types/safety-posture.ts'
import { failedRow, type ToolRow, toolUsage } from '../../../../src/exchange/query/query-types/tool-usage.ts'
import { latestOf, type OpenedBucket, readingOf } from '../../../../src/exchange/totals/reading.ts'
import { anyActivity, anyAnomalies, anySafety } from '../../../support/mesh/numbers.ts'
import fc, { forAllAsync } from '../../../support/run/properties.ts'

/** Those who get a type are given all others, too. */
const ALL = () => true
/** A Friday of UTC. */
const FRIDAY = { start: 20_777 * DAY_MS, end: 20_778 * DAY_MS }

/** One person's numbers of a bucket. */
interface Person {
  readonly tools: readonly ToolUse[]
  readonly safety: SafetyPosture
  readonly activity: ActivityPatterns
  readonly anomalies: AnomalyCounts
  readonly privileged: Readonly<Record<string, number>>
}

/** All that was typed was typed on that Friday. */
const onFriday = (activity: ActivityPatterns): ActivityPatterns => ({
  ...activity,
  daily: Array.from({ length: 7 }, (_, day) => (day === 4 ? activity.total_commands : 0)),
})

const anyPerson: fc.Arbitrary<Person> = fc.record({
  tools: fc.uniqueArray(
    fc
      .record({
        tool: fc.constantFrom('git', 'npm', 'ls', 'make'),
        uses: fc.integer({ min: 1, max: 50 }),
        failed: fc.nat(50),
        untold: fc.nat(50),
      })
      .map(({ tool, uses, failed, untold }) => ({
        tool,
        uses,
        failures: Math.min(uses, failed),
        unknown: Math.min(uses - Math.min(uses, failed), untold),
        category: { git: 'git', npm: 'npm', ls: 'file_ops', make: 'build' }[tool]!,
      })),
    { selector: ({ tool }) => tool },
  ),
  safety: anySafety,
  activity: anyActivity.map(onFriday),
  anomalies: anyAnomalies,
  // A category of another release, too.
  privileged: fc.dictionary(fc.constantFrom('git', 'system', 'other', 'quantum'), fc.nat(50)),
})
const anyNodes = fc.array(anyPerson, { minLength: 1, maxLength: 6 })

/** The sum of numbers that are alike, part by part; of what is no number, the first. */
function summed<T>(one: T, other: T): T {
  if (typeof one === 'number') return (one + (other as number)) as T
  if (Array.isArray(one)) return one.map((part, at) => summed(part, (other as unknown[])[at])) as T
  if (typeof one !== 'object' || one === null) return one
  const parts = other as Record<string, unknown>
  return Object.fromEntries(Object.entries(one).map(([key, part]) => [key, summed(part, parts[key])])) as T
}

/** The same of all with one name. */
function byName<T>(all: readonly (readonly [string, T])[]): Map<string, T> {
  const sums = new Map<string, T>()
  for (const [name, one] of all) sums.set(name, sums.has(name) ? summed(sums.get(name)!, one) : one)
  return sums
}

/** Insight of a machine with these people, by uid; its states are those of the first. */
function insightOf(people: readonly Person[]): GatherInsight {
  const of = <T>(uids: readonly number[], part: (person: Person) => T): readonly T[] =>
    uids.map((uid) => part(people[uid]!))
  return {
    anomaliesKnownSince: async () => 0,
    during: () => ({
      toolUsage: async (uids: readonly number[]) => [
        ...byName(of(uids, ({ tools }) => tools.map((use) => [use.tool, use] as const)).flat()).values(),
      ],
      safetyPosture: async (uids: readonly number[]) => of(uids, ({ safety }) => safety).reduce(summed),
      // Half of the high ones by a rule, and the critical ones by a rule without a row.
      riskRules: async (uids: readonly number[]) =>
        byName(
          of(uids, ({ safety: { by_risk_level: levels } }) => [
            ['git-clean', Math.floor(levels.high / 2)] as const,
            ['newer-rule', levels.critical] as const,
          ]).flat(),
        ),
      privilegedUse: async (uids: readonly number[]) =>
        byName(of(uids, ({ privileged }) => Object.entries(privileged)).flat()),
      activityPatterns: async (uids: readonly number[]) =>
        of(uids, ({ activity }) => activity).reduce(summed),
      anomalies: async (uids: readonly number[]) => {
        const all = of(uids, (one) => one.anomalies)
        return {
          signals: all.flatMap(({ signals }) => signals),
          learning: all.some(({ learning }) => learning),
        }
      },
    }),
  } as unknown as GatherInsight
}

type Rows = ReadonlyMap<string, readonly number[]>

const namesOf = ({ layout }: Pick<Released<object>, 'layout'>): readonly string[] =>
  layout.rows.map(({ name }) => name)

/** What a machine with these people gives, by the names of rows. */
async function given(
  { layout, count }: Released<object>,
  insight: GatherInsight,
  uids: readonly number[],
  gives: (type: string) => boolean = ALL,
): Promise<Rows> {
  const counts = await count(insight, uids, FRIDAY, gives)
  return new Map([...counts].map(([at, values]) => [layout.rows[at]!.name, values]))
}

/** Plain sums, as secret sharing comes to them; every row of the layout is opened. */
function sumOf(released: Released<object>, parts: readonly Rows[]): OpenedBucket {
  const opened = namesOf(released).map((row) => {
    const values = parts.flatMap((one) => (one.get(row) === undefined ? [] : [one.get(row)!]))
    return [row, { nodes: values.length, values: values.reduce<readonly number[]>(summed, [0]) }] as const
  })
  return { bucket: FRIDAY, contributors: parts.length, rows: new Map(opened) }
}

const RELEASED = ASKED_TYPES.flatMap((type) => {
  const { released } = queryType(type)
  return released === undefined ? [] : [[type, released] as const]
})

it('every type that has level 2 says what it gives to it', () => {
  expect(RELEASED.map(([type]) => type)).toEqual(ASKED_TYPES.filter((type) => !queryType(type).levelOneOnly))
})

describe.each(RELEASED)('the layout of %s', (type, released) => {
  const names = namesOf(released)
  const known = new Set(names)
  it('is sorted, names each row once, and is of that type', () => {
    expect(released.layout.type).toBe(type)
    expect(names).toEqual([...new Set(names)].sort())
  })

  it('has a place for whatever people do, and no row without anything is given', async () => {
    await forAllAsync(anyNodes, async (people) => {
      const uids = people.map((_, uid) => uid)
      for (const [row, values] of await given(released, insightOf(people), uids)) {
        expect([row, known.has(row)]).toEqual([row, true])
        expect(values).toHaveLength(1)
        expect(values.every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true)
        expect(values.some((value) => value > 0)).toBe(true)
      }
    })
  })

  it('is given for several people as the sum of each, but for what a node is in once', async () => {
    await forAllAsync(anyNodes, async (people) => {
      const insight = insightOf(people)
      const uids = people.map((_, uid) => uid)
      const together = await given(released, insight, uids)
      const each = await Promise.all(uids.map((uid) => given(released, insight, [uid])))
      const { rows } = sumOf(released, each)
      const once = /^(?:guard|hook):|^learning$/
      const added = names.filter((name) => !once.test(name))
      const sums = added.map((row) => [row, rows.get(row)!.values] as const)
      expect(new Map(added.map((row) => [row, together.get(row) ?? [0]]))).toEqual(new Map(sums))
    })
  })
})

/** The sums of nodes of one person each, and what these answer live. */
async function both<R extends object>(released: Released<R> | undefined, people: readonly Person[]) {
  const parts = await Promise.all(people.map((one) => given(released!, insightOf([one]), [0])))
  return released!.fromReleased({ buckets: [sumOf(released!, parts)] })
}

/** Totals do not tell of each tool how many of its uses have no exit code, so that their rate is of all uses. */
const whole =
  (people: readonly Person[]) =>
  (row: ToolRow): ToolRow => {
    const failed = people.flatMap(({ tools }) => tools).filter(({ tool }) => tool === row.tool)
    return { ...row, failure_rate: failed.reduce((sum, { failures }) => sum + failures, 0) / row.uses }
  }

describe('totals read what the same nodes answer live', () => {
  it('of tools', async () => {
    await forAllAsync(anyNodes, async (people) => {
      const live = toolUsage.merge(
        people.map(({ tools }) => ({ query_type: 'ToolUsage', tools })),
        [],
      )
      const used = people.flatMap(({ tools }) => tools)
      const nothing = { uses: 0, failures: 0, unknown: 0 }
      const all = used
        .map(({ uses, failures, unknown }) => ({ uses, failures, unknown }))
        .reduce(summed, nothing)
      const totals = await both(toolUsage.released, people)
      expect(totals).toEqual({ tools: live.tools.map(whole(people)), all })
    })
  })
  it('of safety', async () => {
    await forAllAsync(anyNodes, async (people) => {
      const live = safetyPosture.merge(
        people.map(({ safety }) => ({ query_type: 'SafetyPosture', safety })),
        [],
      )
      const commands = Object.values(live.by_risk_level).reduce<number>((sum, count) => sum + (count ?? 0), 0)
      expect(await both(safetyPosture.released, people)).toEqual({ ...live, commands })
    })
  })
  it('of what is counted by names, of which no node gives others than public ones', async () => {
    await forAllAsync(anyNodes, async (people) => {
      const given = await Promise.all(
        people.map((one) => privilegedUse.gather(insightOf([one]), [0], FRIDAY, undefined)),
      )
      const parts = given.filter((one) => one !== null)
      expect(JSON.stringify(parts)).not.toContain('quantum')
      expect(await both(privilegedUse.released, people)).toEqual(privilegedUse.merge(parts, []))
    })
  })
  it('of activity, but for different commands', async () => {
    await forAllAsync(anyNodes, async (people) => {
      const live = activityPatterns.merge(
        people.map(({ activity }) => ({ query_type: 'ActivityPatterns', activity })),
        [],
      )
      // No bucket is of another day of the week.
      const daily = live.daily.map((count, day) => (day === 4 ? count : null))
      const known = { ...live, daily, unique_commands: null }
      expect(await both(activityPatterns.released, people)).toEqual(known)
    })
  })
  it('of anomalies, by bands of severity and without their hour', async () => {
    await forAllAsync(anyNodes, async (people) => {
      const live = anomalies.merge(
        people.map((one) => ({ query_type: 'Anomalies', anomalies: one.anomalies })),
        [],
      )
      const totals = await both(anomalies.released, people)
      const { nodes_reporting, nodes_learning } = live
      expect(totals).toMatchObject({ nodes_reporting, nodes_learning, change: null })
      for (const { type, severity, severity_most, count, latest } of totals.signals) {
        const of = live.signals.filter(
          (row) => row.type === type && row.severity >= severity && row.severity <= severity_most,
        )
        expect([count, latest]).toEqual([of.reduce((sum, row) => sum + row.count, 0), null])
      }
      const all = (rows: readonly { readonly count: number }[]) =>
        rows.reduce((sum, { count }) => sum + count, 0)
      expect(all(totals.signals)).toBe(all(live.signals))
    })
  })
})

describe('what is not told', () => {
  const untold: OpenedBucket = { bucket: FRIDAY, contributors: 9, rows: new Map() }
  it('is not known, which is not 0', () => {
    const totals = { buckets: [untold], before: [untold] }
    expect(toolUsage.released!.fromReleased(totals)).toEqual({ tools: [] })
    const safety = safetyPosture.released!.fromReleased(totals)
    expect(safety).toMatchObject({ nodes_reporting: 9, blocked: null, change: { blocked: null } })
    expect(safety.by_risk_level).toEqual({ safe: null, moderate: null, high: null, critical: null })
    expect(safety.guard).toEqual({ on: null, partly: null, off: null, unknown: null })
    const activity = activityPatterns.released!.fromReleased(totals)
    expect(activity.hourly).toEqual(new Array(24).fill(null))
    expect(activity.daily).toEqual(new Array(7).fill(null))
    expect(activity).toMatchObject({ total_commands: null, change: null })
    expect(anomalies.released!.fromReleased(totals)).toMatchObject({ signals: [], nodes_learning: null })
  })
  it('is not known either where no bucket is', () => {
    const safety = safetyPosture.released!.fromReleased({ buckets: [] })
    expect(safety).toMatchObject({ nodes_reporting: 0, blocked: null, guard: { on: null } })
    expect(safety.hook).toEqual({ on: null, silent: null, none: null })
  })
  it('of machines that are each in one state is none where the told ones are all', () => {
    const guard = (on: number) => {
      const rows = new Map([['guard:on', { nodes: on, values: [on] }]])
      return safetyPosture.released!.fromReleased({ buckets: [{ bucket: FRIDAY, contributors: 9, rows }] })
        .guard
    }
    expect(guard(9)).toEqual({ on: 9, partly: 0, off: 0, unknown: 0 })
    expect(guard(8)).toEqual({ on: 8, partly: null, off: null, unknown: null })
  })
  it('of some buckets or of some machines leaves no change', () => {
    const bucket = (rows: Record<string, number>, partly: readonly string[] = []): OpenedBucket => ({
      bucket: FRIDAY,
      contributors: 9,
      partly: new Set(partly),
      rows: new Map(Object.entries(rows).map(([row, count]) => [row, { nodes: 9, values: [count, 0] }])),
    })
    const all = { git: 10, all: 10, 'act:blocked': 10, 'other:high': 10 }
    const whole = [bucket(all), bucket(all)]
    const some = [bucket(all), bucket({})]
    const few = [bucket(all), bucket(all, Object.keys(all))]
    const changes = (buckets: readonly OpenedBucket[], before: readonly OpenedBucket[]) => {
      const totals = { buckets, before }
      return [
        toolUsage.released!.fromReleased(totals).tools[0]!.change,
        activityPatterns.released!.fromReleased(totals).change,
        safetyPosture.released!.fromReleased(totals).change!.blocked,
        anomalies.released!.fromReleased(totals).signals[0]!.change,
      ]
    }
    expect(changes(whole, whole)).toEqual([0, 0, 0, 0])
    for (const short of [some, few]) {
      expect(changes(short, whole)).toEqual([null, null, null, null])
      expect(changes(whole, short)).toEqual([null, null, null, null])
    }
  })
})

describe('several buckets', () => {
  const bucket = (
    day: number,
    contributors: number,
    rows: Record<string, readonly [nodes: number, ...values: number[]]>,
  ) => ({
    bucket: { start: FRIDAY.start + day * DAY_MS, end: FRIDAY.end + day * DAY_MS },
    contributors,
    rows: new Map(Object.entries(rows).map(([row, [nodes, ...values]]) => [row, { nodes, values }])),
  })
  // The last two are of one day and of different nodes.
  const week = [
    bucket(0, 8, {
      git: [6, 10],
      [failedRow('git')]: [5, 1],
      ls: [5, 6],
      [failedRow('ls')]: [0, 0],
      'guard:on': [7, 7],
      'act:blocked': [2, 2],
      all: [6, 60],
    }),
    bucket(1, 9, {
      git: [5, 7],
      [failedRow('git')]: [0, 0],
      ls: [8, 9],
      make: [6, 8],
      [failedRow('make')]: [6, 6],
      'guard:on': [6, 6],
      'act:blocked': [3, 4],
      all: [9, 9],
    }),
    bucket(1, 5, { git: [5, 3], [failedRow('git')]: [5, 3], make: [5, 8], 'guard:on': [5, 5], all: [5, 6] }),
  ]
  it('add up; nodes are the most that one bucket had, and states those of the latest', () => {
    const all = readingOf(week)
    expect([all.value('git'), all.nodes('git')]).toEqual([20, 10])
    expect([all.value('vim'), all.nodes('vim')]).toEqual([null, 0])
    expect(latestOf(week)).toEqual(week.slice(1))
    const before = [bucket(-2, 9, { git: [5, 4] }), bucket(-1, 9, { git: [5, 4] })]
    expect(toolUsage.released!.fromReleased({ buckets: week, before })).toEqual({
      tools: [
        { tool: 'git', category: 'git', uses: 20, nodes: 10, failure_rate: 0.2, change: 12 },
        // What failed is known of some machines only, so it is the least; that none did on one day says nothing of the others.
        { tool: 'make', category: 'build', uses: 16, nodes: 11, failure_rate: 6 / 16, change: null },
        { tool: 'ls', category: 'file_ops', uses: 15, nodes: 8, failure_rate: null, change: null },
      ],
    })
    expect(safetyPosture.released!.fromReleased({ buckets: week })).toMatchObject({
      nodes_reporting: 14,
      blocked: 6,
      confirmed_risky: null,
      guard: { on: 11, off: null },
      change: null,
    })
    expect(activityPatterns.released!.fromReleased({ buckets: week })).toMatchObject({
      total_commands: 75,
      daily: [null, null, null, null, 60, 15, null],
    })
  })
  it('shorter than a day are of no day of the week', () => {
    const hour = { ...week[0]!, bucket: { start: FRIDAY.start, end: FRIDAY.start + 3_600_000 } }
    const { daily } = activityPatterns.released!.fromReleased({ buckets: [hour] })
    expect(daily).toEqual(new Array(7).fill(null))
  })
})

it('anomalies that nobody looks for are given as nothing', async () => {
  const insight = { ...insightOf([]), anomaliesKnownSince: async () => undefined }
  expect(await given(anomalies.released!, insight, [0])).toEqual(new Map())
})

it('who keeps their tools to themselves gives commands of risk, and no rule of them', async () => {
  const safety = { by_risk_level: { safe: 1, moderate: 0, high: 4, critical: 1 }, guard: 'on', hook: 'on' }
  const insight = {
    during: () => ({
      safetyPosture: async () => safety,
      riskRules: async () => new Map([['git-force-push', 3]]),
    }),
  } as unknown as GatherInsight
  const rulesOf = async (gives: (type: string) => boolean) =>
    [...(await given(safetyPosture.released!, insight, [0], gives))].filter(([row]) =>
      row.startsWith('rule:high:'),
    )
  expect(await rulesOf((type) => type !== 'ToolUsage')).toEqual([['rule:high:other', [4]]])
  expect(await rulesOf(ALL)).toEqual([
    ['rule:high:git-force-push', [3]],
    ['rule:high:other', [1]],
  ])
})

it('a tool outside of the dictionary is given as other, and a kind of anomaly that is new as well', async () => {
  const nobody = { learning: false, signals: [{ type: 'from_the_future', severity: 9, count: 2, hour: 0 }] }
  const insight = {
    anomaliesKnownSince: async () => 0,
    during: () => ({
      toolUsage: async () => [
        { tool: 'from-the-future', category: 'git', uses: 2, failures: 1, unknown: 0 },
        { tool: 'other', category: 'other', uses: 3, failures: 0, unknown: 0 },
      ],
      anomalies: async () => nobody,
    }),
  } as unknown as GatherInsight
  expect(await given(toolUsage.released!, insight, [0])).toEqual(
    new Map([
      ...[['other', [5]] as const, ['all:uses', [5]] as const],
      ...[['failed:other', [1]] as const, ['all:failed', [1]] as const],
    ]),
  )
  expect([...(await given(anomalies.released!, insight, [0]))]).toEqual([['other:high', [2]]])
  expect(anomalies.released!.layout.rows).toHaveLength((KINDS.length + 1) * 3 + 1)
})
