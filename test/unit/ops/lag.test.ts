// How late the loop is: looked at each second while it is busy, four times a minute while it is idle.
import { expect, test } from 'vitest'
import { watchLag } from '../../../src/ops/metrics/lag.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'

function watched() {
  const time = new VirtualTime(0)
  const late: number[] = []
  const load = { share: 0 }
  /** What keeps the loop from ringing in time, ms. */
  const delay = { ms: 0 }
  const end = watchLag({
    clock: time.clock,
    timers: { after: (ms, run) => time.after(ms + delay.ms, run) },
    utilization: () => load.share,
    lagged: (ms) => late.push(ms),
  })
  return { time, late, load, delay, end }
}

test('an idle loop is woken 240 times an hour for it, a busy one each second', () => {
  const { time, late, load, end } = watched()
  time.advance(3_600_000)
  expect(late.length).toBeLessThanOrEqual(242)
  load.share = 0.3
  time.advance(15_000)
  const before = late.length
  time.advance(60_000)
  expect(late.length - before).toBe(60)
  expect(late.every((ms) => ms === 0)).toBe(true)
  end()
  time.advance(60_000)
  expect(late.length - before).toBe(60)
})

test('a timer that rings late is told with how late it is', () => {
  const { time, late, delay } = watched()
  time.advance(1_000)
  delay.ms = 700
  time.advance(60_000)
  // The timer that was set before is in time; each one after it is not.
  expect(late.slice(0, 3)).toEqual([0, 0, 700])
})
