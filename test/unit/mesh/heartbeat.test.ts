// The heartbeat says when it last went round: that is what tells a mesh that lives from one that only is there.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createHeartbeat } from '../../../src/mesh/link/heartbeat.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a round counts when it is through, one that fails does not, and none while stopped', () => {
  let fails = false
  let now = 0
  const heartbeat = createHeartbeat({
    clock: { now: () => now, monotonic: () => now },
    everyMs: 1_000,
    neighbours: () => [],
    onAlive() {},
    onRound() {
      if (fails) throw new Error('a bug')
    },
  })
  expect(heartbeat.lastRound()).toBeUndefined()
  heartbeat.start()
  expect(heartbeat.lastRound()).toBe(0)
  now = 1_000
  vi.advanceTimersByTime(1_000)
  expect(heartbeat.lastRound()).toBe(1_000)
  now = 2_000
  fails = true
  expect(() => vi.advanceTimersByTime(1_000)).toThrow('a bug')
  expect(heartbeat.lastRound()).toBe(1_000)
  heartbeat.stop()
  expect(heartbeat.lastRound()).toBeUndefined()
})
