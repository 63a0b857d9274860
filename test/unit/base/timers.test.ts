// Timers as values: one per name, the last request counts, and a deadline that was met never aborts.
import { expect, test } from 'vitest'
import { deadline } from '../../../src/base/async/deadline.ts'
import { createAlarms } from '../../../src/base/timers.ts'
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
  met.end()
  await time.pass(() => false)
  expect([missed.signal.aborted, met.signal.aborted]).toEqual([true, false])
  expect(missed.signal.reason).toMatchObject({ name: 'TimeoutError' })
})
