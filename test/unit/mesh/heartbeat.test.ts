// The heartbeat says when it last went round: that is what tells a mesh that lives from one that only is there.
import { expect, test } from 'vitest'
import { createHeartbeat } from '../../../src/mesh/state/heartbeat.ts'
import type { Conn, MeshAction } from '../../../src/mesh/state/types.ts'

function beating(neighbours: readonly Conn[] = []) {
  const clock = { time: 0, now: () => clock.time, monotonic: () => clock.time }
  const actions: MeshAction[] = []
  const broken: string[] = []
  const heartbeat = createHeartbeat({
    ...{ clock, everyMs: 1_000, emit: (action) => void actions.push(action) },
    connections: {
      neighbours: () => neighbours,
      broken: (id, reason) => void broken.push(`${id} ${reason}`),
    },
  })
  return { clock, actions, broken, heartbeat }
}

test('a round counts when all that follows from it is done, and none while stopped', () => {
  const { clock, actions, heartbeat } = beating()
  expect(heartbeat.lastRound()).toBeUndefined()
  heartbeat.start()
  expect(heartbeat.lastRound()).toBe(0)
  clock.time = 1_000
  heartbeat.round()
  expect(heartbeat.lastRound()).toBe(0)
  heartbeat.counted()
  expect(heartbeat.lastRound()).toBe(1_000)
  const timer = { do: 'timer', timer: 'heartbeat', ms: 1_000 }
  expect(actions).toEqual([timer, timer, { did: 'round' }])
  heartbeat.stop()
  expect(heartbeat.lastRound()).toBeUndefined()
})

test('who talks is not asked, who was silent is, and after two questions in vain it is cut off', () => {
  const talks = { id: 1, heardAt: 0 }
  const silent = { id: 2, heardAt: 0 }
  const { clock, actions, broken, heartbeat } = beating([talks, silent] as unknown as Conn[])
  const pings = (): number[] =>
    actions.splice(0).flatMap((action) => ('do' in action && action.do === 'say' ? [action.id] : []))
  heartbeat.start()
  const asked = [1, 2, 3].map((round) => {
    clock.time = round * 1_000
    talks.heardAt = clock.time - 100
    heartbeat.round()
    return pings()
  })
  expect(asked).toEqual([[2], [2], []])
  expect(broken).toEqual(['2 silent'])
})
