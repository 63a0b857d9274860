// A mesh of contributors and its pair of aggregators without a network: what each holds, and what they say to each other.
import { isDeepStrictEqual } from 'node:util'
import { bucketOf } from '../../../../protocols/buckets.ts'
import { PROOF_BYTES, SCHEME } from '../../../../protocols/messages/aggregate.ts'
import type { ReleaseContent } from '../../../../protocols/messages/release.ts'
import type { ShareHeader } from '../../../../protocols/messages/share.ts'
import type { TallyPlain } from '../../../../protocols/messages/tally.ts'
import type { Random } from '../../../../src/base/clock.ts'
import { blake3 } from '../../../../src/base/hash.ts'
import {
  type Contributor,
  type Counts,
  type HeldShare,
  type Layout,
  type LayoutRow,
  next,
  openShare,
  type Pair,
  type Section,
  type Step,
  type TallyView,
  writeShare,
} from '../../../../src/exchange/aggregates/index.ts'
import { cellsOf, encodeVector, hashOf, startsOf } from '../../../../src/exchange/aggregates/layout.ts'
import { entryOf } from '../../../../src/exchange/aggregates/listing.ts'
import { readHalf, splitProved } from '../../../../src/exchange/aggregates/proved.ts'
import { fromBytes } from '../../../../src/exchange/aggregates/shares.ts'
import { createHints } from '../../../../src/trust/identity/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'

export const layoutOf = (
  type: string,
  names: readonly string[],
  values = ['uses', 'failures'],
  family = 'tools',
): Layout => ({ version: 1, type, rows: names.map((name) => ({ name, values, counts: true, family })) })

/** A row of one number; `within`: the row whose machines its own are among. */
export const oneNumber = (name: string, family: string, within?: string): LayoutRow => ({
  name,
  values: ['n'],
  counts: true,
  family,
  ...(within === undefined ? {} : { within }),
})
export const layoutWith = (rows: readonly LayoutRow[], type = 'T'): Layout => ({ version: 1, type, rows })

const FIVE = layoutOf('ToolUsage', ['git', 'docker', 'kubectl', 'make', 'other'])
const GUARD: LayoutRow = { name: 'guard on', values: [], counts: false, family: 'guard' }
export const TOOLS: Layout = { ...FIVE, rows: [...FIVE.rows, GUARD] }
export const HOURS = layoutOf('ActivityPatterns', ['morning', 'afternoon', 'night'], ['commands'], 'hours')

export const MESH = new Uint8Array(32).fill(7)
export const BUCKET = bucketOf('day', Date.parse('2026-11-20T10:00:00Z'))
const HOUR = 3_600_000
export const AFTER = BUCKET.end + 7 * HOUR
const LEADER = testIdentity(1_000_001)
const FOLLOWER = testIdentity(1_000_002)
export const PAIR: Pair = [LEADER.publicKey, FOLLOWER.publicKey]
export const IDENTITIES = [LEADER, FOLLOWER] as const

/** Bytes that look random and are the same every time. */
export function seeded(seed: string): Random {
  let count = 0
  return {
    bytes: (length) => new Uint8Array(blake3([seed, String(count++)], length)),
    float: () => 0.5,
  }
}

export interface Machine {
  readonly n: number
  readonly counts: ReadonlyMap<Layout, Counts>
  /** `security` unless said. */
  readonly audiences?: readonly string[]
  readonly declined?: ShareHeader['declined']
  readonly kMin?: number
  readonly member?: string
  readonly counted?: boolean
  readonly roles?: readonly string[]
  /** Of its certificate. */
  readonly teams?: readonly string[]
}

export const authorOf = (n: number): Uint8Array => new Uint8Array(blake3([`author ${n}`]))

const sectionsOf = ({ counts, audiences = ['security'] }: Machine): readonly Section[] =>
  [...counts].map(([layout, of]) => ({ layout, counts: of, audiences }))

/** Shares of a machine as each of the pair holds them, without boxes; `spoil` changes the vectors before they are split. */
export function rawShare(
  machine: Machine,
  random: Random,
  spoil: (vector: BigUint64Array) => unknown = () => {},
): readonly [HeldShare, HeldShare] {
  const sections = sectionsOf(machine)
  const vectors = sections.map(({ layout, counts }) => ({
    rows: layout.rows.length,
    vector: encodeVector(layout, counts),
  }))
  for (const { vector } of vectors) spoil(vector)
  const context = new Uint8Array(4)
  const given = vectors.length === 0 ? undefined : splitProved(vectors, context, random)
  const header: ShareHeader = {
    scheme: SCHEME,
    k_min: machine.kMin ?? 1,
    declined: machine.declined ?? [],
    sections: sections.map(({ layout, audiences }) => ({
      type: layout.type,
      layout: hashOf(layout),
      rows: layout.rows.length,
      cells: cellsOf(layout),
      audiences,
    })),
    proof: given?.proof ?? new Uint8Array(PROOF_BYTES),
  }
  const common = { author: authorOf(machine.n), check: blake3([`share of ${machine.n}`], 16), header }
  const held = (index: 0 | 1): HeldShare => ({
    ...common,
    ...readHalf(header, index, given?.halves[index] ?? new Uint8Array(0), context),
  })
  return [held(0), held(1)]
}

/** The document of a machine, really sealed and signed. */
export function sealedShare(machine: Machine, random: Random): Uint8Array {
  const identity = testIdentity(machine.n)
  return writeShare(
    { identity, hints: createHints(identity.agree) },
    { clock: { now: () => BUCKET.end, monotonic: () => 0 }, random },
    { mesh: MESH, bucket: BUCKET, pair: PAIR },
    {
      kMin: machine.kMin ?? 1,
      layouts: [TOOLS, HOURS],
      sections: sectionsOf(machine),
      declined: machine.declined ?? [],
    },
  )
}

export const openerOf = (index: 0 | 1) => {
  const identity = IDENTITIES[index]
  return { identity, hints: createHints(identity.agree) }
}

const OPENERS = [openerOf(0), openerOf(1)] as const

export const openedBy = (index: 0 | 1, document: Uint8Array): HeldShare =>
  openShare([OPENERS[index]], document, { mesh: MESH, bucket: BUCKET, pair: PAIR, index })

interface Side {
  shares: HeldShare[]
  own: TallyPlain | undefined
  others: TallyView['others']
  /** What it told of the proofs of shares. */
  readonly checks: Map<string, Uint8Array>
}

const sideOf = (): Side => ({ shares: [], own: undefined, others: [], checks: new Map() })

/** Of the pair, for the proofs. */
const KEY = new Uint8Array(32).fill(5)

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** Both halves of a share, by what the machine says: to prove one takes long, and a thousand machines say the same. */
const made = new Map<string, readonly [HeldShare, HeldShare]>()

/** Of any machine that says the same, but for the author. */
function saidBy(machine: Machine): readonly [HeldShare, HeldShare] {
  const { counts, audiences, declined, kMin } = machine
  const numbers = [...counts].map(([layout, of]) => [hex(hashOf(layout)), [...of]])
  const key = JSON.stringify([numbers, audiences, declined, kMin])
  const known = made.get(key)
  if (known !== undefined) return known
  const [leaders, followers] = rawShare(machine, seeded(key)).map((share): HeldShare => {
    const [halves, told] = [share.halves(), share.verifier(KEY)]
    return { ...share, halves: () => halves, verifier: () => told }
  })
  made.set(key, [leaders!, followers!])
  return [leaders!, followers!]
}

type Options = Partial<Pick<World, 'k' | 'noise' | 'audiences' | 'now' | 'layouts'>>

/** Both of the pair hold what the machines gave; they know the contributors, and each what the other one said. */
export class World {
  readonly sides: readonly [Side, Side] = [sideOf(), sideOf()]
  attempt = 0
  now = AFTER
  k = 5
  /** Of the policy bundle. */
  noise: number | undefined
  audiences: readonly string[] = ['security']
  layouts: readonly Layout[] = [TOOLS, HOURS]
  readonly contributors = new Map<string, Contributor>()

  /** `sealed`: the shares are real documents. */
  constructor(all: readonly Machine[], { sealed = false, ...options }: Options & { sealed?: boolean } = {}) {
    Object.assign(this, options)
    const random = seeded('world')
    for (const machine of all) {
      if (sealed) {
        const document = sealedShare(machine, random)
        this.#hold(machine, [openedBy(0, document), openedBy(1, document)])
      } else this.give(machine)
    }
  }

  /** `rounds` editions of an honest batch. */
  static after(rounds: number, all = machines(9)): World {
    const world = new World(all)
    for (const side of ([0, 1, 0, 1] as const).slice(0, rounds)) world.speak(side)
    return world
  }

  /** Both of the pair get the shares of more machines. */
  give(...more: readonly Machine[]): void {
    for (const machine of more) {
      const of = { author: authorOf(machine.n), check: blake3([`share of ${machine.n}`], 16) }
      const [leader, follower] = saidBy(machine)
      this.#hold(machine, [
        { ...leader, ...of },
        { ...follower, ...of },
      ])
    }
  }

  #hold(machine: Machine, shares: readonly [HeldShare, HeldShare]): void {
    for (const [at, share] of shares.entries()) this.sides[at]!.shares.push(share)
    this.contributors.set(hex(shares[0].author), {
      member: machine.member ?? `machine ${machine.n}`,
      counted: machine.counted ?? true,
      roles: machine.roles ?? [],
      teams: machine.teams ?? [],
    })
  }

  /** What a side knows; `other` is the edition of the other one that has arrived. */
  view(index: 0 | 1, other = this.sides[1 - index]!.own): TallyView {
    const side = this.sides[index]
    const contributors = [...this.contributors.values()]
    const teams = contributors.flatMap(({ teams = [] }) => teams)
    return {
      mesh: MESH,
      bucket: BUCKET,
      pair: PAIR,
      index,
      bundle: 3,
      k: this.k,
      noise: this.noise,
      secret: new Uint8Array(32).fill(11 + index),
      audiences: this.audiences,
      layouts: new Map(this.layouts.map((layout) => [layout.type, layout])),
      shares: side.shares,
      checks: { own: side.checks, other: this.sides[1 - index]!.checks },
      refused: new Map(),
      others: side.others,
      own: side.own,
      now: this.now,
      contributorOf: (author) => this.contributors.get(hex(author))!,
      expected: new Set(contributors.map(({ member }) => member)),
      teams: new Map([...Map.groupBy(teams, (team) => team)].map(([team, { length }]) => [team, length])),
      arrivals: { first: BUCKET.end, last: BUCKET.end },
      other: other && { plain: other, version: BUCKET.end + 1 },
    }
  }

  /** What a side does next, when it has told of the proofs what it has to; `change`: what it sees otherwise than it is. */
  step(index: 0 | 1, change: Partial<TallyView> = {}): Step {
    const step = next({ ...this.view(index), ...change })
    if (step.kind !== 'check') return step
    for (const share of step.shares) this.sides[index].checks.set(entryOf(share), share.verifier(KEY))
    return this.step(index, change)
  }

  /** What a side does next; what it says is kept as durable. */
  take(index: 0 | 1, change: Partial<TallyView> = {}): Step {
    const step = this.step(index, change)
    if (step.kind === 'say') this.sides[index].own = step.plain
    return step
  }

  /** One says what it has to say, and it is durable. */
  speak(index: 0 | 1): TallyPlain {
    return saidIn(this.take(index))
  }

  /** What the honest one does with an edition that the other one made up. */
  answerTo(side: 0 | 1, lie: TallyPlain | undefined): Step {
    return this.step(side, { other: lie && { plain: lie, version: AFTER - HOUR } })
  }

  /** The reason for which a side refuses an edition that the other one made up. */
  refusalOf(side: 0 | 1, lie: TallyPlain | undefined) {
    return refusalIn(this.answerTo(side, lie))
  }

  /** Both take turns until neither has anything more to say; each may see something otherwise than it is. */
  run(...changes: readonly Partial<TallyView>[]): readonly [Step, Step] {
    for (;;) {
      const steps = [this.take(0, changes[0]), this.take(1, changes[1])] as const
      if (steps.every(({ kind }) => kind !== 'say')) return steps
    }
  }

  /** The next attempt: what was said in this one is behind both. */
  nextAttempt(): void {
    const [leader, follower] = this.sides.map(({ own }) => own)
    for (const side of this.sides) {
      side.others = [...side.others, { leader, follower }]
      side.own = undefined
    }
    this.attempt++
  }

  /** Values of the first type of the first group: of each of the two, what it told of their sums. */
  told(): readonly [BigUint64Array, BigUint64Array] {
    const [leader, follower] = [this.sides[0].own!.settlement!, this.sides[1].own!.opening!]
    return [fromBytes(leader.groups[0]!.opened[0]!.sums), fromBytes(follower.groups[0]!.opened[0]!.sums)]
  }

  /** What both of the pair release in the end, which has to be the same. */
  contents(): readonly ReleaseContent[] {
    const [leader, follower] = this.run().map(contentsIn)
    if (!isDeepStrictEqual(leader, follower)) throw new Error('the two release different contents')
    return leader!
  }

  /** What both release to that role. */
  released(audience = 'security'): ReleaseContent {
    return this.contents().find((content) => content.audience === audience)!
  }
}

/** What a step says, which has to be one that says something. */
export function saidIn(step: Step): TallyPlain {
  if (step.kind !== 'say') throw new Error(`the step is ${JSON.stringify(step)}`)
  return step.plain
}

/** A vector, or a sum of vectors, as rows: how many machines, and the values. */
export const rowsOf = (layout: Layout, vector: BigUint64Array) =>
  layout.rows.map(({ values }, row) => {
    const start = startsOf(layout)[row]!
    return { nodes: vector[row]!, values: [...vector.subarray(start, start + values.length)] }
  })

/** The reason of a refusal; of another step, what it is. */
export const refusalIn = (step: Step) => (step.kind === 'say' ? step.plain.refusal?.reason : step.kind)

/** The contents of a step, which has to be the last one of a batch that went well. */
export function contentsIn(step: Step): readonly ReleaseContent[] {
  if (step.kind !== 'done') throw new Error(`the step is ${JSON.stringify(step)}`)
  return step.contents
}

/** What the rows of machines come to, by plain addition. */
export const plainly = (of: readonly Machine[], layout: Layout) =>
  layout.rows.map(({ values }, row) => {
    const have = of.filter(({ counts }) => counts.get(layout)?.has(row))
    return {
      nodes: have.length,
      values: values.map((_, at) =>
        have.reduce((sum, { counts }) => sum + (counts.get(layout)?.get(row)?.[at] ?? 0), 0),
      ),
    }
  })

/** Machines that all use git `uses(n)` times, and the first few of them another tool. */
export const machines = (
  count: number,
  more: (n: number) => Partial<Machine> & { tools?: Counts } = () => ({}),
) =>
  Array.from({ length: count }, (_, n): Machine => {
    const { tools, ...rest } = more(n)
    return { n, counts: new Map([[TOOLS, tools ?? new Map([[0, [n + 1, n % 3]]])]]), ...rest }
  })
