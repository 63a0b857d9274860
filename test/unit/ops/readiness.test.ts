// The word "ready": only when it is true, and again when it has become true.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchReadiness } from '../../../src/ops/system/readiness.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('is said at once, then for each change, with what is wrong; and no more after the end', () => {
  const failing = new Map([['mesh.listening', 'port 9238 is taken']])
  const said: unknown[] = []
  const health = () => ({
    ready: failing.size === 0,
    checks: ['store.open', 'mesh.listening'].map((name) => ({
      ...{ name, ok: !failing.has(name) },
      detail: failing.get(name) ?? 'fine',
    })),
  })
  const end = watchReadiness(health, (...words) => void said.push(words), 100)
  const since = (): unknown[] => said.splice(0)
  expect(since()).toEqual([[false, 'mesh.listening: port 9238 is taken', ['mesh.listening']]])
  vi.advanceTimersByTime(500)
  // The same trouble in other words is the same trouble.
  failing.set('mesh.listening', 'port 9238 is still taken')
  vi.advanceTimersByTime(500)
  expect(since()).toEqual([])
  failing.set('store.open', 'closed')
  vi.advanceTimersByTime(100)
  const both = 'store.open: closed; mesh.listening: port 9238 is still taken'
  expect(since()).toEqual([[false, both, ['store.open', 'mesh.listening']]])
  failing.clear()
  vi.advanceTimersByTime(100)
  expect(since()).toEqual([[true, '', []]])
  // While it is ready nobody waits for the word, and it is looked at a third as often.
  failing.set('store.open', 'closed')
  vi.advanceTimersByTime(200)
  expect(since()).toEqual([])
  vi.advanceTimersByTime(100)
  expect(since()).toEqual([[false, 'store.open: closed', ['store.open']]])
  end()
  failing.clear()
  vi.advanceTimersByTime(1000)
  expect(since()).toEqual([])
})
