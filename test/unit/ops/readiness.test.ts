// The word "ready": only when it is true, and again when it has become true.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchReadiness } from '../../../src/ops/readiness.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('is said at once, then for each change, with what is wrong; and no more after the end', () => {
  let ok = false
  const said: [boolean, string][] = []
  const health = () => ({
    ready: ok,
    checks: [
      { name: 'store.open', ok: true, detail: 'open' },
      { name: 'mesh.listening', ok, detail: 'port 9238 is taken' },
    ],
  })
  const end = watchReadiness(health, (...words) => void said.push(words), 100)
  expect(said).toEqual([[false, 'mesh.listening: port 9238 is taken']])
  vi.advanceTimersByTime(500)
  expect(said).toHaveLength(1)
  ok = true
  vi.advanceTimersByTime(100)
  expect(said[1]).toEqual([true, ''])
  ok = false
  vi.advanceTimersByTime(300)
  expect(said).toHaveLength(3)
  end()
  ok = true
  vi.advanceTimersByTime(1000)
  expect(said).toHaveLength(3)
})
