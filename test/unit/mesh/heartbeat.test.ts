// The heartbeat says when it last went round: that is what tells a mesh that lives from one that only is there.
import { expect, test } from 'vitest'
import { createHeartbeat } from '../../../src/mesh/state/heartbeat.ts'
import type { Conn, MeshAction } from '../../../src/mesh/state/types.ts'

function beating(neighbours: readonly Conn[] = []) {
  const clock = { time: 0, now: () => clock.time, monotonic: () => clock.time }
  const actions: MeshAction[] = []
  const broken: string[] = []
  const heartbeat = createHeartbeat({
    clock,
    everyMs: 1_000,
    emit: (action) => void actions.push(action),
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

test('who talks is not asked, who was silent for four rounds is, and after two questions in vain it is cut off', () => {
  const talks = { id: 1, heardAt: 0 }
  const silent = { id: 2, heardAt: 0 }
  const { clock, actions, broken, heartbeat } = beating([talks, silent] as unknown as Conn[])
  heartbeat.start()
  const rounds = [1, 2, 3, 4, 5, 6].map((round) => {
    clock.time = round * 1_000
    talks.heardAt = clock.time - 100
    heartbeat.round()
    const done = actions.splice(0)
    return {
      pings: done.flatMap((action) => ('do' in action && action.do === 'say' ? [action.id] : [])),
      live: done.flatMap((action) => ('did' in action && action.did === 'live' ? [action.conn.id] : [])),
    }
  })
  expect(rounds.map(({ pings }) => pings)).toEqual([[], [], [], [2], [2], []])
  expect(rounds.map(({ live }) => live)).toEqual([[1, 2], [1], [1], [1], [1], [1]])
  expect(broken).toEqual(['2 silent'])
})

test('one end of a link that rests asks, and the other one counts the question', () => {
  const clock = { time: 0, now: () => clock.time, monotonic: () => clock.time }
  const pings: number[] = []
  const ends = [0, 1].map((at) => {
    const conn = { id: at, heardAt: 0 }
    const heartbeat = createHeartbeat({
      clock,
      everyMs: 1_000,
      connections: { neighbours: () => [conn as Conn], broken: () => {} },
      emit(action) {
        if (!('do' in action) || action.do !== 'say') return
        pings.push(at)
        // The question arrives, and its answer.
        for (const end of ends) end.conn.heardAt = clock.time
      },
    })
    heartbeat.start()
    return { conn, heartbeat }
  })
  for (let step = 1; step <= 400; step++) {
    clock.time = step * 100
    // The two have started at different moments.
    if (step % 10 === 0) ends[0]!.heartbeat.round()
    if (step % 10 === 3) ends[1]!.heartbeat.round()
  }
  expect(pings).toHaveLength(10)
})
