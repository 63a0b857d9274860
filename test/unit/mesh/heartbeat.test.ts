// The heartbeat says when it last went round: that is what tells a mesh that lives from one that only is there.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../protocols/node-id.ts'
import { createHeartbeat } from '../../../src/mesh/state/heartbeat.ts'
import type { Conn, MeshAction } from '../../../src/mesh/state/types.ts'

function beating(given: readonly Conn[] = [], everyMs = 1_000) {
  const clock = { time: 0, now: () => clock.time, monotonic: () => clock.time }
  const actions: MeshAction[] = []
  const broken: string[] = []
  let neighbours = given
  const spoke = new Map<string, number>()
  const heartbeat = createHeartbeat({
    clock,
    everyMs,
    spokeAt: (node) => spoke.get(node) ?? Number.NEGATIVE_INFINITY,
    emit: (action) => void actions.push(action),
    connections: {
      neighbours: () => neighbours,
      neighbour: (node) => neighbours.find((one) => one.node === node),
      get: (id) => neighbours.find((one) => one.id === id),
      broken(id, reason) {
        broken.push(`${id} ${reason}`)
        neighbours = neighbours.filter((one) => one.id !== id)
      },
    },
  })
  return { clock, actions, broken, spoke, heartbeat }
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

/** Rings what is due in each second until `seconds`; who was asked in which. */
function ring({ clock, actions, heartbeat }: ReturnType<typeof beating>, seconds: number, hear = () => {}) {
  const due = new Map<string, number>()
  const asked: [number, number][] = []
  const take = (): void => {
    for (const action of actions.splice(0)) {
      if (!('do' in action)) continue
      if (action.do === 'timer') due.set(action.timer, clock.time + (action.ms ?? Number.POSITIVE_INFINITY))
      if (action.do === 'say') asked.push([clock.time / 1_000, action.id])
    }
  }
  take()
  while (clock.time < seconds * 1_000) {
    clock.time += 1_000
    hear()
    for (const [timer, at] of [...due]) {
      if (at > clock.time) continue
      due.delete(timer)
      if (timer === 'heartbeat') heartbeat.round()
      else heartbeat.answerIsDue(Number(timer.split(' ')[1]))
      take()
    }
  }
  return asked
}

test('who talks is not asked, who was silent for four rounds is, and after two questions in vain it is cut off', () => {
  const talks = { id: 1, node: 'talks', heardAt: 0 }
  const silent = { id: 2, node: 'silent', heardAt: 0 }
  const beat = beating([talks, silent] as unknown as Conn[])
  beat.heartbeat.start()
  const hear = (): void => {
    talks.heardAt = beat.clock.time - 100
  }
  expect(ring(beat, 6, hear)).toEqual([
    [4, 2],
    [5, 2],
  ])
  expect(beat.broken).toEqual(['2 silent'])
})

test('who is doubted is asked at once, is silent after a missed answer, and one sign of life is enough', () => {
  const [one, other, fresh] = ['one', 'other', 'fresh'].map((node, id) => ({ id, node, heardAt: 0 }))
  const beat = beating([one, other, fresh] as unknown as Conn[], 15_000)
  const { heartbeat, broken, clock } = beat
  heartbeat.start()
  clock.time = 9_000
  fresh!.heardAt = 8_900
  for (const { node } of [one!, other!, fresh!]) heartbeat.doubt(node as NodeId)
  const silent = (): boolean[] => [one!, other!].map(({ node }) => heartbeat.isSilent(node as NodeId))
  expect(silent()).toEqual([false, false])
  expect(ring(beat, 13)).toEqual([
    [9, 0],
    [9, 1],
    [13, 0],
    // Others that were silent too may have gone with it, also the one that was heard a moment before.
    [13, 2],
    [13, 1],
  ])
  expect(silent()).toEqual([true, true])
  one!.heardAt = 13_500
  expect(silent()).toEqual([false, true])
  heartbeat.answerIsDue(0)
  heartbeat.answerIsDue(1)
  expect(broken).toEqual(['1 silent'])
  clock.time = 20_000
  heartbeat.doubtQuiet()
  expect(ring(beat, 20)).toEqual([[20, 0]])
})

test('who says nothing to what was written is asked in the next round; what followed at once on a word of it was an answer', () => {
  const [mute, answered] = ['mute', 'answered'].map((node, id) => ({ id, node, heardAt: 1_000 }))
  const beat = beating([mute, answered] as unknown as Conn[], 15_000)
  beat.spoke.set('mute', 3_000).set('answered', 1_100)
  beat.heartbeat.start()
  expect(ring(beat, 16)).toEqual([[15, 0]])
})

test('one end of a link that rests asks, and the other one counts the question', () => {
  let pings = 0
  const conns = [0, 1].map((id) => ({ id, node: `${id}`, heardAt: 0 }))
  const ends = conns.map((conn) => beating([conn] as unknown as Conn[]))
  for (const { heartbeat } of ends) heartbeat.start()
  for (let step = 1; step <= 400; step++) {
    for (const { clock } of ends) clock.time = step * 100
    // The two have started at different moments.
    for (const [at, { heartbeat, actions, broken }] of ends.entries()) {
      if (step % 10 === 3 * at) heartbeat.round()
      if (step % 10 === 5) heartbeat.answerIsDue(at)
      const asked = actions.splice(0).filter((action) => 'do' in action && action.do === 'say').length
      pings += asked
      // The question arrives, and its answer.
      if (asked > 0) for (const conn of conns) conn.heardAt = step * 100
      expect(broken).toEqual([])
    }
  }
  expect(pings).toBe(10)
})
