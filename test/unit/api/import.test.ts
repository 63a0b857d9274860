// One import of each person at a time: who has gone is let go of, nobody has a part in another's, and mistakes are told.

import { expect, test } from 'vitest'
import { importRoutes } from '../../../src/api/routes/import.ts'
import type { Caller } from '../../../src/api/server/route.ts'
import { systemRandom } from '../../../src/base/clock.ts'
import { createEventRepository } from '../../../src/store/events/events.ts'
import { owner } from '../../support/api/callers.ts'
import { servingOver } from '../../support/api/serving.ts'
import { temporaryDatabase } from '../../support/data/database.ts'
import { eventOf, ingest } from '../../support/data/events.ts'
import { T0 } from '../../support/data/spool.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'

const ANN = owner(1000)
const BOB = owner(1001)

async function started(config: { events_days?: number; ignore?: readonly string[] } = {}) {
  const events = createEventRepository(await temporaryDatabase())
  const time = new VirtualTime(T0 / 1000 + 3_600_000)
  let onItsWay: (() => Promise<void>) | undefined
  let caller: Caller = ANN
  const rooms = {
    store: { events },
    observe: {
      async catchUp() {
        const bring = onItsWay
        onItsWay = undefined
        await bring?.()
      },
    },
    config: {
      retention: { events_days: config.events_days ?? 0, rollups_days: 0, ledger_days: 0 },
      history: { ignore: config.ignore ?? [], redact: [] },
    } as never,
    clock: time.clock,
    random: systemRandom,
    timers: time,
  }
  const { get, post } = servingOver(importRoutes, rooms, () => caller)
  const as = (who: Caller, path: string, payload?: object) => {
    caller = who
    const url = `/api/v1/imports${path}`
    return payload === undefined ? get(url) : post(url, payload)
  }
  const begin = async (who: Caller, dry_run = false): Promise<string> =>
    (await as(who, '', { source: 'bash', file: '/f', dry_run })).body.key
  const entry = (command: string, seconds: number, more = {}) => {
    const start_us = T0 + seconds * 1_000_000
    return { start_us, shell: 'bash', command, ...more }
  }
  const later = (bring: () => Promise<void>): void => {
    onItsWay = bring
  }
  return { events, time, as, begin, entry, later }
}

test('batch after batch, and what is finished takes no more', async () => {
  const { as, begin, entry } = await started()
  const key = await begin(ANN)
  const sums = { added: 1, known: 0, ignored: 0, redacted: 0, too_old: 0 }
  expect((await as(ANN, '/entries', { key, entries: [entry('ls', 0)] })).body).toEqual(sums)
  expect((await as(ANN, '/entries', { key, entries: [entry('pwd', 1)] })).body).toEqual(sums)
  expect((await as(ANN, '/finish', { key })).body).toEqual({ id: 1 })
  expect(await as(ANN, '/entries', { key, entries: [entry('ls', 9)] })).toMatchObject({ status: 404 })
  expect(await as(ANN, '/finish', { key })).toMatchObject({ status: 404 })
  const begun = new Date(T0 / 1000 + 3_600_000).toISOString()
  expect((await as(ANN, '')).body).toEqual({
    imports: [{ id: 1, source: 'bash', file: '/f', started_at: begun, finished_at: begun, events: 2 }],
  })
})

test('what is finished is not watched any more', async () => {
  const { time, as, begin } = await started()
  await as(ANN, '/finish', { key: await begin(ANN) })
  expect(await time.pass(() => false)).toBe(0)
})

test('a key opens nothing to anybody else, and nobody undoes what is not theirs', async () => {
  const { events, as, begin, entry } = await started()
  const key = await begin(ANN)
  await as(ANN, '/entries', { key, entries: [entry('ls', 0)] })
  expect(await as(BOB, '/entries', { key, entries: [entry('evil', 1)] })).toMatchObject({ status: 404 })
  expect(await as(BOB, '/finish', { key })).toMatchObject({ status: 404 })
  await as(ANN, '/finish', { key })
  expect((await as(BOB, '')).body).toEqual({ imports: [] })
  expect(await as(BOB, '/undo', { id: 1 })).toMatchObject({ status: 404 })
  expect([await events.count(1000), await events.count(1001)]).toEqual([1, 0])
  expect(await as({ ...ANN, via: 'http' }, '')).toMatchObject({ status: 403 })
})

test('who begins another one, or says nothing for a minute, has left the one before', async () => {
  const { time, as, begin, entry } = await started()
  const first = await begin(ANN)
  await as(ANN, '/entries', { key: first, entries: [entry('ls', 0)] })
  expect(await as(ANN, '/undo', { id: 1 })).toMatchObject({ status: 409 })
  const second = await begin(ANN)
  expect(await as(ANN, '/entries', { key: first, entries: [entry('x', 1)] })).toMatchObject({ status: 404 })
  expect(await as(ANN, '/entries', { key: second, entries: [entry('x', 1)] })).toMatchObject({ status: 200 })
  await time.pass(() => false)
  expect(time.clock.monotonic()).toBe(60_000)
  expect(await as(ANN, '/entries', { key: second, entries: [entry('y', 2)] })).toMatchObject({ status: 404 })
  expect((await as(ANN, '')).body.imports).toMatchObject([
    { id: 2, events: 1, finished_at: null },
    { id: 1, events: 1, finished_at: null },
  ])
  expect(await as(ANN, '/undo', { id: 1 })).toMatchObject({ status: 200, body: { removed: 1, left: 0 } })
})

test('only so many are under way at once', async () => {
  const { as } = await started()
  const answers = []
  for (let uid = 1; uid <= 17; uid++)
    answers.push((await as(owner(uid), '', { source: 'zsh', file: '/f' })).status)
  expect(answers).toEqual([...Array.from({ length: 16 }, () => 200), 429])
})

test('what is kept out of what is typed, and what retention would remove, is left out and counted', async () => {
  const { events, as, begin, entry } = await started({ events_days: 30, ignore: ['pass *'] })
  const key = await begin(ANN)
  const entries = [
    entry(' private', 0),
    entry('pass show bank', 1),
    entry('KARO_PAUSE=1 x', 2),
    entry('deploy --password=hunter2hunter', 3),
    entry('old', -40 * 86_400),
    entry('rm -rf / ', 4, { exit_code: null, duration_us: null, cwd: '/', untimed: true }),
  ]
  const sums = { added: 2, known: 0, ignored: 3, redacted: 1, too_old: 1 }
  expect((await as(ANN, '/entries', { key, entries })).body).toEqual(sums)
  const { events: found } = await events.search(1000, { words: [], limit: 9 })
  expect(
    found.map(({ risk_level, exit_code, duration_ms, untimed }) => [
      risk_level,
      exit_code,
      duration_ms,
      untimed,
    ]),
  ).toEqual([
    ['critical', null, null, true],
    ['safe', null, null, undefined],
  ])
  expect(String(found[1]!.command)).not.toContain('hunter2')
})

test('an id tells nothing of a secret; two that differ in theirs are two, and the same file again is none', async () => {
  const idsOf = async (...secrets: readonly string[]) => {
    const { events, as, begin, entry } = await started()
    const entries = secrets.flatMap((one, i) => [
      entry(`mysql -u root -p${one} shop`, i * 1e-6),
      entry(`mysql -u root -p${one} shop`, 50 + i * 1e-3, { untimed: true }),
    ])
    const added: number[] = []
    for (let again = 0; again < 2; again++) {
      const key = await begin(ANN)
      added.push((await as(ANN, '/entries', { key, entries })).body.added)
      await as(ANN, '/finish', { key })
    }
    const found = await events.search(1000, { words: [], limit: 9 })
    return { added, ids: found.events.map(({ id }) => id) }
  }
  const first = await idsOf('hunter2')
  expect(first).toMatchObject({ added: [2, 0], ids: { length: 2 } })
  expect(await idsOf('Tr0ub4dor')).toEqual(first)
  expect(await idsOf('hunter2', 'Tr0ub4dor')).toMatchObject({ added: [4, 0] })
})

test('what the hooks have written, and nobody has read yet, is known to an import', async () => {
  const { events, as, begin, entry, later } = await started()
  later(() => ingest(events, [eventOf(0)]))
  const key = await begin(ANN)
  const { body } = await as(ANN, '/entries', { key, entries: [entry('ls', 0)] })
  expect(body).toMatchObject({ added: 0, known: 1 })
})

test('a dry run stores nothing', async () => {
  const { events, as, begin, entry } = await started()
  const key = await begin(ANN, true)
  expect((await as(ANN, '/entries', { key, entries: [entry('ls', 0)] })).body).toMatchObject({ added: 1 })
  expect((await as(ANN, '/finish', { key })).body).toEqual({ id: null })
  expect([await events.count(1000), (await as(ANN, '')).body]).toEqual([0, { imports: [] }])
})

test('an import that there is not is not undone', async () => {
  const { as } = await started()
  expect(await as(ANN, '/undo', { id: 7 })).toMatchObject({ status: 404 })
})
