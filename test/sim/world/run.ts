// One run of the whole: start, churn, questions, a bucket's totals; and what came of each, beside what is true.

import { QUERY_HOPS, QueryHop } from '../../../protocols/messages/query.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { MINUTE } from '../../unit/exchange/documents/network.ts'
import { type Asked, askOne, isServer } from './asking.ts'
import type { WorldNode } from './node.ts'
import type { WorldOptions } from './options.ts'
import { type Released, readReleased } from './released.ts'
import { World } from './world.ts'

/** Between two looks at who is linked with whom. */
const LOOK_MS = 1_000
/** A node that is off comes back within this time. */
const AWAY_MS = { least: 20_000, most: 80_000 } as const
/** Whoever came a moment ago may still be alone. */
const JOINED_MS = 30_000
const RELEASE_LOOK_MS = 15_000
const BEFORE_END_MS = 3 * MINUTE

export interface WorldReport {
  readonly options: Omit<WorldOptions, 'tell'>
  /** Virtual ms until all that run are in one piece, and until each knows all others; undefined: not yet. */
  readonly discovery: { readonly wholeMs: number | undefined; readonly knownMs: number | undefined }
  readonly churn: {
    readonly left: number
    readonly came: number
    /** From the start of each that came back until it is in the piece of most nodes; ascending ms. */
    readonly joinMs: readonly number[]
    /** Times in which nodes that had been on for half a minute were not in one piece; ascending ms. */
    readonly apartMs: readonly number[]
  }
  readonly questions: readonly Asked[]
  /** Most links that a question went over. */
  readonly hops: number
  readonly documents: ReadonlyMap<string, { readonly published: number; readonly tookMs: readonly number[] }>
  /** `firstMs`: virtual, from the end of the bucket to the first release. */
  readonly totals: { readonly firstMs: number | undefined; readonly last: Released | undefined }
  readonly links: { readonly least: number; readonly mean: number; readonly most: number }
  readonly traffic: World['network']['traffic']
  readonly dials: number
  readonly unsigned: number
  readonly unchecked: number
  /** Agreements of keys by the curve that real nodes would have made. */
  readonly unagreed: number
  /** What did not hold, in words. */
  readonly broken: readonly string[]
  readonly cost: { readonly cpuMs: number; readonly rssBytes: number }
}

/** Everything but `cost` follows from the options. */
export async function runWorld(options: WorldOptions): Promise<WorldReport> {
  const cpu = process.cpuUsage()
  const world = new World(options)
  const run = new Run(world, options)
  await run.whole()
  const { user, system } = process.cpuUsage(cpu)
  const cost = { cpuMs: (user + system) / 1_000, rssBytes: process.resourceUsage().maxRSS * 1_024 }
  return { ...(await run.report()), cost }
}

class Run {
  readonly #world: World
  readonly #options: WorldOptions
  readonly #asked: Asked[] = []
  readonly #joins = new Map<WorldNode, number>()
  readonly #joinMs: number[] = []
  readonly #apartMs: number[] = []
  readonly #asking = new Set<Promise<void>>()
  #apartSince: number | undefined
  #wholeMs: number | undefined
  #knownMs: number | undefined
  #firstMs: number | undefined
  #left = 0
  #came = 0
  /** Most links that a question went over. */
  #questionLinks = 0

  constructor(world: World, options: WorldOptions) {
    this.#world = world
    this.#options = options
    world.air.onFrame = (message, body) => {
      if (message !== QueryHop) return
      // A node that is asked for itself alone, over one link, is told that the question has no hop left.
      const { hops } = body as { readonly hops: number }
      this.#questionLinks = Math.max(this.#questionLinks, hops === QUERY_HOPS ? 1 : hops + 1)
    }
  }

  async whole(): Promise<void> {
    const world = this.#world
    const { minutes, late, tell } = this.#options
    const end = minutes * MINUTE
    const isLate = (node: WorldNode): boolean =>
      !isServer(node) && late > 0 && node.index % Math.round(1 / late) === Math.round(1 / late) - 1
    for (const node of world.nodes) {
      if (!isLate(node)) world.startSoon(node)
      else world.network.time.after(end - BEFORE_END_MS, () => world.startSoon(node))
    }
    this.#plan(end, isLate)
    for (let at = LOOK_MS; at <= end; at += LOOK_MS) {
      await world.passTo(at)
      this.#look()
      if (
        at % RELEASE_LOOK_MS === 0 &&
        this.#firstMs === undefined &&
        (await readReleased(world)) !== undefined
      )
        this.#firstMs = this.#options.begins * MINUTE + world.now
      if (at % MINUTE === 0) tell?.(this.#progress(at / MINUTE))
    }
    await Promise.all(this.#asking)
  }

  /** Who leaves and asks when. The last question has an end before the run has. */
  #plan(end: number, isLate: (node: WorldNode) => boolean): void {
    const world = this.#world
    const { churn, questions } = this.#options
    const { time } = world.network
    const every = MINUTE / (churn * world.nodes.length)
    const candidates = world.nodes.filter((node) => !isServer(node) && !isLate(node))
    for (let at = world.startMs + MINUTE; churn > 0 && at < end; at += every)
      time.after(at, () => this.#leave(candidates))
    for (let at = world.startMs + 1.3 * MINUTE; at < end - 20_000; at += MINUTE / questions) {
      time.after(at, () => {
        world.air.stirred = true
        this.#asking.add(this.#ask())
      })
    }
  }

  async #ask(): Promise<void> {
    const asked = await askOne(this.#world)
    if (asked !== undefined) this.#asked.push(asked)
  }

  #leave(candidates: readonly WorldNode[]): void {
    const world = this.#world
    const node = candidates[world.random.below(candidates.length)]
    if (node?.running !== true) return
    this.#left++
    this.#joins.delete(node)
    world.stopNow(node)
    const awayMs = AWAY_MS.least + world.random.below(AWAY_MS.most - AWAY_MS.least)
    world.network.time.after(awayMs, () => {
      this.#came++
      this.#joins.set(node, world.now)
      world.startSoon(node, 1)
    })
  }

  #look(): void {
    const { now, nodes, startMs } = this.#world
    const running = nodes.filter((node) => node.running)
    if (running.length === 0) return
    const piece = this.#piece(running)
    for (const [node, since] of this.#joins) {
      if (!piece.has(node)) continue
      this.#joinMs.push(now - since)
      this.#joins.delete(node)
    }
    const isWhole = running.every((node) => piece.has(node) || now - node.since < JOINED_MS)
    if (this.#wholeMs === undefined) {
      if (now > startMs && running.every((node) => piece.has(node))) this.#wholeMs = now
    } else if (!isWhole) this.#apartSince ??= now
    else if (this.#apartSince !== undefined) {
      this.#apartMs.push(now - this.#apartSince)
      this.#apartSince = undefined
    }
    if (this.#knownMs === undefined && now > startMs && now % 5_000 === 0) {
      // The number of members is no proof, because those that are off are members as well; but it is the cheaper look.
      const knowEnough = running.every(({ sim }) => sim.trust.members().length >= running.length - 1)
      const knowAll =
        knowEnough &&
        running.every((one) =>
          running.every((other) => one === other || one.sim.trust.member(other.sim.id) !== undefined),
        )
      if (knowAll) this.#knownMs = now
    }
  }

  /** The nodes that are linked with the first one, over whatever way. */
  #piece(running: readonly WorldNode[]): ReadonlySet<WorldNode> {
    const byId = new Map<NodeId, WorldNode>(running.map((node) => [node.sim.id, node]))
    const seen = new Set(running.slice(0, 1))
    for (const node of seen) {
      for (const { node: id } of node.sim.state.connections.neighbours()) {
        const other = byId.get(id)
        if (other !== undefined) seen.add(other)
      }
    }
    return seen
  }

  #progress(minute: number): string {
    const running = this.#world.nodes.filter((node) => node.running).length
    const rss = Math.round(process.memoryUsage.rss() / 2 ** 20)
    return `minute ${minute}: ${running} on, ${this.#world.network.sent} frames, ${this.#asked.length} questions, ${rss} MiB`
  }

  async report(): Promise<Omit<WorldReport, 'cost'>> {
    const world = this.#world
    const { network, air } = world
    const { tell: _, ...options } = this.#options
    const up = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b)
    const links = world.nodes
      .filter(({ running }) => running)
      .map(({ sim }) => sim.state.connections.neighbours().length)
    return {
      options,
      discovery: { wholeMs: this.#wholeMs, knownMs: this.#knownMs },
      churn: { left: this.#left, came: this.#came, joinMs: up(this.#joinMs), apartMs: up(this.#apartMs) },
      questions: this.#asked,
      hops: this.#questionLinks,
      documents: new Map(['share', 'tally', 'release'].map((kind) => [kind, world.spread.of(kind)])),
      totals: { firstMs: this.#firstMs, last: await readReleased(world) },
      links: {
        least: Math.min(...links),
        most: Math.max(...links),
        mean: links.reduce((sum, count) => sum + count, 0) / links.length,
      },
      traffic: network.traffic,
      dials: world.nodes.reduce((sum, { sim }) => sum + sim.dials, 0),
      unsigned: air.unsigned,
      unchecked: air.unchecked,
      broken: network.broken,
      unagreed: world.agreements.spared,
    }
  }
}
