// The word "ready": only when it is true, and again when it has become true.
import { expect, test } from 'vitest'
import { watchReadiness } from '../../../src/ops/system/readiness.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'

test('is said at once, then for each change, with what is wrong; and no more after the end', () => {
  const time = new VirtualTime(0)
  const failing = new Map([['mesh.listening', 'port 9238 is taken']])
  const said: unknown[] = []
  const health = () => ({
    ready: failing.size === 0,
    checks: ['store.open', 'mesh.listening'].map((name) => ({
      name,
      ok: !failing.has(name),
      detail: failing.get(name) ?? 'fine',
    })),
  })
  const end = watchReadiness({ clock: time.clock, timers: time }, health, (...words) => void said.push(words))
  const since = (): unknown[] => said.splice(0)
  expect(since()).toEqual([[false, 'mesh.listening: port 9238 is taken', ['mesh.listening']]])
  time.advance(10_000)
  // The same trouble in other words is the same trouble.
  failing.set('mesh.listening', 'port 9238 is still taken')
  time.advance(10_000)
  expect(since()).toEqual([])
  failing.set('store.open', 'closed')
  time.advance(2_000)
  const both = 'store.open: closed; mesh.listening: port 9238 is still taken'
  expect(since()).toEqual([[false, both, ['store.open', 'mesh.listening']]])
  failing.clear()
  time.advance(2_000)
  expect(since()).toEqual([[true, '', []]])
  // While it is ready nobody waits for the word, and it is looked at every 15 s.
  failing.set('store.open', 'closed')
  time.advance(4_000)
  expect(since()).toEqual([])
  time.advance(15_000)
  expect(since()).toEqual([[false, 'store.open: closed', ['store.open']]])
  end()
  failing.clear()
  time.advance(60_000)
  expect(since()).toEqual([])
})
