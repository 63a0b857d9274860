// The search for the inviter: how often it is knocked at, and that another invite is tried without waiting.
import { expect, onTestFinished, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { createUpkeep } from '../../../../src/trust/certificates/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'

const AT = { place: '10.0.0.5:9238' }
type Fleet = Parameters<typeof createUpkeep>[0]['fleet']

/** The upkeep of a node; `state`: what it is joining. */
async function upkeepOf(fleet: Partial<Fleet> & Pick<Fleet, 'state'>, known: readonly NodeId[] = []) {
  const time = new VirtualTime(0)
  const met: unknown[] = []
  let asked = 0
  const after: VirtualTime['after'] = (ms, run) => {
    asked++
    return time.after(ms, run)
  }
  const upkeep = createUpkeep({
    fleet: { look: async () => 0, everyMs: 600_000, onJoining: () => () => {}, seeks: () => false, ...fleet },
    known: () => known,
    isHere: () => false,
    alsoLook() {},
    meet: (who) => met.push(who),
    clock: time.clock,
    timers: { after },
    log: silentLog,
  })
  await upkeep.start(new AbortController().signal)
  onTestFinished(() => upkeep.stop())
  return { time, met, asked: () => asked }
}

test('an inviter that refused one invite is met again for another one within two seconds, and else every fifteen', async () => {
  const inviter = testIdentity(1).nodeId
  const joining = { expires_at: 9e12, refused: null as string | null, places: [AT.place], attempt: 1 }
  const seeks = (node: NodeId) => joining.refused === null && node === inviter
  const { time, met } = await upkeepOf({ seeks, state: () => ({ joining: { ...joining } }) as never }, [
    inviter,
  ])
  time.advance(14_000)
  expect(met).toEqual([AT, inviter])
  time.advance(2_000)
  expect(met).toHaveLength(3)
  // Refused, and another code is typed a moment later.
  joining.refused = 'used'
  time.advance(2_000)
  expect(met).toHaveLength(3)
  Object.assign(joining, { refused: null, attempt: 2 })
  time.advance(2_000)
  expect(met.slice(3)).toEqual([AT, inviter])
  time.advance(10_000)
  expect(met).toHaveLength(5)
})

test('a node that looks for nobody is not woken for it, and knocks at once when it begins to', async () => {
  let begin = (): void => {}
  let joining: { places: string[]; attempt: number } | null = null
  const { time, met, asked } = await upkeepOf({
    state: () => ({ joining }) as never,
    onJoining(listener) {
      begin = listener
      return () => {}
    },
  })
  time.advance(3_600_000)
  // The looks for certificates that are due, every ten minutes.
  expect(asked()).toBe(7)
  joining = { places: [AT.place], attempt: 1 }
  begin()
  expect(met).toEqual([AT])
  joining = null
  time.advance(2_000)
  const before = asked()
  time.advance(60_000)
  expect(asked()).toBe(before)
})
