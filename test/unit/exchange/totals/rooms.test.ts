// Totals from one end to the other: machines give shares of a bucket that is over, two add them up, the entitled read them.
import { expect, onTestFinished, test } from 'vitest'
import { bucketOf, slotOfBucket } from '../../../../protocols/buckets.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { openRelease, pairOf, writeRelease, writeShare } from '../../../../src/exchange/aggregates/index.ts'
import type { Documents } from '../../../../src/exchange/documents/index.ts'
import { givenTo } from '../../../../src/exchange/totals/consenting.ts'
import type { BucketTotals } from '../../../../src/exchange/totals/index.ts'
import type { DocumentRow } from '../../../../src/store/tables/documents.ts'
import { MESH } from '../aggregates/world.ts'
import { HOUR, MINUTE } from '../documents/network.ts'
import { planOf, selfOf } from './pair.ts'
import { AGREES, createWorld, type Machine, REFUSES, type World } from './world.ts'

type Row = readonly [name: string, row: { readonly nodes: number; readonly values: readonly number[] }]

/** Rows of one name are added up. */
function summed(rows: readonly Row[]): Readonly<Record<string, Row[1]>> {
  const sums: Record<string, Row[1]> = {}
  for (const [name, { nodes, values }] of rows) {
    const before = sums[name]
    sums[name] = {
      nodes: nodes + (before?.nodes ?? 0),
      values: values.map((value, at) => value + (before?.values[at] ?? 0)),
    }
  }
  return sums
}

const NAMES = ['git', 'kubectl', 'make', 'nmap', 'vim']
/** What plain addition says, of the machines that agree. */
const plain = (machines: readonly Machine[]) =>
  summed(
    machines.flatMap(({ tools }) => [...tools].map(([row, values]) => [NAMES[row]!, { nodes: 1, values }])),
  )

/** Opened rows that anybody has any of, of all batches. */
const shown = ({ batches }: Pick<BucketTotals, 'batches'>) =>
  summed(batches.flatMap(({ rows }) => [...rows]).filter(([, { nodes }]) => nodes > 0))

/** Eight machines whose last hour is released, made once: for tests that change no more of it than the plan. */
let released: Promise<World> | undefined
async function releasedWorld(): Promise<World> {
  released ??= createWorld(8).then(async (world) => {
    await world.network.pass(20 * MINUTE)
    return world
  })
  const world = await released
  const { plan } = world
  onTestFinished(() => {
    world.plan = plan
  })
  return world
}

test('sums of eight machines are exact, and only who has the role reads them', async () => {
  const world = await releasedWorld()
  expect((await world.staff.room.read('security', 'ToolUsage', world.hour)).buckets).toHaveLength(1)
  const bucket = await world.read()
  expect(bucket).toMatchObject({
    why: undefined,
    contributions: { contributed: 8, declined: 0, late: 0, absent: 0, refused: 0 },
  })
  expect(shown(bucket)).toEqual(plain(world.machines))
  const counted = { type: 'share_counted', success: true, details: { outcome: 'counted' } }
  for (const { node } of world.machines)
    expect(node.audits.filter(({ type }) => type === counted.type)).toMatchObject([counted])
  expect(await world.read(world.machines[5])).toMatchObject({ why: 'pending', contributions: undefined })
})

test('parts of a team, and what is left, are those of plain addition', async () => {
  const world = await createWorld(10, {
    teams: (index) => (index > 6 ? ['web'] : index > 3 ? ['ops', 'ops'] : []),
  })
  // Four are left, of whom three could subtract themselves: none of them is of a team, and there have to be six.
  await world.network.pass(20 * MINUTE)
  const { apart } = await world.read()
  expect(apart?.parts).toEqual([
    expect.objectContaining({ teams: ['ops'], contributors: 3 }),
    expect.objectContaining({ teams: [], contributors: 7 }),
  ])
  for (const { teams, rows } of apart!.parts) {
    const own = world.machines.filter((_, index) => teams.length > 0 === (index > 3 && index < 7))
    const found = [...rows].filter(([, { nodes }]) => nodes > 0)
    expect(Object.fromEntries(found)).toEqual(plain(own))
  }
})

test('who does not agree is counted as such, and adds nothing: to all of it, to a type, to a reader, or too late', async () => {
  const world = await createWorld(13)
  const [staff, all, refuses, some, other, late, inTime] = [2, 6, 7, 8, 9, 10, 11].map(
    (at) => world.machines[at]!,
  ) as [Machine, Machine, Machine, Machine, Machine, Machine, Machine]
  const { start } = world.hour
  refuses.consent = REFUSES
  some.consent = { ...AGREES, categories: { ...AGREES.categories, tool_usage: false } }
  other.consent = { ...AGREES, deny_peers: [staff.node.id] }
  // Of a bucket that had begun nobody knows what the person would have said.
  late.decidedAt = start + 1
  inTime.decidedAt = start
  await world.network.pass(20 * MINUTE)
  const bucket = await world.read()
  expect(bucket.contributions).toEqual({ contributed: 9, declined: 4, late: 0, absent: 0, refused: 0 })
  const declining = [refuses, some, other, late]
  expect(shown(bucket)).toEqual(plain(world.machines.filter((one) => !declining.includes(one))))
  const types = ['ToolUsage', 'ActivityPatterns']
  expect(all.gave).toEqual(new Map(types.map((type) => [type, types])))
  expect(some.gave).toEqual(new Map([['ActivityPatterns', ['ActivityPatterns']]]))
  const keys = new Set(['ToolUsage security', 'SafetyPosture security', 'SafetyPosture admin'])
  expect(givenTo(keys, ['security'])('ToolUsage')).toBe(true)
  expect(givenTo(keys, ['security', 'admin'])('ToolUsage')).toBe(false)
})

test('an aggregator that is down makes a release late, and never plain', async () => {
  const world = await createWorld(8)
  await world.machines[1]!.stop()
  await world.network.pass(40 * MINUTE)
  expect(await world.read()).toMatchObject({ why: 'pending' })
  await world.start(world.machines[1]!)
  await world.network.pass(20 * MINUTE)
  const bucket = await world.read()
  // What it had not given by then itself came too late.
  expect(shown(bucket)).toEqual(plain(world.machines.filter((_, at) => at !== 1)))
  expect(bucket.contributions).toEqual({ contributed: 7, declined: 0, late: 1, absent: 0, refused: 0 })
})

test('two aggregators that are restored from before the tally release nothing a second time', async () => {
  const world = await createWorld(8)
  await world.network.pass(40 * MINUTE)
  const before = await world.read()
  expect(before.contributions?.contributed).toBe(8)
  await world.stop(...world.pair)
  for (const { node } of world.pair) {
    const lost: DocumentRow[] = []
    for await (const row of node.repository.load())
      if (row.kind === 'tally' || row.kind === 'release') lost.push(row)
    expect(lost.length).toBeGreaterThan(2)
    await node.repository.write({ remove: lost })
  }
  const restoredAt = world.network.now
  const isOfHour = (slot: string): boolean =>
    slot.startsWith(slotOfBucket(bucketOf('hour', world.hour.start)))
  // A second set would tell what this one did.
  world.machines[7]!.certified = false
  // Alone with each other they hold every share, and wait for those who may hold what they have lost.
  const others = world.machines.slice(2)
  await world.stop(...others)
  await world.start(...world.pair)
  await world.network.pass(60 * MINUTE)
  for (const { node } of world.pair) expect(await node.room.of(node.id, 'release', isOfHour)).toEqual([])
  await world.start(...others)
  await world.network.pass(60 * MINUTE)
  expect(await world.read()).toEqual(before)
  // Each took its own back, and made no other.
  for (const { node } of world.pair) {
    const [one] = await node.room.of(node.id, 'release', isOfHour)
    const [held] = await world.staff.node.room.of(node.id, 'release', isOfHour)
    expect(one?.head).toEqual(held!.head)
    expect(one!.head.version).toBeLessThan(restoredAt)
  }
})

test('a second release of a time, which a restored aggregator made, is kept by nobody who has the first', async () => {
  const world = await createWorld(8)
  await world.network.pass(40 * MINUTE)
  const { pair, staff } = world
  const [one] = pair
  const before = await world.read()
  const [held] = await staff.node.room.of(one.node.id, 'release')
  const { content } = openRelease([selfOf(staff.node.identity)], held!.bytes, MESH)
  const { clock } = world.network.time
  const readers = [staff.node.identity.publicKey]
  const other = { ...content, set: new Uint8Array(32) }
  await one.node.room.publish(
    'release',
    writeRelease(selfOf(one.node.identity), { clock, random: systemRandom }, readers, clock.now(), other),
  )
  await world.network.pass(10 * MINUTE)
  expect(await world.read()).toEqual(before)
  expect(await staff.node.room.of(one.node.id, 'release')).toEqual([held])
  expect(staff.node.audits).toContainEqual(
    expect.objectContaining({ type: 'ledger_conflict', peer: one.node.id }),
  )
})

test('nobody else can tell what a machine gave: every document of the mesh is kept by relays that cannot open it', async () => {
  const world = await releasedWorld()
  const [relay] = world.machines.slice(5)
  const kept = [...relay!.node.holdings('share'), ...relay!.node.holdings('tally')]
  expect(kept.some(([, { role }]) => role === 'relayed')).toBe(true)
  expect((await world.read(relay!)).batches).toEqual([])
})

test('who is not certified is not counted, whatever it sends', async () => {
  const world = await createWorld(9)
  world.machines[8]!.certified = false
  // The aggregators know it, by hand.
  for (const machine of world.pair) machine.candidates.push(world.machines[8]!.node.id)
  await world.network.pass(50 * MINUTE)
  const bucket = await world.read()
  expect(bucket.contributions).toMatchObject({ contributed: 8, refused: 0, absent: 0 })
  expect(shown(bucket)).toEqual(plain(world.machines.slice(0, 8)))
})

test('a release counts only of the two that the policy draws for the bucket', async () => {
  const world = await releasedWorld()
  expect((await world.read()).why).toBe(undefined)
  const [a, b] = world.plan!.aggregators
  // One more, with which this bucket has another pair.
  const others = world.machines.map(({ node }) => ({ key: node.identity.publicKey, operator: 'third' }))
  const plans = others.map((other) => ({ ...world.plan!, aggregators: [a!, b!, other] }))
  const whys = []
  for (const plan of plans) {
    world.plan = plan
    whys.push((await world.read()).why)
  }
  expect(whys).toContain('pending')
})

test('who gets the role after a week has the releases of before from a holder, checked', async () => {
  const world = await releasedWorld()
  const [aggregator, , staff, , , late] = world.machines as Machine[]
  const asked = { audience: 'security', type: 'ToolUsage', range: world.hour }
  expect((await world.read(late!)).why).toBe('pending')
  // Each of the pair holds the word of both, also without the role.
  for (const holder of [aggregator!, staff!]) {
    const { statements, more } = await holder.room.show(asked)
    expect([statements.length, more]).toEqual([1, false])
    const stated = late!.room.check(statements, asked)
    const totals = await late!.room.read('security', 'ToolUsage', asked.range, stated)
    expect(shown(totals.buckets[0]!)).toEqual(plain(world.machines))
  }
  expect((await late!.room.show(asked)).statements).toEqual([])
  expect(late!.room.holders('security')).toEqual([...world.pair, staff!].map(({ node }) => node.id))
})

test('what earlier aggregators released stays readable where the bundle repeats who they were', async () => {
  const world = await releasedWorld()
  const plan = world.plan!
  const [a, b] = world.machines.slice(5)
  const { aggregators } = planOf([a!, b!].map(({ node }) => node.identity))
  const why = async () => (await world.read()).why
  world.plan = { ...plan, bundle: 2, aggregators }
  expect(await why()).toBe('pending')
  const before = { length: plan.length, aggregators: plan.aggregators }
  world.plan = { ...world.plan, former: [{ ...before, until: world.hour.end - 1 }] }
  expect(await why()).toBe('pending')
  world.plan = { ...world.plan, former: [{ ...before, until: world.network.now }] }
  expect(await why()).toBe(undefined)
})

test('a machine gives nothing to an aggregator that its people refuse, and is said to be absent', async () => {
  const world = await createWorld(8)
  world.machines[6]!.node.refused.add(world.pair[1].node.id)
  await world.network.pass(50 * MINUTE)
  const bucket = await world.read()
  expect(bucket.contributions).toMatchObject({ contributed: 7, absent: 1 })
  expect(world.machines[6]!.given()).toEqual([])
})

test('nobody gives anything to two aggregators of one owner, whatever the bundle calls them', async () => {
  const world = await createWorld(8)
  world.pair[1].owner = world.pair[0].owner.toUpperCase()
  await world.network.pass(50 * MINUTE)
  expect(world.machines.flatMap((machine) => machine.given())).toEqual([])
})

test('machines of one owner are not enough to open the numbers of one more', async () => {
  const world = await createWorld(8)
  for (const machine of world.machines.slice(3, 7)) machine.owner = 'mallory'
  await world.network.pass(50 * MINUTE)
  const bucket = await world.read()
  expect(bucket).toMatchObject({ why: 'few', batches: [] })
})

test('another length of buckets lets nobody give the same time twice', async () => {
  // Two hours before the day's end.
  const world = await createWorld(4, { hour: 22 })
  // Nothing is told of that time, so each knows by itself.
  await world.pair[0].stop()
  await world.network.pass(20 * MINUTE)
  expect(world.machines[3]!.given()).toHaveLength(1)
  world.plan = { ...world.plan!, length: 'day' }
  await world.network.pass(3 * HOUR)
  expect(world.machines[3]!.given()).toHaveLength(1)
})

const quarterOf = (world: World) => bucketOf('6h', world.network.now - 6 * HOUR)

test('a mesh of days has its first totals minutes after six hours, also while one machine of ten is off', async () => {
  const world = await createWorld(10, { hour: 16, running: (index) => index !== 9 })
  world.plan = { ...world.plan!, length: 'day', began: world.network.now - 3 * HOUR }
  world.machines[7]!.decidedAt = world.network.now - 10 * MINUTE
  await world.network.pass(2 * HOUR + 10 * MINUTE)
  const { start, end } = quarterOf(world)
  const first = () => world.read(world.staff, { start, end })
  expect(await first()).toMatchObject({ start, end, why: 'pending' })
  await world.network.pass(20 * MINUTE)
  expect(await first()).toMatchObject({ why: undefined, contributions: { contributed: 9, absent: 1 } })
  expect(shown(await first())).toEqual(plain(world.machines.slice(0, 9)))
  // One person agreed while it went on, ten minutes before four o'clock.
  expect(world.machines[4]!.ranges[0]).toEqual({ start, end })
  expect(world.machines[7]!.ranges[0]).toEqual({ start: start + 4 * HOUR, end })
  // Who comes later is in no total of that day, which has no second one.
  await world.stop(...world.machines.slice(5, 9))
  await world.start(world.machines[9]!)
  await world.network.pass(7 * HOUR)
  const quarter = slotOfBucket({ length: '6h', start, end })
  expect(world.machines[4]!.given()).toEqual([quarter])
  expect((await first()).contributions).toMatchObject({ contributed: 9 })
  // The next one is of the whole day after, whoever is off.
  await world.stop(...world.machines.slice(0, 5))
  await world.network.pass(24 * HOUR)
  const day = slotOfBucket(bucketOf('day', world.network.now - 24 * HOUR))
  expect(world.machines[9]!.given()).toEqual([quarter, day])
})

test('nobody is told when first totals come that one who is revoked would have to add up', async () => {
  const world = await createWorld(8)
  world.plan = { ...world.plan!, length: 'day', began: world.network.now - 3 * HOUR }
  const { start, end } = quarterOf(world)
  const first = async () => (await world.staff.room.read('security', 'ToolUsage', { start, end })).first
  expect(await first()).toBeDefined()
  world.revoked.add(world.pair[0].node.id)
  expect(await first()).toBeUndefined()
})

test('a bundle that says another beginning makes no total of a time that there are totals of', async () => {
  const world = await createWorld(6, { hour: 16, running: (index) => index !== 5 })
  const began = world.network.now - 3 * HOUR
  world.plan = { ...world.plan!, length: 'day', began }
  await world.network.pass(2 * HOUR + 30 * MINUTE)
  const { start, end } = quarterOf(world)
  const quarter = slotOfBucket({ length: '6h', start, end })
  expect(world.machines[4]!.given()).toEqual([quarter])
  // Nobody whose own ledger or store could tell: this one was off until now, and would give the whole day.
  await world.start(world.machines[5]!)
  const { began: _, ...undated } = world.plan
  world.plan = undated
  await world.network.pass(7 * HOUR)
  for (const machine of world.machines) expect(machine.given().filter((slot) => slot !== quarter)).toEqual([])
})

test.each([1, 2])(
  'aggregators add up nothing of a time of which both of another pair told totals (%i of two)',
  async (saying) => {
    const world = await createWorld(8)
    const quarter = slotOfBucket(bucketOf('6h', world.hour.start))
    const authors: readonly string[] = world.pair.slice(0, saying).map(({ node }) => node.id)
    // Their word, as documents bring it to everybody; machines give all the same.
    for (const { node } of world.pair) {
      const { slots } = node.room
      Object.assign(node.room, {
        slots: (author: never, kind: never) =>
          kind === 'counted' && authors.includes(author) ? [quarter] : slots(author, kind),
      })
    }
    await world.network.pass(40 * MINUTE)
    const bucket = await world.read()
    expect(bucket.why).toBe(saying === 2 ? 'pending' : undefined)
  },
)

test('a share of a time that is no bucket of the mesh keeps nobody from the totals of its day', async () => {
  const world = await createWorld(8, { hour: 20 })
  const plan = { ...world.plan!, length: 'day' as const }
  world.plan = plan
  const { identity, room } = world.machines[7]!.node
  const hour = bucketOf('hour', world.hour.start)
  const about = { mesh: MESH, bucket: hour, pair: pairOf(MESH, hour, plan.aggregators)! }
  const nothing = { kMin: 1, layouts: [], sections: [], declined: [] }
  await room.publish(
    'share',
    writeShare(selfOf(identity), { clock: world.network.time.clock, random: systemRandom }, about, nothing),
  )
  await world.network.pass(4 * HOUR + 20 * MINUTE)
  const day = bucketOf('day', world.hour.start)
  expect((await world.read(world.staff, day)).why).toBeUndefined()
})

test('a machine gives to as many buckets of seven days as it may, and to six times as many that have noise', async () => {
  const world = await createWorld(4, { running: (index) => index === 3 })
  const machine = world.machines[3]!
  machine.budget = 2
  await world.network.pass(5 * HOUR)
  expect(machine.given()).toHaveLength(2)
  expect((await machine.room.preview(1000, 'security')).why).toBe('budget')
  world.plan = { ...world.plan!, bundle: 2, noise: 10 }
  await world.network.pass(3 * HOUR)
  expect(machine.given().length).toBeGreaterThan(2)
  expect((await machine.room.preview(1000, 'security')).why).toBeUndefined()
})

test('where the policy asks for noise, readers have totals that are near the true ones, and how near', async () => {
  const world = await createWorld(16)
  world.plan = { ...world.plan!, noise: 10 }
  await world.network.pass(20 * MINUTE)
  const bucket = await world.read()
  expect(bucket).toMatchObject({ why: undefined, contributions: { contributed: 16 } })
  const [batch] = bucket.batches
  expect(batch!.off).toEqual({ nodes: 3, values: 43 })
  const { nodes, values } = batch!.rows.get('git')!
  // Noise that is larger than these bounds comes once in many thousand times; of numbers that are zero both would fail.
  expect(Math.abs(nodes - 16)).toBeLessThanOrEqual(10)
  const uses = world.machines.reduce((sum, { tools }) => sum + tools.get(0)![0]!, 0)
  // All of them: noise that is zero for one number is likely enough.
  expect(shown(bucket)).not.toEqual(plain(world.machines))
  expect(Math.abs(values[0]! - uses)).toBeLessThanOrEqual(215)
})

test('a release is sealed anew where somebody else has the role, and not because a process began again', async () => {
  const world = await createWorld(8)
  await world.network.pass(20 * MINUTE)
  const editions = (): number[] =>
    [...world.pair[0].node.holdings('release').values()].flatMap(({ role, version }) =>
      role === 'own' ? [version] : [],
    )
  const first = editions()
  await world.stop(world.pair[0])
  await world.start(world.pair[0])
  await world.network.pass(10 * MINUTE)
  expect(editions()).toEqual(first)
  world.staff.roles = []
  world.machines[4]!.roles = ['security']
  await world.network.pass(10 * MINUTE)
  expect(editions()).not.toEqual(first)
  const bucket = await world.read(world.machines[4]!)
  expect(shown(bucket)).toEqual(plain(world.machines))
})

/** The documents by which an aggregator takes its steps. */
const STEPS = ['tally', 'release'] as const

test.each([0, 1] as const)(
  'aggregator %i is killed after each of its steps, and all is released once',
  async (which) => {
    const world = await createWorld(8, { seed: 11 })
    const victim = world.pair[which]
    const killed: string[] = []
    const died = new Set<string>()
    for (let second = 0; second < 20 * 60; second++) {
      await world.network.pass(1_000)
      const step = stepsOf(victim).find((one) => !died.has(one))
      if (step === undefined) continue
      died.add(step)
      killed.push(step.split(' ')[0]!)
      await victim.stop()
      await world.network.pass(5_000)
      await world.start(victim)
    }
    await world.network.pass(10 * MINUTE)
    // Each aggregator tells at least two editions of the tally, and its release.
    expect(killed.filter((kind) => kind === 'tally').length).toBeGreaterThanOrEqual(2)
    expect(killed).toContain('release')
    const bucket = await world.read()
    expect(bucket).toMatchObject({
      why: undefined,
      contributions: { contributed: 8, declined: 0, late: 0, absent: 0 },
    })
    expect(shown(bucket)).toEqual(plain(world.machines))
  },
)

/** Editions that a machine published itself, each by kind, slot and version. */
const stepsOf = ({ node }: Machine): readonly string[] =>
  STEPS.flatMap((kind: Parameters<Documents['of']>[1]) =>
    [...node.holdings(kind).values()].flatMap(({ role, slot, version }) =>
      role === 'own' ? [`${kind} ${slot} ${version}`] : [],
    ),
  )
