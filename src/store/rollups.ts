// What was counted, by UTC hour and by local day, per person: names of the public dictionary and numbers only.
import type { RiskLevel } from '../risk/index.ts'
import type { Database } from './database.ts'
import { keyRange, makeKey } from './keyspace.ts'
import { createNumberSet } from './number-set.ts'
import { decodeValue, encodeValue } from './value.ts'

export interface Tally {
  readonly count: number
  /** Of these, with another exit code than 0. */
  readonly failures: number
}

export interface Rollup extends Tally {
  readonly duration_ms: number
  /** By category. */
  readonly categories: Readonly<Record<string, Tally>>
  /** By tool. */
  readonly tools: Readonly<Record<string, Tally & { readonly category: string }>>
  readonly risk: Readonly<Record<RiskLevel, number>>
  /** Commands by local hour of the day, 24 numbers. */
  readonly hourly: readonly number[]
}

export interface RollupRepository {
  /** People who have any events here. */
  uids(): Promise<readonly number[]>
  /** Hours [from, to) that have events, in order; hours since the epoch, UTC. */
  hours(uid: number, from: number, to: number): Promise<readonly { hour: number; rollup: Rollup }[]>
  /** Days [from, to) that have events, in order; days since 1970-01-01 of the local date. */
  days(uid: number, from: number, to: number): Promise<readonly { day: number; rollup: Rollup }[]>
  /** Distinct commands on the days [from, to), exactly. */
  uniqueCommands(uid: number, from: number, to: number): Promise<number>
}

const VALUE_VERSION = 1
// keyspace ‖ uid ‖ hour or day
const UID_AT = 1
const TIME_AT = UID_AT + 4
const MAX_TIME = 0xffff_ffff

export const hourKey = (uid: number, hour: number): Buffer =>
  makeKey('rollups_hour', { u32: uid }, { u32: hour })
export const dayKey = (uid: number, day: number): Buffer => makeKey('rollups_day', { u32: uid }, { u32: day })
export const dayCommandsKey = (uid: number, day: number): Buffer =>
  makeKey('command_days', { u32: uid }, { u32: day })

type RollupRow = readonly [
  count: number,
  failures: number,
  durationMs: number,
  categories: Readonly<Record<string, readonly [count: number, failures: number]>>,
  tools: Readonly<Record<string, readonly [category: string, count: number, failures: number]>>,
  risk: readonly [safe: number, moderate: number, high: number, critical: number],
  hourly: readonly number[],
]

export function encodeRollup(rollup: Rollup): Buffer {
  const categories: Record<string, [number, number]> = {}
  for (const [name, tally] of Object.entries(rollup.categories))
    categories[name] = [tally.count, tally.failures]
  const tools: Record<string, [string, number, number]> = {}
  for (const [name, tally] of Object.entries(rollup.tools)) {
    tools[name] = [tally.category, tally.count, tally.failures]
  }
  const { safe, moderate, high, critical } = rollup.risk
  const row: RollupRow = [
    rollup.count,
    rollup.failures,
    rollup.duration_ms,
    categories,
    tools,
    [safe, moderate, high, critical],
    rollup.hourly,
  ]
  return encodeValue(VALUE_VERSION, row)
}

export function decodeRollup(value: Uint8Array): Rollup {
  const [count, failures, duration_ms, categoryRows, toolRows, riskRow, hourly] = decodeValue<RollupRow>(
    VALUE_VERSION,
    value,
  )
  // A year of days has tens of thousands of tallies: no Object.entries, no destructuring of arrays (both iterate).
  const categories: Record<string, Tally> = {}
  for (const name in categoryRows) {
    const row = categoryRows[name]!
    categories[name] = { count: row[0], failures: row[1] }
  }
  const tools: Record<string, Tally & { category: string }> = {}
  for (const name in toolRows) {
    const row = toolRows[name]!
    tools[name] = { category: row[0], count: row[1], failures: row[2] }
  }
  const [safe, moderate, high, critical] = riskRow
  return { count, failures, duration_ms, categories, tools, risk: { safe, moderate, high, critical }, hourly }
}

export function createRollupRepository(db: Database): RollupRepository {
  async function read(
    keyspace: 'rollups_hour' | 'rollups_day',
    uid: number,
    from: number,
    to: number,
  ): Promise<{ at: number; rollup: Rollup }[]> {
    const rows = await db.iterator(timeRange(keyspace, uid, from, to)).all()
    return rows.map(([key, value]) => ({
      at: Buffer.from(key).readUInt32BE(TIME_AT),
      rollup: decodeRollup(value),
    }))
  }

  return {
    async uids() {
      const uids: number[] = []
      let range = keyRange('rollups_day')
      for (;;) {
        const [key] = await db.keys({ ...range, limit: 1 }).all()
        if (key === undefined) return uids
        const uid = Buffer.from(key).readUInt32BE(UID_AT)
        uids.push(uid)
        range = { ...range, gte: keyRange('rollups_day', { u32: uid }).lt }
      }
    },
    async hours(uid, from, to) {
      return (await read('rollups_hour', uid, from, to)).map(({ at, rollup }) => ({ hour: at, rollup }))
    },
    async days(uid, from, to) {
      return (await read('rollups_day', uid, from, to)).map(({ at, rollup }) => ({ day: at, rollup }))
    },
    async uniqueCommands(uid, from, to) {
      const union = createNumberSet()
      for (const value of await db.values(timeRange('command_days', uid, from, to)).all()) {
        union.addEncoded(decodeValue<Uint8Array>(VALUE_VERSION, value))
      }
      return union.size()
    },
  }
}

function timeRange(
  keyspace: 'rollups_hour' | 'rollups_day' | 'command_days',
  uid: number,
  from: number,
  to: number,
): { gte: Buffer; lt: Buffer } {
  const bounded = (time: number): number => Math.min(Math.max(0, Math.floor(time)), MAX_TIME)
  return {
    gte: makeKey(keyspace, { u32: uid }, { u32: bounded(from) }),
    lt: makeKey(keyspace, { u32: uid }, { u32: bounded(to) }),
  }
}
