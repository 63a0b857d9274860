// What released totals cost: a machine's share, the steps of the two aggregators, and a question that reads what was released.
import { type Bucket, slotOfRelease } from '../../protocols/buckets.ts'
import type { ReleaseContent } from '../../protocols/messages/release.ts'
import type { NodeId } from '../../protocols/node-id.ts'
import { systemRandom } from '../../src/base/clock.ts'
import { blake3 } from '../../src/base/hash.ts'
import { silentLog } from '../../src/base/run/log.ts'
import { readShare } from '../../src/exchange/aggregates/documents/share.ts'
import {
  type Counts,
  hashOfAudience,
  type Layout,
  pairOf,
  writeRelease,
} from '../../src/exchange/aggregates/index.ts'
import { cellsOf } from '../../src/exchange/aggregates/layout.ts'
import { createSum, expandAll, SEED_BYTES } from '../../src/exchange/aggregates/shares.ts'
import { measuresOf } from '../../src/exchange/query/released.ts'
import type { TotalsDeps } from '../../src/exchange/totals/deps.ts'
import type { TotalsParts } from '../../src/exchange/totals/parts.ts'
import { createReader } from '../../src/exchange/totals/reader.ts'
import { createReleases } from '../../src/exchange/totals/releases.ts'
import { createAhead } from '../../src/exchange/totals/totals.ts'
import { createHints } from '../../src/trust/identity/index.ts'
import { testIdentity } from '../support/mesh/identity.ts'
import { some } from '../support/some.ts'
import {
  BUCKET,
  IDENTITIES,
  type Machine,
  MESH,
  openedBy,
  rawShare,
  sealedShare,
  seeded,
  World,
} from '../unit/exchange/aggregates/world.ts'
import { median } from './median.ts'

export interface ReleasedCost {
  /** Of one machine with all types, median: to split, seal and sign. */
  readonly share_ms: number
  /** Of the share as it arrives at a node, median: its signature is checked, and its members are. */
  readonly check_ms: number
  /** Then at an aggregator, median: checked again as it comes from the store, and opened. */
  readonly open_ms: number
  readonly share_bytes: number
  /** Of one share, median: what an aggregator looks at of its proof. */
  readonly proof_ms: number
  /**
   * Processor time of all steps of both aggregators together, by the number of machines, median; shares are open and their proofs
   * looked at already.
   */
  readonly pair_ms: ReadonlyMap<number, number>
  /** By the number of machines, processor time, median: what no order of steps spares, each seed expanded once and both halves of each added up. */
  readonly least_ms: ReadonlyMap<number, number>
  readonly days: number
  /** Processor time of one release that is read when it comes, mean, with code that did not run before. */
  readonly ahead_ms: number
  /** A question about so many days whose releases were read: the first time, and again. */
  readonly first_ms: number
  readonly again_ms: number
}

const DAYS = 6
const ROUNDS = 7
const PROOFS = 20
const KEY = new Uint8Array(32).fill(5)
/** Rows of each type that a machine has something in. */
const ROWS = 40

/** The real layouts; nobody is counted, so nothing is gathered. */
const LAYOUTS: readonly Layout[] = measuresOf(undefined as never).map(({ layout }) => layout)

function countsOf(layout: Layout, n: number): Counts {
  const rows = layout.rows.slice(0, ROWS)
  return new Map(
    rows.map(({ values }, row) => [row, values.map((_, at) => (at === 0 ? n + row + 1 : n % 3))]),
  )
}

const machine = (n: number): Machine => ({
  n,
  counts: new Map(LAYOUTS.map((layout) => [layout, countsOf(layout, n)])),
  audiences: ['security', 'admin'],
})

function cpuMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

function pairOfMachines(count: number): {
  readonly ms: number
  readonly proof_ms: number
  readonly contents: readonly ReleaseContent[]
} {
  const world = new World(
    Array.from({ length: count }, (_, n) => machine(n)),
    { audiences: ['security', 'admin'] },
  )
  world.layouts = LAYOUTS
  // Those of the world are kept, and cost nothing the second time.
  const proofs = Array.from({ length: PROOFS }, (_, n) => rawShare(machine(n), seeded(`proof ${n}`))[0]).map(
    (share) => cpuMs(() => void share.verifier(KEY)),
  )
  const settled = Array.from({ length: ROUNDS }, () => {
    // What both have told of the proofs stays told.
    for (const side of world.sides) side.own = undefined
    return cpuMs(() => void world.run())
  })
  return { ms: median(settled), proof_ms: median(proofs), contents: world.contents() }
}

/** As the cost of so many shares at the very least. */
function leastOf(count: number): number {
  const cells = LAYOUTS.map(cellsOf)
  const seeds = Array.from({ length: count }, () => systemRandom.bytes(SEED_BYTES))
  return cpuMs(() => {
    const sums = cells.map(createSum)
    for (const seed of seeds) {
      for (const [at, half] of expandAll(seed, cells).entries()) {
        sums[at]!.add(half)
        sums[at]!.add(half)
      }
    }
  })
}

/** A node that holds the role, with the releases of some days in its store. */
function readerOf(content: ReleaseContent) {
  const identity = testIdentity(2_000_001)
  const aggregators = IDENTITIES.map(({ publicKey }, at) => ({ key: publicKey, operator: `op-${at}` }))
  const length = BUCKET.end - BUCKET.start
  const clock = { now: () => BUCKET.end + length / 2, monotonic: () => 0 }
  const kept = new Map<NodeId, { bytes: Uint8Array; slot: string; version: number }[]>()
  for (let day = 0; day < DAYS; day++) {
    const bucket: Bucket = { ...BUCKET, start: BUCKET.start - day * length, end: BUCKET.end - day * length }
    const pair = [...(pairOf(MESH, bucket, aggregators) ?? [])]
    for (const author of IDENTITIES) {
      const version = bucket.end + 1
      const self = { identity: author, hints: createHints(author.agree) }
      const tools = { clock, random: systemRandom }
      const bytes = writeRelease(self, tools, [identity.publicKey], version, {
        ...content,
        ...bucket,
        pair,
      } as never)
      const slot = slotOfRelease(bucket, hashOfAudience(content.audience))
      kept.set(author.nodeId, [...(kept.get(author.nodeId) ?? []), { bytes, slot, version }])
    }
  }
  const of = async (author: NodeId, kind: string, wanted: (slot: string) => boolean = () => true) =>
    (kept.get(author) ?? [])
      .filter(({ slot }) => wanted(slot))
      .map(({ bytes, slot, version }) => ({
        head: { author, kind, slot, version, digest: blake3([bytes]) },
        bytes,
        role: 'received',
        received_at: version,
      }))
  const slots = (author: NodeId) => (kept.get(author) ?? []).map(({ slot }) => slot)
  const documents = { of, slots, publish: async () => {} } as never
  const plan = {
    mesh: MESH,
    bundle: 1,
    k: 5,
    length: BUCKET.length,
    audiences: [content.audience],
    aggregators,
  }
  const releases = createReleases(
    some<TotalsDeps>({ identity, documents, clock, random: systemRandom, log: silentLog }),
  )
  const layouts = new Map(LAYOUTS.map((layout) => [layout.type, layout]))
  const roster = () => ({ isRevoked: () => false }) as never
  const parts = some<TotalsParts>({ documents, plan: () => plan, layouts, releases, roster, clock })
  return {
    reader: createReader(parts),
    readAhead: () => createAhead(parts).round(plan),
  }
}

export async function measureReleased(sizes: readonly number[], rounds: number): Promise<ReleasedCost> {
  const shares: number[] = []
  const checks: number[] = []
  const opens: number[] = []
  let bytes = 0
  for (let n = 0; n < rounds; n++) {
    let share = new Uint8Array(0)
    shares.push(
      cpuMs(() => {
        share = new Uint8Array(sealedShare(machine(n), systemRandom))
      }),
    )
    checks.push(cpuMs(() => void readShare(share)))
    opens.push(cpuMs(() => void openedBy(0, share).halves()))
    bytes = share.length
  }
  const pairs = sizes.map((size) => [size, pairOfMachines(size)] as const)
  const content = pairs.at(-1)![1].contents[0]!
  const { reader, readAhead } = readerOf(content)
  const range = { start: BUCKET.end - DAYS * (BUCKET.end - BUCKET.start), end: BUCKET.end }
  const ask = async (): Promise<number> => {
    const began = performance.now()
    const { buckets } = await reader.read(content.audience, 'ToolUsage', range)
    const took = performance.now() - began
    if (buckets.length !== DAYS || buckets.some(({ why }) => why !== undefined))
      throw new Error(`not all was read: ${buckets.map(({ why }) => why).join()}`)
    return took
  }
  const before = process.cpuUsage()
  await readAhead()
  const { user, system } = process.cpuUsage(before)
  const ahead_ms = (user + system) / 1_000 / (2 * DAYS)
  const first_ms = await ask()
  const again: number[] = []
  for (let turn = 0; turn < rounds; turn++) again.push(await ask())
  return {
    share_ms: median(shares),
    check_ms: median(checks),
    open_ms: median(opens),
    share_bytes: bytes,
    proof_ms: pairs[0]![1].proof_ms,
    pair_ms: new Map(pairs.map(([size, { ms }]) => [size, ms])),
    least_ms: new Map(
      sizes.map((size) => [size, median(Array.from({ length: ROUNDS }, () => leastOf(size)))]),
    ),
    days: DAYS,
    ahead_ms,
    first_ms,
    again_ms: median(again),
  }
}
