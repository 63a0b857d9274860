// The replay window: what was seen is refused for as long as it could be told again, with bounded memory and over restarts.
import { expect, test, vi } from 'vitest'
import { CLOCK_WINDOW_MS } from '../../../protocols/frame.ts'
import { systemRandom } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { createReplay, type ReplayStore } from '../../../src/mesh/link/replay.ts'
import { REPLAY_MARKS_MAX, type ReplayMark } from '../../../src/store/tables/replay.ts'
import { memoryInUse } from '../../support/run/garbage.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'

const REST = { random: systemRandom, log: silentLog }
const BEGIN = 1_000_000_000
/** What one member may have in memory. */
const NONCES_MAX = 16_384

const id = (n: number): Uint8Array => {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32BE(n)
  return bytes
}
const sender = new Uint8Array(32)
const other = new Uint8Array(32).fill(1)

function setUp(marks: ReplayMark[] = []) {
  const clock = { time: BEGIN, now: () => clock.time, monotonic: () => 0 }
  const store = {
    put: async (more: readonly ReplayMark[]) => void marks.push(...more),
    load: async (now: number) =>
      marks.filter((mark) => mark.expires_at > now).sort((a, b) => a.expires_at - b.expires_at),
    prune: async () => {},
  }
  const timers = new VirtualTime(0)
  const replay = createReplay({ ...REST, store, clock, timers })
  return { clock, marks, store, timers, replay }
}

test('memory is bounded, and what was forgotten for it is refused by its time', () => {
  const { clock, replay } = setUp()
  for (let n = 0; n < 20_000; n++) replay.check(sender, id(n), ++clock.time)()
  expect(() => replay.check(sender, id(19_999), clock.time)).toThrow(/replayed/)
  expect(() => replay.check(sender, id(0), BEGIN + 1)).toThrow(/replayed/)
  // The newest of the forgotten is refused by its time, the oldest of the remembered by its nonce.
  const floor = BEGIN + 20_000 - NONCES_MAX
  expect(() => replay.check(sender, id(99_999), floor)).toThrow(/older/)
  replay.check(sender, id(99_999), floor + 1)
  expect(() => replay.check(sender, id(20_000 - NONCES_MAX), floor + 1)).toThrow(/seen before/)
  replay.check(sender, id(20_000), clock.time + 1)()
})

test('a nonce counts only once its frame was taken', () => {
  const { replay } = setUp()
  replay.check(sender, id(1), BEGIN)
  replay.check(sender, id(1), BEGIN)()
  expect(() => replay.check(sender, id(1), BEGIN)).toThrow(/replayed/)
})

test('the same nonce is another one of another sender', () => {
  const { replay } = setUp()
  replay.check(sender, id(1), BEGIN)()
  replay.check(other, id(1), BEGIN)()
  expect(() => replay.check(other, id(1), BEGIN)).toThrow(/replayed/)
})

test('a frame from the future is refused again until its time is past, ten minutes later', () => {
  const { clock, replay } = setUp()
  const ts = BEGIN + CLOCK_WINDOW_MS
  replay.check(sender, id(1), ts)()
  // Others keep the table in motion; each of their minutes is an occasion to forget.
  for (; clock.time <= ts + CLOCK_WINDOW_MS; clock.time += 10_000) {
    replay.check(other, id(clock.time), clock.time)()
    replay.check(sender, id(clock.time), clock.time)()
    expect(() => replay.check(sender, id(1), ts)).toThrow(/seen before/)
  }
  expect(() => replay.check(sender, id(1), ts)).toThrow(/clocks/)
})

test('a floor outlasts the nonces it stands for, until its frames are stale', () => {
  const { clock, replay } = setUp()
  const ahead = BEGIN + CLOCK_WINDOW_MS
  replay.check(sender, id(0), ahead)()
  for (let n = 1; n <= NONCES_MAX; n++) replay.check(sender, id(n), BEGIN)()
  const others = (): void => replay.check(other, id(clock.time), clock.time)()
  // The one ahead gave way, and soon the others are stale too.
  for (; clock.time <= ahead + CLOCK_WINDOW_MS / 2; clock.time += 30_000) others()
  expect(() => replay.check(sender, id(0), ahead)).toThrow(/older/)
  replay.check(sender, id(99_998), ahead + 1)()
  for (; clock.time <= ahead + CLOCK_WINDOW_MS; clock.time += 30_000) others()
  clock.time = ahead + CLOCK_WINDOW_MS
  expect(() => replay.check(sender, id(0), ahead)).toThrow(/older/)
})

test('members that left leave nothing behind', async () => {
  const { clock, marks, replay } = setUp()
  const count = 20_000
  const before = memoryInUse().heapUsed
  for (let n = 0; n < count; n++)
    replay.check(Buffer.concat([id(n), id(n)]), systemRandom.bytes(16), clock.time)()
  // What waits to be written is more than the nonces themselves.
  await replay.stop()
  marks.length = 0
  const held = memoryInUse().heapUsed - before
  clock.time += CLOCK_WINDOW_MS + 1
  replay.check(sender, id(0), clock.time)
  expect(memoryInUse().heapUsed - before).toBeLessThan(held / 4)
})

test('after a restart the window is what it was', async () => {
  const before = setUp()
  for (let n = 0; n < 20_000; n++) before.replay.check(sender, id(n), ++before.clock.time)()
  await before.replay.stop()
  const after = setUp(before.marks)
  after.clock.time = before.clock.time
  await after.replay.start()
  for (const n of [20_000 - NONCES_MAX, 19_999])
    expect(() => after.replay.check(sender, id(n), BEGIN + 1 + n)).toThrow(/seen before/)
  // More was on disk than fits: what was left out is refused by its time.
  expect(() => after.replay.check(sender, id(0), BEGIN + 1)).toThrow(/older/)
  after.replay.check(sender, id(20_000), after.clock.time)
})

test('while the store does not answer, as much waits for it as it would keep, the newest', async () => {
  const first = Promise.withResolvers<void>()
  const put = vi.fn<ReplayStore['put']>(() => first.promise)
  const timers = new VirtualTime(0)
  const store = { put, load: async () => [], prune: async () => {} }
  const replay = createReplay({ ...REST, store, timers, clock: { now: () => BEGIN, monotonic: () => 0 } })
  const take = (n: number): void => replay.check(id(n), id(n), BEGIN)()
  take(0)
  timers.advance(1_000)
  await Promise.resolve()
  expect(put).toHaveBeenCalledTimes(1)
  const last = REPLAY_MARKS_MAX * 1.5
  for (let n = 1; n <= last; n++) take(n)
  timers.advance(60_000)
  await Promise.resolve()
  expect(put).toHaveBeenCalledTimes(1)
  first.resolve()
  await replay.stop()
  expect(put).toHaveBeenCalledTimes(2)
  const marks = put.mock.calls[1]![0]
  expect(marks.length).toBeGreaterThan(REPLAY_MARKS_MAX / 2)
  expect(marks.length).toBeLessThanOrEqual(REPLAY_MARKS_MAX)
  expect(marks.at(-1)).toMatchObject({ id: id(last) })
})

test('a write that fails is not the last', async () => {
  const { marks, replay, store } = setUp()
  const { put } = store
  store.put = async () => {
    throw new Error('full')
  }
  replay.check(sender, id(1), BEGIN)()
  await replay.stop()
  store.put = put
  replay.check(sender, id(2), BEGIN)()
  await replay.stop()
  expect(marks.map((mark) => mark.id)).toEqual([id(2)])
})
