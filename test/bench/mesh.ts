// What a question to many daemons costs, and what they cost while nobody asks, beside as many serf agents in the same run.
import { setTimeout as sleep } from 'node:timers/promises'
import type { QueryResult, StatusShape } from '../../src/api/contract/shapes.ts'
import { allLinked, type Fleet, startFleet } from '../support/node/fleet.ts'
import type { TestNode } from '../support/node/node.ts'
import { endAll } from '../support/run/processes.ts'
import { until } from '../support/run/until.ts'
import { cpuOfAll } from './cpu.ts'
import { median } from './median.ts'
import { type Profile, type QueryCost, startSerf } from './serf.ts'

const HOUR_MS = 3_600_000
const PATIENCE_MS = 180_000
/** Links grow faster than nodes, and all of them share this machine's processors: more than fifty have more time. */
const patienceMs = (count: number): number => Math.max(PATIENCE_MS, count * 6_000)
/**
 * Above so many members a node keeps few links (docs/decisions/few-links-in-large-meshes.md). The daemons of this machine start one
 * after the other, so the first ones would link with all until there are more: thousands of links that are given up again, all of
 * them the work of the same processors. A larger mesh is told to keep few from the start, as it does in the end.
 */
const ALL_LINKED_MAX = 64
const FEW_LINKS = '[overlay]\nfull_mesh_up_to = 12'
/** What is only done once after everybody has come together: first summaries, first visits, code that runs for the first time. */
const SETTLE_MS = 180_000
/** At rest: less than this part of a core each, for so long. */
const CALM_SHARE = 0.01
const CALM_MS = 5_000
/** After that, because what is done once after coming together goes on a little longer, and would be counted to the questions. */
const REST_MS = 60_000
/**
 * Questions of each asker that are not counted: code that runs for the first time is dearer, and a mesh that runs has run it. Where
 * nodes keep few links, who asks often has more of them; so there as many other nodes as are measured ask once before.
 */
const WARM_UP = 2
/** Questions without a new link, after which no more are waited for. */
const STEADY = 10
/** Below what an owner answers one author in ten seconds. */
const ASK_EVERY_MS = 700

export interface MeshCosts {
  readonly join: JoinCost
  /** Each question by another node. */
  readonly karo: QueryCost
  /** All questions by one node, which links with all that it can because it asks often; undefined where all have links to all. */
  readonly often: (QueryCost & { readonly links: number }) | undefined
  readonly serf: Readonly<Record<Profile, QueryCost>>
}

export interface JoinCost {
  /** From the start of the first daemon until it reaches all others. */
  readonly together_ms: number
  /** From when all daemons are ready until the first one reaches all others. */
  readonly reached_ms: number
  /** From the start of the first daemon until all have links to all others; undefined where they keep few. */
  readonly linked_ms: number | undefined
  /** Processor time of one node since its start, until then, or until the first one reaches all others. */
  readonly cpu_ms: number
}

/** One after the other, so that each has the machine for itself. */
export async function measureMesh(count: number, rounds: number): Promise<MeshCosts> {
  try {
    const { nodes, join } = await together(count)
    note(`${count} daemons have come together: ${JSON.stringify(join)}`)
    await calm(nodes.map((node) => node.pid))
    await sleep(REST_MS)
    const keepFew = count > ALL_LINKED_MAX
    const first = keepFew ? rounds : 0
    const askerOf = (round: number): TestNode => nodes[(first + round) % nodes.length]!
    for (let round = 0; round < (keepFew ? rounds : WARM_UP * rounds); round++) {
      await sleep(ASK_EVERY_MS)
      await asked(nodes[round % Math.min(rounds, count)]!, rounds + round)
    }
    const karo = await askKaro(nodes, rounds, askerOf)
    note(`questions by each: ${JSON.stringify(karo)}`)
    const often = keepFew ? await askOften(nodes, rounds) : undefined
    note(`questions by one: ${JSON.stringify(often)}`)
    await endAll(false)
    const serf = {} as Record<Profile, QueryCost>
    for (const profile of ['lan', 'local'] as const) {
      const agents = await startSerf(count, profile)
      await calm(agents.pids)
      await sleep(REST_MS)
      serf[profile] = await agents.query(rounds)
      note(`serf, ${profile}: ${JSON.stringify(serf[profile])}`)
      await agents.stop()
    }
    return { join, karo, often, serf }
  } finally {
    await endAll(false)
  }
}

/** A fleet whose first node reaches everybody. */
async function together(count: number): Promise<Fleet & { readonly join: JoinCost }> {
  let startedAt: number | undefined
  const fleet = await startFleet(count, {
    lan: true,
    // Called before each start, so the first call is when the first daemon starts.
    prepare() {
      startedAt ??= performance.now()
    },
    ...(count > ALL_LINKED_MAX ? { config: FEW_LINKS } : {}),
  })
  const began = performance.now()
  await until(async () => (await asked(fleet.nodes[0]!, 0)).coverage.answered === count - 1, {
    what: `${count} daemons answer`,
    deadlineMs: patienceMs(count),
    pollMs: 1_000,
  })
  const reachedAt = performance.now()
  const linked = count <= ALL_LINKED_MAX
  if (linked) await allLinked(fleet.nodes, patienceMs(count))
  const join: JoinCost = {
    together_ms: reachedAt - startedAt!,
    reached_ms: reachedAt - began,
    linked_ms: linked ? performance.now() - startedAt! : undefined,
    cpu_ms: cpuOfAll(fleet.nodes.map((node) => node.pid)) / count,
  }
  return { ...fleet, join }
}

/** What coming together costs (links made and thinned, first summaries) is over: nothing of it is counted to a question. */
async function calm(pids: readonly number[]): Promise<void> {
  await until(
    async () => {
      const before = cpuOfAll(pids)
      await sleep(CALM_MS)
      return cpuOfAll(pids) - before < CALM_SHARE * CALM_MS * pids.length
    },
    { what: `${pids.length} processes come to rest`, deadlineMs: patienceMs(pids.length), pollMs: 0 },
  )
}

/** Another range each time, so that nothing that was computed before is of use. */
function asked(node: TestNode, round: number): Promise<QueryResult> {
  const from = new Date(Math.floor(Date.now() / HOUR_MS) * HOUR_MS - (round + 1) * HOUR_MS)
  return node.json<QueryResult>(['query', 'tools', '--from', from.toISOString(), '--timeout', '20s'])
}

/**
 * One node asks until it has links to all, or its links have grown no more for `STEADY` questions, and comes to rest; then it is
 * measured. Daemons that share two processors may give up a link before the next question comes over it.
 */
async function askOften(nodes: readonly TestNode[], rounds: number): Promise<QueryCost & { links: number }> {
  const asker = nodes[0]!
  let asks = 0
  let links = 0
  for (let steady = 0; links < nodes.length - 1 && steady < STEADY; ) {
    await sleep(ASK_EVERY_MS)
    // Over a link that is asked over at once, the next questions come as well.
    await asked(asker, ++asks)
    const { mesh } = await asker.json<StatusShape>(['status'])
    steady = mesh.peers_connected > links ? 0 : steady + 1
    links = Math.max(links, mesh.peers_connected)
    note(`${asks} questions of one node: ${mesh.peers_connected} links`)
  }
  await asked(asker, ++asks)
  await calm(nodes.map((node) => node.pid))
  return { ...(await askKaro(nodes, rounds, () => asker, asks + 1)), links }
}

/** A large mesh takes half an hour: whoever waits sees how far it is. */
const note = (text: string): void => void process.stderr.write(`${text}\n`)

async function askKaro(
  nodes: readonly TestNode[],
  rounds: number,
  askerOf: (round: number) => TestNode,
  first = 0,
): Promise<QueryCost> {
  const times: { first: number; last: number; done: number; lost: number }[] = []
  const pids = nodes.map((node) => node.pid)
  let cpu = 0
  for (let round = 0; round < rounds; round++) {
    await sleep(ASK_EVERY_MS)
    const before = cpuOfAll(pids)
    const began = performance.now()
    const { timing, coverage } = await asked(askerOf(round), first + round)
    const done = performance.now() - began
    cpu += cpuOfAll(pids) - before
    // The command prints once, at its end: what came before the question and after the answer is counted to each.
    const around = done - timing.elapsed_ms
    times.push({
      first: around + (timing.first_ms ?? Number.NaN),
      last: around + (timing.last_ms ?? Number.NaN),
      done,
      lost: coverage.known - coverage.answered,
    })
  }
  return {
    first_ms: median(times.map((one) => one.first)),
    last_ms: median(times.map((one) => one.last)),
    done_ms: median(times.map((one) => one.done)),
    lost: times.reduce((sum, one) => sum + one.lost, 0),
    cpu_ms: cpu / rounds / nodes.length,
  }
}

export interface IdleFleets {
  /** Percent of a core, per node. */
  readonly karo_cpu_percent: number
  readonly serf_cpu_percent: number
}

/** Everybody linked, nobody asks, for `seconds` each. */
export async function measureIdleFleets(count: number, seconds: number): Promise<IdleFleets> {
  const watch = async (pids: readonly number[]): Promise<number> => {
    await sleep(SETTLE_MS)
    const before = cpuOfAll(pids)
    await sleep(seconds * 1_000)
    return ((cpuOfAll(pids) - before) / (seconds * 1_000) / pids.length) * 100
  }
  try {
    const { nodes } = await together(count)
    const karo_cpu_percent = await watch(nodes.map((node) => node.pid))
    await endAll(false)
    const agents = await startSerf(count, 'lan')
    return { karo_cpu_percent, serf_cpu_percent: await watch(agents.pids) }
  } finally {
    await endAll(false)
  }
}
