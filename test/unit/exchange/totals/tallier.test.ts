// Aggregators round by round: what they read again, what they can do without shares that are gone, and how long they wait.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { writeShare } from '../../../../src/exchange/aggregates/index.ts'
import { readDocument } from '../../../../src/exchange/documents/read.ts'
import type { TotalsDeps } from '../../../../src/exchange/totals/deps.ts'
import type { TotalsParts } from '../../../../src/exchange/totals/parts.ts'
import { createReleases } from '../../../../src/exchange/totals/releases.ts'
import type { Roster } from '../../../../src/exchange/totals/roster.ts'
import { createTallier } from '../../../../src/exchange/totals/tallier.ts'
import type { Identity } from '../../../../src/trust/identity/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { some } from '../../../support/some.ts'
import { seeded } from '../aggregates/world.ts'
import { ABOUT, BUCKET, DRAWN, PLAN, selfOf, shelfOf, TOOLS } from './pair.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const machineOf = (n: number): Identity => testIdentity(100 + n)

function createPair() {
  const random = seeded('tallier')
  const world = { now: BUCKET.end + HOUR, readers: 1, revoked: new Set<NodeId>(), machines: 0 }
  const clock = { now: () => world.now, monotonic: () => world.now }
  const shelf = shelfOf(clock.now)

  function give(count: number): void {
    for (let more = 0; more < count; more++) {
      const identity = machineOf(world.machines++)
      const section = { layout: TOOLS, counts: new Map([[0, [4]]]), audiences: ['security'] }
      const given = { kMin: 1, layouts: [TOOLS], sections: [section], declined: [] }
      shelf.keep(writeShare(selfOf(identity), { clock, random }, ABOUT, given))
    }
  }

  const nodes = () => Array.from({ length: world.machines }, (_, n) => machineOf(n).nodeId)
  const roster = (): Roster => ({
    candidates: nodes(),
    contributorOf: (node) => ({
      member: node,
      counted: !world.revoked.has(node),
      roles: [String(world.readers)],
      teams: [],
    }),
    isRevoked: (node) => world.revoked.has(node),
    teams: new Map(),
    expected: new Set(nodes().filter((node) => !world.revoked.has(node))),
    principals: () => [],
    named: () => ({ nodes: [], operators: [] }),
    areApart: () => true,
    readers: () => Array.from({ length: world.readers }, (_, at) => testIdentity(500 + at).publicKey),
  })

  const aggregators = DRAWN.map((identity) => {
    const audits: unknown[] = []
    const counts = {
      /** Shares whose documents were read since. */
      reads: 0,
      /** How often it asked what it had released, which it does when it goes on with a bucket. */
      looks: 0,
    }
    /** Authors whose shares have left its store. */
    const lost = new Set<NodeId>()
    const isLost = (author: NodeId, kind: string) => kind === 'share' && lost.has(author)
    const documents = {
      publish: async (_: unknown, bytes: Uint8Array) => shelf.keep(bytes),
      isCompared: () => true,
      slots: (author: NodeId, kind: string) => (isLost(author, kind) ? [] : shelf.slots(author, kind)),
      async of(author: NodeId, kind: string, slots?: (slot: string) => boolean) {
        const found = isLost(author, kind) ? [] : shelf.of(author, kind, slots)
        if (kind === 'share') counts.reads += found.length
        if (kind === 'release') counts.looks++
        return found
      },
    }
    const around = { identity, documents, clock, random, log: silentLog }
    const begun = () =>
      createTallier(
        some<TotalsParts>({
          ...around,
          layouts: new Map([['ToolUsage', TOOLS]]),
          roster,
          releases: createReleases(some<TotalsDeps>(around)),
          audit: { record: async (entry) => void audits.push(entry) },
        }),
      )
    let tallier = begun()
    return Object.assign(counts, {
      lost,
      round: () => tallier.round(PLAN),
      restart() {
        tallier = begun()
      },
      /** Of each release how many nodes can read it. */
      released: () => shelf.of(identity.nodeId, 'release').map(({ bytes }) => readersIn(bytes, world.now)),
      reasons: () => audits.map((entry) => (entry as { details: { reason?: string } }).details.reason),
    })
  })
  const turns = async (count = 3) => {
    for (let turn = 0; turn < count; turn++) for (const one of aggregators) await one.round()
  }
  return { world, give, turns, leader: aggregators[0]!, follower: aggregators[1]! }
}

const readersIn = (bytes: Uint8Array, now: number): number => readDocument(bytes, now).hints.length / 8

test('shares are read once, and a bucket in which nothing is new is not looked at again', async () => {
  const { world, give, turns, leader, follower } = createPair()
  give(6)
  await turns()
  for (const one of [leader, follower]) {
    expect(one.released()).toEqual([3])
    expect(one.reads).toBe(6)
  }
  const looks = [leader.looks, follower.looks]
  world.now += HOUR
  await turns()
  expect([leader.looks, follower.looks]).toEqual(looks)
  give(1)
  await turns()
  expect(leader.looks).toBeGreaterThan(looks[0]!)
  // A share that comes when all was released is not opened, nor are the others after a restart: they would push out those that are needed.
  leader.restart()
  await turns()
  expect([leader.reads, follower.reads]).toEqual([6, 6])
  expect([leader.released(), follower.released()]).toEqual([[3], [3]])
})

test('a bucket that was released needs its shares no more for new readers, and is not released again', async () => {
  const { world, give, turns, leader, follower } = createPair()
  give(6)
  await turns()
  for (const one of [leader, follower]) one.lost.add(machineOf(2).nodeId)
  world.readers = 3
  await turns(1)
  expect([leader.released(), follower.released()]).toEqual([[5], [5]])
  give(4)
  world.now += 24 * HOUR
  await turns()
  for (const one of [leader, follower]) {
    expect(one.released()).toEqual([5])
    expect(one.reasons().filter((reason) => reason !== undefined)).toEqual([])
  }
})

test('an aggregator whose clock was ahead goes on as soon as it is right', async () => {
  const { world, give, turns, leader } = createPair()
  give(6)
  world.now += HOUR
  await leader.round()
  world.now -= HOUR
  await turns()
  expect(leader.released()).toHaveLength(1)
})

test('a share that leaves the stores when it is listed, as that of a machine that rotates its key, ends nothing', async () => {
  const { world, give, turns, leader, follower } = createPair()
  give(6)
  await leader.round()
  for (const one of [leader, follower]) one.lost.add(machineOf(2).nodeId)
  // The other one, which has not seen it, waits for it so long.
  await turns()
  world.now += 3 * MINUTE
  await turns()
  expect([leader.released(), follower.released()]).toEqual([[3], [3]])
})

test('a share that has left the store before a restart holds a bucket up for an hour, and then it is said why', async () => {
  const { world, give, turns, leader, follower } = createPair()
  give(6)
  await leader.round()
  await follower.round()
  leader.lost.add(machineOf(2).nodeId)
  leader.restart()
  await turns()
  world.now += HOUR - 1
  await turns()
  expect(leader.reasons()).toEqual([])
  world.now += 1
  await turns()
  expect(leader.released()).toEqual([])
  expect([leader.reasons(), follower.reasons()]).toEqual([['share_missing'], ['share_missing']])
  // It was agreed to, so no others are tallied in their place.
  give(4)
  world.now += 24 * HOUR
  await turns()
  expect(leader.released()).toEqual([])
})

test('a machine that is revoked stays in the set that it was listed in', async () => {
  const { world, give, turns, leader, follower } = createPair()
  give(6)
  await leader.round()
  await follower.round()
  world.revoked.add(machineOf(2).nodeId)
  await turns()
  expect([leader.released(), follower.released()]).toEqual([[3], [3]])
})
