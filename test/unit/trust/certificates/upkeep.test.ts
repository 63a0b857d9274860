// The search for the inviter: how often it is knocked at, and that another invite is tried without waiting.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { createUpkeep } from '../../../../src/trust/certificates/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'

test('an inviter that refused one invite is met again for another one within two seconds, and else every fifteen', async () => {
  const time = new VirtualTime(0)
  const inviter = testIdentity(1).nodeId
  const joining = { expires_at: 9e12, refused: null as string | null, places: ['10.0.0.5:9238'], attempt: 1 }
  const met: (NodeId | { readonly place: string })[] = []
  const upkeep = createUpkeep({
    fleet: {
      look: async () => 0,
      everyMs: 600_000,
      onJoining: () => () => {},
      seeks: (node) => joining.refused === null && node === inviter,
      state: () => ({ joining: { ...joining } }) as never,
    },
    known: () => [inviter],
    isHere: () => false,
    alsoLook() {},
    meet: (who) => met.push(who),
    clock: time.clock,
    timers: time,
    log: silentLog,
  })
  await upkeep.start(new AbortController().signal)
  time.advance(14_000)
  expect(met).toEqual([{ place: '10.0.0.5:9238' }, inviter])
  time.advance(2_000)
  expect(met).toHaveLength(3)
  // Refused, and another code is typed a moment later.
  joining.refused = 'used'
  time.advance(2_000)
  expect(met).toHaveLength(3)
  Object.assign(joining, { refused: null, attempt: 2 })
  time.advance(2_000)
  expect(met.slice(3)).toEqual([{ place: '10.0.0.5:9238' }, inviter])
  time.advance(10_000)
  expect(met).toHaveLength(5)
  await upkeep.stop()
})

test('a node that looks for nobody is not woken for it, and knocks at once when it begins to', async () => {
  const time = new VirtualTime(0)
  let asked = 0
  let begin = (): void => {}
  let joining: { places: string[]; attempt: number } | null = null
  const met: unknown[] = []
  const upkeep = createUpkeep({
    fleet: {
      look: async () => 0,
      everyMs: 600_000,
      seeks: () => false,
      state: () => ({ joining }) as never,
      onJoining(listener) {
        begin = listener
        return () => {}
      },
    },
    known: () => [],
    isHere: () => false,
    alsoLook() {},
    meet: (who) => met.push(who),
    clock: time.clock,
    timers: {
      after(ms, run) {
        asked++
        return time.after(ms, run)
      },
    },
    log: silentLog,
  })
  await upkeep.start(new AbortController().signal)
  time.advance(3_600_000)
  // The looks for certificates that are due, every ten minutes.
  expect(asked).toBe(7)
  joining = { places: ['10.0.0.5:9238'], attempt: 1 }
  begin()
  expect(met).toEqual([{ place: '10.0.0.5:9238' }])
  joining = null
  time.advance(2_000)
  const before = asked
  time.advance(60_000)
  expect(asked).toBe(before)
  await upkeep.stop()
})
