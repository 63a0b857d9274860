// How far the ledger counts as sent: never beyond what the target has.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createForward } from '../../../../src/ops/forward/index.ts'
import type { Forwarded } from '../../../../src/store/tables/forwarded.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { recordsOf, startCollector } from '../../../support/node/collector.ts'
import { depsFor } from '../../../support/node/forwarding.ts'
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
    { sent: 0, tried: 5 },
    { sent: 5, tried: 5 },
  ])
  expect(had).toEqual([0, 5])
})

test('a collector that ends each connection at once is tried at a slower and slower pace, and the log says it once', async () => {
  const collector = await startCollector()
  const pauses: number[] = []
  let said = 0
  const deps = depsFor(`ecs+tcp://127.0.0.1:${collector.port}`)
  const forward = createForward({
    ...deps,
    log: { ...deps.log, warn: () => void said++ },
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
  expect(said).toBe(1)
  await forward.stop()
})

test('what a collector acknowledged and did not read is sent again when it goes away', async () => {
  const collector = await startCollector()
  collector.pause()
  let row: Forwarded | undefined
  const forward = createForward(
    depsFor(`ecs+tcp://127.0.0.1:${collector.port}`, {
      put(at) {
        row = at
      },
    }),
  )
  await forward.start(new AbortController().signal)
  await until(() => row?.sent === 5, { what: 'everything is acknowledged' })
  expect(collector.text()).toBe('')
  collector.drop()
  collector.resume()
  await until(() => numbersIn(collector.text()).includes(5), { what: 'it arrives all the same' })
  expect(numbersIn(collector.text())).toEqual([1, 2, 3, 4, 5])
  expect(recordsOf(collector.text()).every(({ tags }) => tags?.[0] === 'again')).toBe(true)
  await forward.stop()
})
