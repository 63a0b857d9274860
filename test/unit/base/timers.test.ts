// Timers as values: one per name, the last request counts, and a deadline that was met never aborts.
import { expect, test } from 'vitest'
import { deadline } from '../../../src/base/async/deadline.ts'
import { sharedTimers, type Timers } from '../../../src/base/clock.ts'
import { createAlarms, inStep, inSteps } from '../../../src/base/timers.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'

test('a name rings once, at the time that was asked for last', async () => {
  const time = new VirtualTime(0)
  const rung: string[] = []
  const alarms = createAlarms<'a' | 'b' | 'c'>(time, (name) => rung.push(`${name} ${time.clock.monotonic()}`))
  alarms.set({ timer: 'a', ms: 10 })
  alarms.set({ timer: 'a', ms: 30 })
  alarms.set({ timer: 'b', ms: 20 })
  alarms.set({ timer: 'c', ms: 5 })
  alarms.set({ timer: 'c', ms: undefined })
  await time.pass(() => false)
  expect(rung).toEqual(['b 20', 'a 30'])
  alarms.set({ timer: 'a', ms: 1 })
  alarms.stop()
  await time.pass(() => false)
  expect(rung).toHaveLength(2)
})

test('a deadline aborts in its time, and not when it was ended before', async () => {
  const time = new VirtualTime(0)
  const [missed, met] = [deadline(time, 10), deadline(time, 10)]
  met[Symbol.dispose]()
  await time.pass(() => false)
  expect([missed.signal.aborted, met.signal.aborted]).toEqual([true, false])
  expect(missed.signal.reason).toMatchObject({ name: 'TimeoutError' })
})

/** Timers on virtual time that share wakes, and how often the process wakes for them. */
function shared() {
  const time = new VirtualTime(0)
  let wakes = 0
  const counted: Timers = {
    after: (ms, run) =>
      time.after(ms, () => {
        wakes++
        run()
      }),
  }
  return { time, timers: sharedTimers(counted, time.clock.monotonic), wakes: () => wakes }
}

test('long timers that are due at the same step ring together, and all others exactly', () => {
  const { time, timers, wakes } = shared()
  const rung: string[] = []
  const ring = (name: string) => () => rung.push(`${name} ${time.clock.monotonic()}`)
  time.advance(7)
  timers.after(1_093, ring('a'))
  timers.after(1_050, ring('odd'))
  timers.after(1_093.5, ring('b'))
  const never = timers.after(1_093, ring('never'))
  timers.after(5, ring('short'))
  never()
  time.advance(5_000)
  expect(rung).toEqual(['short 12', 'odd 1057', 'a 1100', 'b 1100'])
  expect(wakes()).toBe(3)
})

test('a timer may be asked for or taken back by one that rings with it, and the same function twice', () => {
  const { time, timers } = shared()
  const rung: number[] = []
  let cancel = (): void => {}
  const twice = (): void => void rung.push(time.clock.monotonic())
  timers.after(2_000, () => {
    cancel()
    timers.after(1_000, twice)
  })
  cancel = timers.after(2_000, twice)
  timers.after(2_000, twice)
  timers.after(2_000, twice)
  time.advance(10_000)
  expect(rung).toEqual([2_000, 2_000, 3_000])
})

test('what one timer throws keeps none of the others from ringing', () => {
  const { time, timers } = shared()
  const rung: string[] = []
  timers.after(1_000, () => {
    throw new Error('broken')
  })
  timers.after(1_000, () => rung.push('other'))
  expect(() => time.advance(1_000)).toThrow('broken')
  time.advance(1_000)
  expect(rung).toEqual(['other'])
})

test('work of one period shares one wake, whenever it began: an hour has 240 of 15 s', () => {
  const { time, timers, wakes } = shared()
  const done = [0, 0, 0, 0]
  const ends: (() => void)[] = []
  for (const [one, began] of [0, 4_321, 9_999.5, 14_990].entries()) {
    time.advance(began - time.clock.monotonic())
    ends.push(
      inSteps(
        { clock: time.clock, timers },
        () => (one === 3 ? 60_000 : 15_000),
        () => done[one]!++,
      ),
    )
  }
  time.advance(3_600_000 - time.clock.monotonic() + 50)
  expect(wakes()).toBeLessThanOrEqual(241)
  expect(done).toEqual([240, 240, 240, 60])
  for (const end of ends) end()
  const before = wakes()
  time.advance(3_600_000)
  expect([wakes(), done]).toEqual([before, [240, 240, 240, 60]])
})

test('a step is never shorter than a quarter of it: a timer that rings a moment early is not repeated', () => {
  expect([inStep(15_000, 0), inStep(15_000, 14_999), inStep(15_000, 11_000), inStep(15_000, 12_000)]).toEqual(
    [15_000, 15_001, 4_000, 18_000],
  )
})
