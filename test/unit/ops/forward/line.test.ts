// How far the ledger counts as sent: never beyond what the target has.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createForward } from '../../../../src/ops/forward/index.ts'
import type { Forwarded } from '../../../../src/store/tables/forwarded.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { freePort, recordsOf, startCollector } from '../../../support/node/collector.ts'
import { depsFor, entry, LEDGER } from '../../../support/node/forwarding.ts'
import { until } from '../../../support/run/until.ts'

const numbersIn = (text: string): number[] => recordsOf(text).map(({ event }) => event.sequence)

test('an entry that may be under way is kept as tried, and as sent when it is in the file', async () => {
  const path = join(temporaryDirectory(), 'out')
  const rows: Forwarded[] = []
  const had: number[] = []
  const forward = createForward(
    depsFor(`ecs+file:${path}`, {
      put(at) {
        rows.push(at)
        had.push(numbersIn(readFileSync(path, 'utf8')).length)
      },
    }),
  )
  await forward.start(new AbortController().signal)
  await forward.stop()
  expect(rows).toEqual([
    expect.objectContaining({ sent: 0, tried: 5 }),
    expect.objectContaining({ sent: 5, tried: 5 }),
  ])
  expect(had).toEqual([0, 5])
})

test('a collector that ends each connection at once is tried at a slower and slower pace, and the log says each reason once', async () => {
  const collector = await startCollector()
  const pauses: number[] = []
  const said: unknown[] = []
  const deps = depsFor(`ecs+tcp://127.0.0.1:${collector.port}`)
  const forward = createForward({
    ...deps,
    log: { ...deps.log, warn: ({ reason }) => void said.push(reason) },
    timers: {
      ...deps.timers,
      // Pauses end at once; the time that a connection may take to open is none.
      after(ms, run) {
        const isPause = [1_000, 2_000, 4_000, 8_000].includes(ms)
        if (isPause) pauses.push(ms)
        return deps.timers.after(isPause ? 0 : ms, run)
      },
    },
  })
  await forward.start(new AbortController().signal)
  const dropped = (): boolean => {
    if (collector.text() !== '') collector.drop()
    return pauses.length >= 4
  }
  await until(dropped, { what: 'it was tried again and again', pollMs: 5 })
  expect(pauses.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000])
  expect(said).not.toEqual([])
  expect(said).toEqual([...new Set(said)])
  await forward.stop()
})

test('each new reason is said once, also that of a connection which does not last', async () => {
  const port = await freePort()
  const deps = depsFor(`ecs+tcp://127.0.0.1:${port}`)
  const said: unknown[] = []
  let pauses = 0
  const forward = createForward({
    ...deps,
    log: { ...deps.log, warn: (fields) => void said.push(fields.reason) },
    timers: {
      ...deps.timers,
      after(ms, run) {
        const isPause = ms >= 1_000 && ms < 10_000
        if (isPause) pauses++
        return deps.timers.after(isPause ? 10 : ms, run)
      },
    },
  })
  await forward.start(new AbortController().signal)
  await until(() => pauses >= 2, { what: 'it was refused again and again', pollMs: 5 })
  const collector = await startCollector(port)
  const before = collector.connections()
  const dropped = (): boolean => {
    if (collector.text() !== '') collector.drop()
    return collector.connections() > before + 2
  }
  await until(dropped, { what: 'it was closed again and again', pollMs: 5 })
  expect(said.length).toBeGreaterThan(1)
  expect(said).toEqual([...new Set(said)])
  await forward.stop()
})

test.each([
  ['just now', 0],
  // The collector was stuck all the time: its kernel acknowledged, and nobody read.
  ['an hour ago', 3_600_000],
])(
  'what a collector acknowledged %s and did not read is sent again when it goes away',
  async (_, laterMs) => {
    const collector = await startCollector()
    collector.pause()
    let row: Forwarded | undefined
    let later = 0
    const deps = depsFor(`ecs+tcp://127.0.0.1:${collector.port}`, {
      put(at) {
        row = at
      },
    })
    const clock = { ...deps.clock, monotonic: () => deps.clock.monotonic() + later }
    const forward = createForward({ ...deps, clock })
    await forward.start(new AbortController().signal)
    await until(() => row?.sent === 5, { what: 'everything is acknowledged' })
    expect(collector.text()).toBe('')
    later = laterMs
    collector.reset()
    collector.resume()
    await until(() => numbersIn(collector.text()).includes(5), { what: 'it arrives all the same' })
    expect(numbersIn(collector.text())).toEqual([1, 2, 3, 4, 5])
    expect(recordsOf(collector.text()).every(({ tags }) => tags?.[0] === 'again')).toBe(true)
    await forward.stop()
  },
)

/** A line to a collector that runs, whose ledger and clock go on as the test says. */
async function going(put: (at: Forwarded) => void = () => {}) {
  const collector = await startCollector()
  const ledger = [...LEDGER]
  let row: Forwarded | undefined
  let [later, wake] = [0, (): void => {}]
  const deps = depsFor(`ecs+tcp://127.0.0.1:${collector.port}`, {
    ledger,
    put(at) {
      put(at)
      row = at
    },
  })
  const forward = createForward({
    ...deps,
    clock: { ...deps.clock, monotonic: () => deps.clock.monotonic() + later },
    audit: {
      ...deps.audit,
      onWritten(told) {
        wake = () => told(0)
        return () => {}
      },
    },
  })
  await forward.start(new AbortController().signal)
  await until(() => row?.sent === 5 && numbersIn(collector.text()).includes(5), {
    what: 'everything is read',
  })
  later = 3_600_000
  return {
    collector,
    ledger,
    forward,
    wake: () => wake(),
    pass: () => {
      later += 3_600_000
    },
    has: (number: number) =>
      until(() => numbersIn(collector.text()).includes(number), { what: `entry ${number} is there` }),
  }
}

test('what was long ago is sent again once, and entries that were removed meanwhile are not missed', async () => {
  const { collector, ledger, forward, pass, has } = await going()
  ledger.splice(1, 3)
  collector.reset()
  await until(() => numbersIn(collector.text()).length === 7, { what: 'what is left arrives again' })
  pass()
  ledger.push(entry(6, 'node_started'))
  collector.reset()
  await has(6)
  expect(numbersIn(collector.text())).toEqual([1, 2, 3, 4, 5, 1, 5, 6])
  expect(forward.status()).toMatchObject([{ missed: 0 }])
  await forward.stop()
})

test('an error of this machine makes a collector get nothing again that it had an hour before', async () => {
  let isFull = false
  const { collector, ledger, forward, wake, has } = await going(() => {
    if (!isFull) return
    isFull = false
    throw new Error('the disk is full')
  })
  isFull = true
  ledger.push(entry(6, 'node_started'))
  wake()
  await has(6)
  expect(numbersIn(collector.text())).toEqual([1, 2, 3, 4, 5, 6])
  await forward.stop()
})

test('a collector that takes nothing is told of although it is connected, and does not hold up the end', async () => {
  const collector = await startCollector()
  collector.pause()
  const many = Array.from({ length: 256 }, (_, i) =>
    entry(i + 1, 'node_started', true, { reason: 'x'.repeat(60_000) }),
  )
  let tried = 0
  const deps = depsFor(`ecs+tcp://127.0.0.1:${collector.port}`, {
    ledger: many,
    put(at) {
      tried = at.tried
    },
  })
  const ends: (() => void)[] = []
  const forward = createForward({
    ...deps,
    timers: {
      ...deps.timers,
      // The second that the last entries have passes at once, when the test says so.
      after(ms, run) {
        if (ms !== 1_000) return deps.timers.after(ms, run)
        ends.push(run)
        return () => {}
      },
    },
  })
  await forward.start(new AbortController().signal)
  await until(() => tried === 256, { what: 'something is under way' })
  expect(forward.status()).toMatchObject([{ waiting: 256, problem: 'it took nothing yet' }])
  const stopped = forward.stop()
  for (const run of ends) run()
  await stopped
  expect(forward.status()).toMatchObject([{ waiting: 256 }])
})

test('what a collector had read an hour before it closed the connection is not sent again', async () => {
  const { collector, forward } = await going()
  collector.drop()
  await until(() => collector.connections() === 2, { what: 'there is a new connection' })
  await forward.stop()
  expect(numbersIn(collector.text())).toEqual([1, 2, 3, 4, 5])
})
