// What removes for good follows the clock slowly when it leaps, and at once when a time server vouches for it.
import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../../../src/base/calendar.ts'
import { createRetentionTime, hasJustSynchronised } from '../../../../src/ops/care/retention-time.ts'
import { createAuditRepository } from '../../../../src/store/tables/audit.ts'
import { createRetentionTimeRepository } from '../../../../src/store/tables/retention-time.ts'
import { temporaryDatabase, temporaryDirectory } from '../../../support/data/database.ts'
import fc, { forAllAsync } from '../../../support/run/properties.ts'

const NOW = Date.UTC(2026, 10, 20, 12)

async function world() {
  const db = await temporaryDatabase()
  const ledger = createAuditRepository(db)
  const at = { now: NOW, monotonic: 5_000, confirmed: false }
  /** As a daemon has it that starts now. */
  const started = async () => {
    const time = createRetentionTime({
      repository: createRetentionTimeRepository(db),
      ledger,
      clock: { now: () => at.now, monotonic: () => at.monotonic },
      isConfirmed: () => at.confirmed,
    })
    await time.start()
    return time
  }
  const pass = (ms: number): void => {
    at.now += ms
    at.monotonic += ms
  }
  return { at, ledger, started, pass }
}

test('a clock that leaps a century ahead, before the start or while running, is followed a day in an hour', async () => {
  for (const restarted of [true, false]) {
    const { at, started, pass } = await world()
    let time = await started()
    pass(HOUR_MS)
    expect(await time.advance()).toBe(at.now)
    const before = at.now
    at.now += 36_500 * DAY_MS
    if (restarted) {
      time = await started()
    }
    pass(60_000)
    expect(await time.advance()).toBe(before + 24 * 60_000)
    expect(time.behind()).toBeGreaterThan(36_000 * DAY_MS)
    pass(HOUR_MS)
    expect(await time.advance()).toBe(before + 24 * (HOUR_MS + 60_000))
  }
})

test('who starts over and over under a wrong clock comes no further than the time it ran', async () => {
  const { at, started, pass } = await world()
  await (await started()).advance()
  at.now += 1_000 * DAY_MS
  for (let i = 0; i < 50; i++) {
    const time = await started()
    pass(60_000)
    expect(await time.advance()).toBe(NOW + (i + 1) * 24 * 60_000)
  }
})

test('what was off for a month is there after thirty hours; nobody is told of a weekend', async () => {
  const { at, started, pass } = await world()
  let time = await started()
  await time.advance()
  at.now += 3 * DAY_MS
  time = await started()
  await time.advance()
  expect(time.behind()).toBe(0)
  for (let hour = 0; hour < 4; hour++) {
    pass(HOUR_MS)
    await time.advance()
  }
  expect(await time.advance()).toBe(at.now)
  at.now += 30 * DAY_MS
  time = await started()
  await time.advance()
  expect(time.behind()).toBe(30 * DAY_MS)
  for (let hour = 0; hour < 32; hour++) {
    pass(HOUR_MS)
    await time.advance()
  }
  expect(time.behind()).toBe(0)
  expect(await time.advance()).toBe(at.now)
})

test('a clock that was ahead and was set right is behind no more at once, not at the next step', async () => {
  const { at, started, pass } = await world()
  await (await started()).advance()
  at.now += 400 * DAY_MS
  const time = await started()
  pass(60_000)
  await time.advance()
  expect(time.behind()).toBeGreaterThan(390 * DAY_MS)
  at.now -= 400 * DAY_MS
  expect(time.behind()).toBe(0)
})

test('a clock that was in 1970 for a while changes nothing for what comes after', async () => {
  const { at, started, pass } = await world()
  let time = await started()
  await time.advance()
  at.now = 1_000
  time = await started()
  pass(120_000)
  expect(await time.advance()).toBe(at.now)
  at.now = NOW + 120_000
  pass(600_000)
  expect(await time.advance()).toBe(at.now)
})

test('a clock that a time server confirms is followed by two months in an hour, ahead and back, and no faster', async () => {
  const { at, started, pass } = await world()
  const time = await started()
  at.confirmed = true
  at.now += 400 * DAY_MS
  pass(60_000)
  expect(await time.advance()).toBe(NOW + DAY_MS)
  pass(HOUR_MS)
  expect(await time.advance()).toBe(NOW + 61 * DAY_MS)
  at.now = NOW
  for (let hour = 0; hour < 2; hour++) {
    pass(HOUR_MS)
    await time.advance()
  }
  at.confirmed = false
  at.now += 400 * DAY_MS
  pass(HOUR_MS)
  expect(await time.advance()).toBe(NOW + 2 * HOUR_MS + DAY_MS)
})

test('the first time, the ledger tells how late it was; where that is damaged, the entry before', async () => {
  const { at, ledger, started } = await world()
  const row = { type: 'node_started', details: Buffer.from('{}'), hash: new Uint8Array(32) }
  await ledger.append([
    { ...row, seq: 1, ts: NOW },
    { ...row, seq: 2, ts: NOW, hash: new Uint8Array(3) },
  ])
  at.now += 1_000 * DAY_MS
  const time = await started()
  expect(await time.advance()).toBe(NOW)
})

test('never later than the clock, never faster than 24 times what passed', async () => {
  const step = fc.record({ ran: fc.nat(3 * HOUR_MS), leap: fc.integer({ min: -(10 ** 12), max: 10 ** 12 }) })
  await forAllAsync(fc.array(step, { maxLength: 12 }), async (steps) => {
    const at = { now: NOW, monotonic: 0 }
    let kept: number | undefined
    const time = createRetentionTime({
      repository: {
        get: async () => kept,
        async put(value) {
          kept = value
        },
      },
      ledger: { backwards: async function* () {} },
      clock: { now: () => at.now, monotonic: () => at.monotonic },
      isConfirmed: () => false,
    })
    await time.start()
    let allowed = NOW
    for (const { ran, leap } of steps) {
      at.monotonic += ran
      at.now = Math.max(0, at.now + ran + leap)
      allowed += 24 * ran
      const told = await time.advance()
      expect(told).toBeLessThanOrEqual(Math.min(at.now, allowed))
    }
  })
})

test('only what systemd-timesyncd touched just now confirms', () => {
  const file = join(temporaryDirectory(), 'synchronized')
  expect(hasJustSynchronised(NOW, file)).toBe(false)
  writeFileSync(file, '')
  utimesSync(file, NOW / 1000, NOW / 1000)
  expect(hasJustSynchronised(NOW + 30 * 60_000, file)).toBe(true)
  expect(hasJustSynchronised(NOW + 2 * HOUR_MS, file)).toBe(false)
  expect(hasJustSynchronised(NOW - 2 * HOUR_MS, file)).toBe(false)
})
