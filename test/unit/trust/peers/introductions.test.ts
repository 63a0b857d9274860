// Introductions: signed, scoped by who takes them, ended, taken back, and not handed on.

import { expect, test } from 'vitest'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import type { IntroducerScope } from '../../../../src/config/index.ts'
import { NO_LINEAGE } from '../../../../src/trust/lineage/index.ts'
import { createIntroducers } from '../../../../src/trust/peers/introducers.ts'
import {
  createIntroductions,
  INTRODUCED_BY_ONE,
  type ScopeOf,
} from '../../../../src/trust/peers/introductions.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'

const DAY = 86_400_000
const EPOCH = Date.UTC(2026, 10, 21)
const ALL: IntroducerScope = { level: 'peer', teams: ['eng'], days: 30 }

function world() {
  const time = new VirtualTime(EPOCH)
  let made = 0
  const of = (identity = testIdentity(++made)) => ({
    identity,
    node: identity.nodeId,
    ...createIntroductions({ identity, clock: time.clock, timers: time, random: systemRandom }),
  })
  return { time, of, here: of() }
}
const about = (n: number, more = {}) => ({
  key: Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? n & 255 : i === 30 ? n >> 8 : 7)),
  name: `n${n}`,
  level: 'peer',
  teams: ['eng', 'ops'],
  not_after: EPOCH + 10 * DAY,
  withdrawn: false,
  ...more,
})
const nodeOf = (n: number): NodeId => formatNodeId(about(n).key)

test('an introduction gives what its introducer may give here, and no more', () => {
  const { here, of } = world()
  const hq = of()
  here.accept(hq.sign(about(1)))
  const word = (scope: IntroducerScope | undefined) =>
    here.word(nodeOf(1), (who) => (who === hq.node ? scope : undefined))
  expect(word(ALL)).toEqual({
    introducer: hq.node,
    name: 'n1',
    level: 'peer',
    teams: ['eng'],
    until: EPOCH + 10 * DAY,
  })
  expect(word({ ...ALL, level: 'share_to', teams: [] })).toMatchObject({ level: 'share_to', teams: [] })
  expect(word({ ...ALL, days: 3 })?.until).toBe(EPOCH + 3 * DAY)
  expect(word(undefined)).toBeUndefined()
  expect(word({ ...ALL, level: 'supervisor' })).toBeUndefined()
})

test.each([
  ['supervisor', 'peer', undefined],
  ['root', 'peer', undefined],
  ['share_to', 'query_from', undefined],
  ['share_to', 'peer', 'share_to'],
  ['peer', 'query_from', 'query_from'],
] as const)('said %s, may give %s: %s', (said, may, level) => {
  const { here, of } = world()
  here.accept(of().sign(about(1, { level: said })))
  expect(here.word(nodeOf(1), () => ({ ...ALL, level: may }))?.level).toBe(level)
})

test('it ends by itself, and those who ask are told', () => {
  const { here, of, time } = world()
  const told: NodeId[] = []
  here.onChange((node) => void told.push(node))
  here.accept(of().sign(about(1)))
  const scope: ScopeOf = () => ({ ...ALL, days: 3 })
  expect(here.word(nodeOf(1), scope)).toBeDefined()
  told.length = 0
  time.advance(3 * DAY - 1_000)
  expect([told, here.word(nodeOf(1), scope)?.level]).toEqual([[], 'peer'])
  time.advance(2_000)
  expect(here.word(nodeOf(1), scope)).toBeUndefined()
  expect(told).toEqual([nodeOf(1)])
})

test('it is taken back by a newer one, and an older one does not bring it again', () => {
  const { here, of, time } = world()
  const hq = of()
  const first = hq.sign(about(1))
  time.advance(1_000)
  const back = hq.sign(about(1, { withdrawn: true }))
  here.accept(back)
  here.accept(first)
  expect(here.word(nodeOf(1), () => ALL)).toBeUndefined()
})

test('what an introducer takes back with its next key is gone, and a key that is frozen speaks for nobody', () => {
  const { here, of, time } = world()
  const [before, after] = [of(), of()]
  const said = before.sign(about(1))
  time.advance(1_000)
  const back = after.sign(about(1, { withdrawn: true }))
  for (const frame of [said, back]) here.accept(frame)
  const memberOf = (): NodeId => before.node
  expect(here.word(nodeOf(1), () => ALL)).toBeDefined()
  expect(here.word(nodeOf(1), () => ALL, memberOf)).toBeUndefined()
  // A key that may introduce nobody takes nothing back either.
  const scope: ScopeOf = (who) => (who === before.node ? ALL : undefined)
  expect(here.word(nodeOf(1), scope, memberOf)).toBeDefined()

  let frozen = false
  const { word, scopeOf } = createIntroducers({
    introductions: here,
    refuses: () => frozen,
    lineage: NO_LINEAGE,
    saidOf: () => ({ level: 'peer', roles: [], teams: [], introducer: ALL }),
  })
  expect([scopeOf(before.node), word(nodeOf(1))]).toMatchObject([ALL, { level: 'peer' }])
  frozen = true
  expect([scopeOf(before.node), word(nodeOf(1))]).toEqual([undefined, undefined])
})

test('what another key signed, what was changed and what is from the future say nothing', () => {
  const { here, of, time } = world()
  const frame = of().sign(about(1))
  const changed = Uint8Array.from(frame)
  changed[changed.length - 80] = (changed[changed.length - 80] ?? 0) ^ 1
  here.accept(changed)
  here.accept(new Uint8Array(40))
  expect(here.all()).toEqual([])
  const ahead = new VirtualTime(time.clock.now() + DAY)
  const late = createIntroductions({
    identity: testIdentity(99),
    clock: ahead.clock,
    timers: ahead,
    random: systemRandom,
  })
  here.accept(late.sign(about(2)))
  expect(here.word(nodeOf(2), () => ALL)).toBeUndefined()
})

test('one introducer fills its own share only', () => {
  const { here, of } = world()
  const [hq, flood] = [of(), of()]
  here.accept(hq.sign(about(1)))
  for (let n = 2; n < INTRODUCED_BY_ONE + 20; n++) here.accept(flood.sign(about(n)))
  expect(here.all()).toHaveLength(1 + INTRODUCED_BY_ONE)
  expect(here.word(nodeOf(1), () => ALL)?.introducer).toBe(hq.node)
})

test('only the file and people make introducers: a refused one, one without trust and an introduced one are none', () => {
  const { here, of } = world()
  const [hq, other] = [of(), of()]
  here.accept(hq.sign({ ...about(1), key: other.identity.publicKey }))
  here.accept(other.sign(about(2)))
  let refused = false
  let level: 'peer' | 'untrusted' | null = 'peer'
  const introducers = createIntroducers({
    introductions: here,
    lineage: NO_LINEAGE,
    saidOf: (node) =>
      node === hq.node
        ? {
            level,
            introducer: ALL,
            name: '',
            roles: [],
            teams: [],
            denied: false,
            revoked: false,
            decided_at: 1,
          }
        : undefined,
    refuses: () => refused,
  })
  expect(introducers.word(other.node)?.introducer).toBe(hq.node)
  // It is trusted by introduction, and what it introduces is not.
  expect(introducers.word(nodeOf(2))).toBeUndefined()
  expect(introducers.introduced()).toEqual([other.node])
  expect(introducers.introducedBy(hq.node)).toEqual([other.node])
  for (level of ['untrusted', null] as const) expect(introducers.word(other.node)).toBeUndefined()
  level = 'peer'
  refused = true
  expect(introducers.word(other.node)).toBeUndefined()
})
