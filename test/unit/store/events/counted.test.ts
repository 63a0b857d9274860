// What is counted from events themselves: a span that no hour covers, and the texts that ran most often.
import { expect, test } from 'vitest'
import { createSerial } from '../../../../src/base/async/limiter.ts'
import { systemClock } from '../../../../src/base/clock.ts'
import { EXIT } from '../../../../src/base/errors.ts'
import { revealLevel0 } from '../../../../src/base/level0/level0.ts'
import { createEventRepository, mostUsed } from '../../../../src/store/events/events.ts'
import { createRecall } from '../../../../src/store/events/recall.ts'
import type { Database } from '../../../../src/store/level/database.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { eventOf, ingest } from '../../../support/data/events.ts'
import { T0 } from '../../../support/data/spool.ts'

const T0_MS = T0 / 1000
const git = { command: 'git status', category: 'git', tool: 'git' }

/** As where there are more events than the index takes. */
async function storedBeyondTheIndex() {
  const db = await temporaryDatabase()
  await stored(db)
  const recall = createRecall({ db, serially: createSerial(), clock: systemClock })
  recall.whole = async () => undefined
  return {
    mostUsed: (uid: number, since: number, until: number, limit: number) =>
      mostUsed({ db, serially: createSerial(), recall }, uid, since, until, limit),
  }
}

async function stored(db?: Database) {
  const repository = createEventRepository(db ?? (await temporaryDatabase()))
  const events = [
    eventOf(0, { command: 'first', exit_code: 1 }),
    eventOf(1, git),
    eventOf(2, { ...git, exit_code: 2, risk_level: 'high' }),
    eventOf(3, { command: 'ls' }),
    eventOf(4, { ...git, karo_generated: true }),
    eventOf(5, { command: 'ls', untimed: true }),
    eventOf(2, { ...git, uid: 7 }),
    eventOf(2, { command: 'karo check x', tool: 'karo', exit_code: EXIT.refused, uid: 7 }),
  ]
  await ingest(repository, events)
  return repository
}

test('a span is counted from its first to before its last moment, one person’s, and only what has a time', async () => {
  const { countBetween } = await stored()
  const span = await countBetween(1000, T0_MS + 1_000, T0_MS + 4_000)
  expect(span).toMatchObject({
    count: 3,
    failures: 1,
    unknown: 0,
    generated: 0,
    duration_ms: 15,
    risk: { safe: 2, high: 1 },
    categories: { git: { count: 2, failures: 1, unknown: 0 }, file_ops: { count: 1 } },
    guard: { blocked: 0 },
  })
  expect((await countBetween(1000, T0_MS, T0_MS + 60_000)).count).toBe(5)
  expect((await countBetween(1000, T0_MS + 1, T0_MS + 1)).count).toBe(0)
  // A line that `karo check` would not let run is no failure of it.
  expect(await countBetween(7, 0, T0_MS + 60_000)).toMatchObject({ count: 2, failures: 0 })
})

test.each(['in the index', 'in the database'])(
  'the texts that ran most often since then, with how often in vain: %s',
  async (where) => {
    const { mostUsed } = where === 'in the index' ? await stored() : await storedBeyondTheIndex()
    const most = async (since: number, limit: number, uid = 1000, until = T0_MS + 60_000) =>
      (await mostUsed(uid, since, until, limit)).map(({ command, ...tally }) => ({
        command: revealLevel0(command),
        ...tally,
      }))
    expect(await most(0, 10)).toEqual([
      { command: 'git status', count: 3, failures: 1, unknown: 0 },
      { command: 'first', count: 1, failures: 1, unknown: 0 },
      { command: 'ls', count: 1, failures: 0, unknown: 0 },
    ])
    expect(await most(T0_MS + 3_000, 10)).toMatchObject([
      { command: 'git status', count: 1 },
      { command: 'ls', count: 1 },
    ])
    expect(await most(0, 1, 7)).toEqual([{ command: 'git status', count: 1, failures: 0, unknown: 0 }])
    expect(await most(0, 1)).toHaveLength(1)
    expect(await most(0, 10, 1000, T0_MS + 1_000)).toMatchObject([{ command: 'first' }])
  },
)
