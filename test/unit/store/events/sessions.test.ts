// Commands of one shell session, and what is known of one command: the same from the index and from the database.
import { expect, test } from 'vitest'
import { createSerial } from '../../../../src/base/async/limiter.ts'
import { EXIT } from '../../../../src/base/errors.ts'
import { revealLevel0 } from '../../../../src/base/level0/level0.ts'
import { createEventRepository, IMPORTED } from '../../../../src/store/events/events.ts'
import { createEventIndex } from '../../../../src/store/events/index.ts'
import { createInspect } from '../../../../src/store/events/inspect.ts'
import type { Recall } from '../../../../src/store/events/recall.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { eventOf, ingest } from '../../../support/data/events.ts'

const RANKING = {
  match: () => 1,
  place: () => 1,
  use: () => 1,
  now: 0,
  score: ({ ageMs }: { ageMs: number }) => -ageMs,
}

async function repositoryOf(...events: ReturnType<typeof eventOf>[]) {
  const repository = createEventRepository(await temporaryDatabase())
  await ingest(repository, events)
  return repository
}

test('a session, what was recorded here, and what was imported; without a session only what has no time counts as imported', async () => {
  const repository = await repositoryOf(
    eventOf(1, { command: 'one', session: 70_000 }),
    eventOf(2, { command: 'two', session: 2 ** 32 - 1 }),
    eventOf(3, { command: 'brought', session: IMPORTED }),
    eventOf(4, { command: 'early' }),
    eventOf(5, { command: 'three', session: 70_000 }),
    eventOf(6, { command: 'long ago', untimed: true }),
  )
  for (const [filter, wanted] of [
    [{ session: 70_000 }, ['three', 'one']],
    [{ session: 2 ** 32 - 1 }, ['two']],
    [{ imported: true }, ['long ago', 'brought']],
    [{ imported: false }, ['three', 'early', 'two', 'one']],
  ] as const) {
    const found = await repository.search(1000, { words: [], limit: 9, ...filter })
    expect(found.events.map(({ command }) => revealLevel0(command))).toEqual(wanted)
    const ranked = await repository.rank(1000, { limit: 9, ...filter }, RANKING)
    expect(ranked.commands.map(({ event }) => revealLevel0(event.command)).sort()).toEqual([...wanted].sort())
    // This one looks through the database, not through the index.
    expect(await repository.find(1000, { words: [], limit: 9, ...filter })).toHaveLength(wanted.length)
  }
})

test('inspected: uses, durations, and neighbours of the same session only', async () => {
  const [own, other] = [{ session: 9 }, { session: 8 }]
  const repository = await repositoryOf(
    eventOf(1, { command: 'cd shop', ...own }),
    eventOf(2, { command: 'elsewhere', ...other }),
    eventOf(3, { command: 'make', duration_us: 9_000_000, exit_code: 2, ...own }),
    eventOf(4, { command: 'make', duration_us: 1_000_000, exit_code: 0, ...other }),
    eventOf(5, { command: 'git push', ...own }),
    eventOf(6, { command: 'make', duration_us: null, exit_code: 0, session: IMPORTED }),
  )
  const ids = await repository.find(1000, { text: 'make' })
  const texts = (events: readonly { command: Parameters<typeof revealLevel0>[0] }[]) =>
    events.map(({ command }) => revealLevel0(command))
  const found = await repository.inspect(1000, ids[2]!)
  expect(found).toMatchObject({
    uses: 3,
    failures: 1,
    unknown: 0,
    took: { least: 1_000, median: 9_000, most: 9_000 },
  })
  expect(found!.first).toBe(eventOf(3).start_us / 1000)
  expect(found!.recent.map(({ exit_code }) => exit_code)).toEqual([0, 0, 2])
  expect([texts(found!.before), texts(found!.after)]).toEqual([['cd shop'], ['git push']])
  expect(found!.untimed).toBe(0)
  const imported = await repository.inspect(1000, ids[0]!)
  expect([imported!.before, imported!.after]).toEqual([[], []])
  // Somebody else's, one that is gone, and a text that is no id.
  expect(await repository.inspect(1001, ids[0]!)).toBeUndefined()
  await repository.remove(1000, [ids[0]!], new AbortController().signal)
  expect(await repository.inspect(1000, ids[0]!)).toBeUndefined()
  expect(await repository.inspect(1000, 'x')).toBeUndefined()
})

test('inspected: uses imported without a time are counted, also those older than the uses that are shown', async () => {
  const uses = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((at) => eventOf(at, { command: 'make' }))
  const repository = await repositoryOf(eventOf(0, { command: 'make', untimed: true }), ...uses)
  const [newest] = await repository.find(1000, { text: 'make' })
  const found = await repository.inspect(1000, newest!)
  expect(found).toMatchObject({ uses: 10, untimed: 1 })
  expect(found!.recent.some(({ untimed }) => untimed)).toBe(false)
})

test('a line that karo check does not allow is no failure, neither in what is inspected nor among those that failed', async () => {
  const repository = await repositoryOf(
    eventOf(1, { command: 'karo check x', tool: 'karo', exit_code: EXIT.refused }),
    eventOf(2, { command: 'karo check x', tool: 'karo', exit_code: EXIT.usage }),
    eventOf(3, { command: 'karo query tools', tool: 'karo', exit_code: EXIT.refused }),
  )
  const [newest] = await repository.find(1000, { text: 'karo check x' })
  expect(await repository.inspect(1000, newest!)).toMatchObject({ uses: 2, failures: 1 })
  expect((await repository.search(1000, { words: [], failed: true, limit: 9 })).total).toBe(2)
})

test('inspected before it is loaded: its own use counts, and the answer says that more may follow', async () => {
  const db = await temporaryDatabase()
  const repository = createEventRepository(db)
  const events = [eventOf(1, { command: 'make', exit_code: 2 }), eventOf(2, { command: 'ls' })]
  await ingest(repository, events)
  const nothing = { index: createEventIndex(), complete: false, settled: true, isTold: () => true }
  const recall = { begun: (_: number, work: (it: typeof nothing) => unknown) => work(nothing) }
  const inspect = createInspect({ db, serially: createSerial(), recall: recall as unknown as Recall })
  const found = await inspect(1000, { start_us: events[0]!.start_us, tag: events[0]!.tag })
  expect(found).toMatchObject({
    uses: 1,
    failures: 1,
    unknown: 0,
    complete: false,
    first: events[0]!.start_us / 1000,
  })
  expect(found!.recent.map(({ command }) => revealLevel0(command))).toEqual(['make'])
})
