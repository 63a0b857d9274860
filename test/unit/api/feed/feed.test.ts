// The feed: nothing lost or repeated over any cuts, what gave way is counted exactly, and nobody sees what is another's.

import { expect, test } from 'vitest'
import type { FeedEvent } from '../../../../src/api/contract/shapes.ts'
import { createFeed, createRing, FEED_LIMITS } from '../../../../src/api/feed/feed.ts'
import type { Feed, Follower } from '../../../../src/api/feed/index.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import fc, { forAll } from '../../../support/run/properties.ts'

const clock = { now: () => 1_763_626_500_000, monotonic: () => 0 }
const newFeed = (limits: Partial<typeof FEED_LIMITS> = {}): Feed =>
  createFeed({ clock, random: systemRandom }, { ...FEED_LIMITS, ...limits })

const [ANN, BOB] = [1000, 1001]
const everybody = (feed: Feed, mark: string) => feed.tell('config_reloaded', { applied: [mark], waiting: [] })
const own = (feed: Feed, uid: number, mark: string) => feed.tell('consent_changed', { change: mark }, uid)
const markOf = (event: FeedEvent): string =>
  event.type === 'config_reloaded'
    ? String(event.data.applied[0])
    : event.type === 'consent_changed'
      ? event.data.change
      : event.type
const numberOf = (id: string): number => Number(id.split('-')[1])

function all(follower: Follower): FeedEvent[] {
  const taken: FeedEvent[] = []
  for (let event = follower.take(); event !== undefined; event = follower.take()) taken.push(event)
  return taken
}

function follow(feed: Feed, uid: number, after?: string): FeedEvent[] {
  const follower = feed.follow(uid, after)
  const taken = all(follower)
  follower.end()
  return taken
}

/** Something happens, to everybody or to one; or the follower reads so many, or is cut off. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('everybody', 'ann', 'bob') },
  { weight: 2, arbitrary: fc.nat(4) },
  { weight: 1, arbitrary: fc.constant('cut') },
)

test('over any cuts a follower has everything it may see, once and in order; of small rings lost says exactly how many are missing', () => {
  const run = (steps: readonly (string | number)[], limits: Partial<typeof FEED_LIMITS>) => {
    const feed = newFeed(limits)
    let follower = feed.follow(ANN)
    const visible: string[] = []
    const got: FeedEvent[] = []
    for (const [i, what] of steps.entries()) {
      const mark = `${what} ${i}`
      if (what === 'everybody') everybody(feed, mark)
      else if (what === 'ann') own(feed, ANN, mark)
      else if (what === 'bob') own(feed, BOB, mark)
      else if (what === 'cut') {
        follower.end()
        follower = feed.follow(ANN, follower.position())
      } else
        for (let n = 0; n < Number(what); n++) got.push(...[follower.take()].filter((e) => e !== undefined))
      if (what === 'everybody' || what === 'ann') visible.push(mark)
    }
    got.push(...all(follower))
    return { visible, got }
  }
  const ring = fc.integer({ min: 1, max: 8 })
  forAll(fc.array(step, { maxLength: 200 }), ring, ring, (steps, shared, ownKept) => {
    const whole = run(steps, {})
    expect(whole.got.map(markOf)).toEqual(whole.visible)
    // Without gaps: what others do cannot be counted.
    expect(whole.got.map(({ id }) => numberOf(id))).toEqual(whole.visible.map((_, i) => i + 1))
    const { visible, got } = run(steps, { shared, own: ownKept })
    let at = 0
    for (const event of got) {
      if (event.type === 'lost') {
        expect(event.data.count).toBeGreaterThan(0)
        at += event.data.count!
      } else expect(markOf(event)).toBe(visible[at++])
      expect(numberOf(event.id)).toBe(at)
    }
    expect(at).toBe(visible.length)
  })
})

test('nobody sees what is another’s, nor that there was something', () => {
  const feed = newFeed()
  const before = feed.follow(BOB).position()
  own(feed, ANN, 'hers')
  everybody(feed, 'all')
  expect(follow(feed, BOB, '0').map(markOf)).toEqual(['all'])
  expect(follow(feed, BOB, before).map(({ id }) => numberOf(id))).toEqual([numberOf(before) + 1])
  expect(follow(feed, ANN, '0').map(markOf)).toEqual(['hers', 'all'])
})

test('somebody else’s noise takes nothing of mine away', () => {
  const feed = newFeed({ own: 4 })
  own(feed, ANN, 'mine')
  for (let i = 0; i < 100; i++) own(feed, BOB, `his ${i}`)
  expect(follow(feed, ANN, '0').map(markOf)).toEqual(['mine'])
})

test('without an id it begins now; with 0 it has all that is kept, and says what is not', () => {
  const feed = newFeed({ shared: 3 })
  for (const mark of ['a', 'b', 'c', 'd', 'e']) everybody(feed, mark)
  const follower = feed.follow(ANN)
  expect(follower.take()).toBeUndefined()
  everybody(feed, 'f')
  expect(all(follower).map(markOf)).toEqual(['f'])
  const [lost, ...kept] = follow(feed, ANN, '0')
  expect(lost).toMatchObject({ type: 'lost', data: { count: 3 } })
  expect(kept.map(markOf)).toEqual(['d', 'e', 'f'])
})

test.each([
  ['of an earlier life', (id: string) => id.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))],
  ['that was never given', (id: string) => id.replace(/\d+$/, '99')],
])('an id %s begins with lost, of nobody knows how many, and then all that is kept', (_, change) => {
  const feed = newFeed()
  everybody(feed, 'a')
  const id = feed.follow(ANN).position()
  const [lost, ...kept] = follow(feed, ANN, change(id))
  expect(lost).toMatchObject({ type: 'lost', data: { count: null } })
  expect(kept.map(markOf)).toEqual(['a'])
  // What was said to be lost is not said again.
  expect(follow(feed, ANN, lost!.id).map(markOf)).toEqual(['a'])
})

test.each([
  '',
  '1',
  'x',
  '0123456789abcdef',
  '0123456789abcdef-',
  '0123456789abcdef--1',
  `${'0'.repeat(16)}-1e3`,
])("'%s' is no id", (after) => {
  const feed = newFeed()
  expect(() => feed.follow(ANN, after)).toThrow(expect.objectContaining({ code: 'bad_request' }))
  expect(feed.followers()).toBe(0)
})

test('followers are bounded, of one person and in all, and a place is free again when one ends', () => {
  const feed = newFeed({ followers: 3, followersOfOne: 2 })
  const first = feed.follow(ANN)
  feed.follow(ANN)
  const refused = expect.objectContaining({ code: 'rate_limited' })
  expect(() => feed.follow(ANN)).toThrow(refused)
  feed.follow(BOB)
  expect(() => feed.follow(BOB)).toThrow(refused)
  first.end()
  first.end()
  feed.follow(BOB)
  expect(feed.followers()).toBe(3)
})

test('people are bounded: who is silent gives way, who follows stays', () => {
  const feed = newFeed({ people: 3 })
  const ann = feed.follow(ANN)
  own(feed, ANN, 'ann')
  own(feed, BOB, 'bob')
  const bob = feed.follow(BOB, '0')
  const { id } = bob.take()!
  bob.end()
  for (let uid = 2000; uid < 2010; uid++) own(feed, uid, 'x')
  expect(all(ann).map(markOf)).toEqual(['ann'])
  // His is another sequence now: that something is missing is said.
  expect(follow(feed, BOB, id)).toMatchObject([{ type: 'lost', data: { count: null } }])
})

test('whoever follows is told that there is more, and only when it may be theirs', () => {
  const feed = newFeed()
  let told = 0
  const follower = feed.follow(ANN)
  follower.onMore(() => told++)
  own(feed, BOB, 'his')
  expect(told).toBe(0)
  own(feed, ANN, 'hers')
  everybody(feed, 'all')
  expect(told).toBe(2)
  follower.end()
  everybody(feed, 'all')
  expect(told).toBe(2)
})

test('a ring keeps the newest, each under its number', () => {
  const ring = createRing<string>(2)
  expect([ring.first(), ring.next(), ring.at(0)]).toEqual([0, 0, undefined])
  for (const value of ['a', 'b', 'c']) ring.push(value)
  expect([ring.first(), ring.next()]).toEqual([1, 3])
  expect([0, 1, 2, 3, -1].map(ring.at)).toEqual([undefined, 'b', 'c', undefined, undefined])
})
