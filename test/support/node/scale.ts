// A mesh of many real daemons, fed from one seed, and what every question to it must come to, whatever happens meanwhile.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { join } from 'node:path'
import { rebuildError } from '../../../src/api/contract/client/client.ts'
import type { PeerShape, QueryLine, QueryResult } from '../../../src/api/contract/shapes.ts'
import type { AskedType } from '../../../src/exchange/query/index.ts'
import type { Coverage } from '../../../src/exchange/query/schema.ts'
import { type Fed, feed, hoursOfFeed, sumOf } from '../data/feed.ts'
import { until } from '../run/until.ts'
import { streamDaemon } from './call-daemon.ts'
import { type Fleet, type FleetOptions, some, startFleet } from './fleet.ts'
import type { TestNode } from './node.ts'

/** A large fleet on few processors comes together slowly, and heals likewise. */
const PATIENCE_MS = 180_000
/**
 * The longest that a question may take at all. Each ends by itself long before, and how long that takes on a busy machine is
 * not what is tried: one that waits for somebody who is gone waits until this is over.
 */
const ASK_TIMEOUT_MS = 60_000

export const TYPES = ['tools', 'safety', 'activity', 'health'] as const
export type Type = (typeof TYPES)[number]
const API_TYPE: Readonly<Record<Type, AskedType>> = {
  tools: 'ToolUsage',
  safety: 'SafetyPosture',
  activity: 'ActivityPatterns',
  health: 'NodeHealth',
}

export interface Scale {
  readonly fleet: Fleet
  readonly nodes: readonly TestNode[]
  /** By index of the node: what its people did. */
  readonly fed: readonly Fed[]
  /** Fingerprints by index. */
  readonly fingerprints: readonly string[]
  /** Question about the hours of the feed; the exit code is not looked at. */
  ask(index: number, type: Type, ...more: readonly string[]): Promise<QueryResult>
  /** The same over the API, told how far it has come. */
  follow(index: number, type: Type, onProgress: (coverage: Coverage) => void): Promise<QueryResult>
}

export interface ScaleOptions extends Pick<FleetOptions, 'config' | 'tap' | 'allow' | 'parted'> {
  readonly count: number
  readonly seed: number
}

/** All are started, fed, and know each other. */
export async function startScale({ count, seed, ...options }: ScaleOptions): Promise<Scale> {
  const range = hoursOfFeed()
  const fed: Fed[] = []
  const fleet = await startFleet(count, {
    ...options,
    lan: true,
    prepare: (home, index) => {
      fed[index] = feed(join(home, 'spool'), index, seed, range)
    },
  })
  const { nodes } = fleet
  const fingerprints = await some(nodes, (node) =>
    until(async () => (await node.status()).fingerprint, {
      what: `${node.name} says who it is`,
      deadlineMs: PATIENCE_MS,
      pollMs: 1_000,
    }),
  )
  const between = [
    '--from',
    new Date(range.start).toISOString(),
    '--to',
    new Date(range.end).toISOString(),
    '--timeout',
    `${ASK_TIMEOUT_MS}ms`,
  ]
  const scale: Scale = {
    fleet,
    nodes,
    fed,
    fingerprints,
    async ask(index, type, ...more) {
      const ran = await nodes[index]!.karo(['query', type, '--json', ...between, ...more])
      try {
        return JSON.parse(ran.stdout) as QueryResult
      } catch {
        throw new Error(`karo query ${type}: exit ${ran.code}: ${ran.stdout}${ran.stderr}`)
      }
    },
    async follow(index, type, onProgress) {
      const socket = join(nodes[index]!.home, 'karo.sock')
      const [start, end] = [range.start, range.end].map((at) => new Date(at).toISOString())
      const body = { query_type: API_TYPE[type], range: { start, end }, timeout_ms: ASK_TIMEOUT_MS }
      const options = { deadlineMs: 2 * ASK_TIMEOUT_MS }
      for await (const line of streamDaemon({ socket }, 'POST', '/api/v1/query', body, options)) {
        const said = line as QueryLine
        if (said.type === 'result') return said.result
        if (said.type === 'error') throw rebuildError(said)
        onProgress(said.coverage)
      }
      throw new Error(`the question about ${type} has no end`)
    },
  }
  await fedAll(scale)
  await acquainted(scale)
  return scale
}

/** Every node has stored what it was fed. */
async function fedAll({ nodes, fed }: Scale): Promise<void> {
  await some(nodes, (node, index) =>
    until(async () => (await node.status()).store.events === fed[index]!.commands, {
      what: `${node.name} has stored its ${fed[index]!.commands} commands`,
      deadlineMs: PATIENCE_MS,
      pollMs: 200,
    }),
  )
}

/** Every node that runs knows every other as a member, and has a link to at least one. */
export async function acquainted({ nodes }: Scale): Promise<void> {
  await some(nodes, (node) =>
    until(
      async () => {
        if (node.process.exitCode !== null || node.process.signalCode !== null) return true
        const { members_known, peers_trusted } = (await node.status()).mesh
        return members_known === nodes.length - 1 && peers_trusted > 0
      },
      { what: `${node.name} knows all others`, deadlineMs: PATIENCE_MS, pollMs: 200 },
    ),
  )
}

/** Nobody on one side of a cut holds a link to the other any more. */
export async function noticed({ nodes, fingerprints }: Scale, cut: readonly number[]): Promise<void> {
  const across = (index: number) => (fingerprint: string) =>
    cut.includes(index) !== cut.includes(fingerprints.indexOf(fingerprint))
  await some(nodes, (node, index) =>
    until(
      async () => {
        const { peers } = await node.json<{ peers: PeerShape[] }>(['peers'])
        const connected = peers.filter(({ state }) => state === 'connected')
        return !connected.some(({ fingerprint }) => across(index)(fingerprint))
      },
      { what: `${node.name} has noticed the cut`, deadlineMs: PATIENCE_MS, pollMs: 500 },
    ),
  )
}

/** Every node holds what all others published: their summaries and the heads of their ledgers; `except` is not looked at. */
export async function settled({ nodes }: Scale, except: readonly number[]): Promise<void> {
  await until(
    async () => {
      const counts = await some(nodes, async (node) => (await node.status()).documents)
      // Two hours, a day and a week; they are published within a minute.
      if (counts.some((count) => count.own < 4)) throw new Error('not everybody has published yet')
      const own = counts.reduce((sum, count) => sum + count.own, 0)
      const missing = counts.flatMap((count, index) =>
        except.includes(index) || count.received === own - count.own ? [] : `${index}: ${count.received}`,
      )
      if (missing.length > 0) throw new Error(`of ${own} documents: ${missing.join(', ')}`)
      return true
    },
    { what: 'every document is where it belongs', deadlineMs: PATIENCE_MS, pollMs: 1_000 },
  )
}

/** Asks until every other node has answered. */
export async function complete(scale: Scale, index: number): Promise<void> {
  await until(async () => (await scale.ask(index, 'health')).coverage.complete, {
    what: `${scale.nodes[index]!.name} reaches all others`,
    deadlineMs: PATIENCE_MS,
    pollMs: 500,
  })
}

/**
 * The result ended by itself, every other member is in exactly one count, and its data is exactly the sum over the
 * asker and all who answered, and at most what those did who are shown from a summary: nothing is lost, nothing counted
 * twice.
 */
export function exact(scale: Scale, asker: number, type: Type, result: QueryResult): void {
  const { coverage } = result
  equal(result.ended_by, 'all_done', JSON.stringify(coverage))
  equal(coverage.known, scale.nodes.length - 1)
  const { answered, from_summary, denied, withheld, failed, unreachable } = coverage
  equal(answered + from_summary + denied + withheld + failed + unreachable, coverage.known)
  const others = scale.fingerprints.filter((_, index) => index !== asker)
  deepEqual(coverage.nodes.map((node) => node.fingerprint).sort(), others.sort())
  const partsOf = (...which: readonly string[]): readonly number[] => [
    asker,
    ...coverage.nodes
      .filter(({ outcome }) => which.includes(outcome))
      .map(({ fingerprint }) => scale.fingerprints.indexOf(fingerprint)),
  ]
  const sum = (parts: readonly number[]): Fed => sumOf(parts.map((index) => scale.fed[index]!))
  const live = partsOf('answered')
  // A summary may be older than the last command: it says no more than what was done, and what it says counts once.
  CHECK[type](result, sum(live), sum(partsOf('answered', 'from_summary')), live, scale)
}

type Check = (result: QueryResult, least: Fed, most: Fed, live: readonly number[], scale: Scale) => void

function within(value: number, least: number, most: number): void {
  ok(value >= least && value <= most, `${value} is not within ${least} and ${most}`)
}

/** Each number within those of the same name; no other name. */
function allWithin(
  values: Readonly<Record<string, number>>,
  least: Readonly<Record<string, number>>,
  most: Readonly<Record<string, number>>,
): void {
  const names = new Set([...Object.keys(values), ...Object.keys(least), ...Object.keys(most)])
  for (const name of names) within(values[name] ?? 0, least[name] ?? 0, most[name] ?? 0)
}

/** Numbers of single nodes are never withheld. */
const there = (one: number | null): number => one ?? Number.NaN
const total = (numbers: readonly (number | null)[]): number =>
  numbers.reduce<number>((all, one) => all + there(one), 0)

const CHECK: Readonly<Record<Type, Check>> = {
  tools({ data }, least, most) {
    ok('tools' in data)
    allWithin(Object.fromEntries(data.tools.map(({ tool, uses }) => [tool, uses])), least.uses, most.uses)
    const failures = total(data.tools.map((row) => row.uses * there(row.failure_rate)))
    within(Math.round(failures), least.failures, most.failures)
  },
  safety({ data }, least, most) {
    ok('by_risk_level' in data)
    const risk = Object.entries(data.by_risk_level).map(([level, count]) => [level, there(count)])
    allWithin(Object.fromEntries(risk), least.risk, most.risk)
  },
  activity({ data, coverage }, least, most) {
    ok('hourly' in data)
    within(there(data.total_commands), least.commands, most.commands)
    // What was typed in both hours is counted twice by a summary of each.
    within(
      there(data.unique_commands),
      least.unique,
      coverage.from_summary === 0 ? most.unique : most.commands,
    )
    equal(total(data.hourly), data.total_commands)
    equal(total(data.daily), data.total_commands)
  },
  health({ data, coverage }, _least, _most, live, scale) {
    ok('nodes' in data)
    const online = data.nodes.filter((node) => node.online).map((node) => node.fingerprint)
    deepEqual(online.sort(), live.map((index) => scale.fingerprints[index]!).sort())
    ok(data.nodes.length <= coverage.known + 1)
  },
}

/** How many members came to each outcome. */
export function outcomes(scale: Scale, result: QueryResult, indexes: readonly number[]): readonly string[] {
  return indexes.map((index) => {
    const found = result.coverage.nodes.find(({ fingerprint }) => fingerprint === scale.fingerprints[index])
    return found?.outcome ?? 'missing'
  })
}
