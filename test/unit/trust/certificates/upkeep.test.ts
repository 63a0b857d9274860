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
    trust: { known: () => [inviter], refuses: () => false, member: () => undefined },
    meet: (who) => met.push(who),
    ...{ clock: time.clock, timers: time, log: silentLog },
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
