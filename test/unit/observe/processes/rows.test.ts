// What is kept of processes: in order, per person, bounded, found again, and taken out with their lines.
import { expect, test } from 'vitest'
import { markLevel0, revealLevel0 } from '../../../../src/base/level0/level0.ts'
import { searchProcesses } from '../../../../src/observe/processes/search.ts'
import { idOfEvent } from '../../../../src/store/events/events.ts'
import type { Change } from '../../../../src/store/level/database.ts'
import { keyRange } from '../../../../src/store/level/keyspace.ts'
import { createProcessRepository, type ProcessRow } from '../../../../src/store/processes/processes.ts'
import { isProcessRow } from '../../../../src/store/processes/rows.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { MORNING } from './machine.ts'

const never = new AbortController().signal

const row = (n: number, more: Partial<Omit<ProcessRow, 'name'>> & { name?: string } = {}): ProcessRow => ({
  started_at: MORNING + n * 1_000,
  pid: 1_000 + n,
  shell: 'bash',
  duration_ms: 2_000,
  peak_rss_bytes: n * 1_000_000,
  cpu_ms: 10 * n,
  exit_code: null,
  event_id: null,
  ...more,
  name: markLevel0(more.name ?? `tool${n}`),
})
const idAt = (n: number): string => idOfEvent((MORNING + n * 1_000) * 1000, 7)

async function world() {
  const db = await temporaryDatabase()
  const repository = createProcessRepository(db)
  return {
    db,
    repository,
    put: (uid: number, ...rows: ProcessRow[]) => repository.write([{ uid, rows, peaks: [] }]),
    async names(uid = 1000, since?: number) {
      const found: string[] = []
      for await (const page of repository.rows(uid, since))
        found.push(...page.map(({ name }) => revealLevel0(name)))
      return found
    },
  }
}

test('each person’s, the oldest first, from a time on; written again is replaced', async () => {
  const { repository, put, names } = await world()
  await put(1000, row(3), row(1), row(2))
  await put(2000, row(1, { name: 'theirs' }))
  await put(1000, row(2, { name: 'changed' }))
  expect(await names()).toEqual(['tool1', 'changed', 'tool3'])
  expect(await names(1000, MORNING + 2_000)).toEqual(['changed', 'tool3'])
  expect(await names(2000)).toEqual(['theirs'])
  expect(await names(3000)).toEqual([])
  expect(await repository.people()).toEqual([1000, 2000])
  const whole = row(9, { exit_code: 3, event_id: idAt(9), peak_rss_bytes: null })
  await put(4000, whole)
  for await (const [kept] of repository.rows(4000)) expect(kept).toEqual(whole)
})

test('a process is found by its number about its time', async () => {
  const { repository, put } = await world()
  await put(1000, row(5), row(6, { pid: 1_005 }))
  expect(await repository.find(1000, 1_005, MORNING + 5_400, 500)).toEqual(row(5))
  expect(await repository.find(1000, 1_005, MORNING + 3_000, 500)).toBeUndefined()
  expect(await repository.find(1000, 99, MORNING + 5_000, 500)).toBeUndefined()
  expect(await repository.find(2000, 1_005, MORNING + 5_000, 500)).toBeUndefined()
})

test('what lines needed, of those of which anything was seen', async () => {
  const { repository } = await world()
  const peaks = [
    { event_id: idAt(1), peak_rss_bytes: 5, last_start: 0 },
    { event_id: idAt(2), peak_rss_bytes: 6, last_start: 0 },
    { event_id: idAt(4), peak_rss_bytes: 0, last_start: 0 },
  ]
  await repository.write([{ uid: 1000, rows: [], peaks }])
  expect([...(await repository.peaks(1000, [idAt(1), idAt(3), idAt(2), idAt(4)]))]).toEqual([
    [idAt(1), 5],
    [idAt(2), 6],
  ])
  expect((await repository.peaks(2000, [idAt(1)])).size).toBe(0)
})

test('the old go, and the oldest beyond so many; nobody else’s', async () => {
  const { repository, put, names } = await world()
  const peaks = [1, 2, 3, 4, 5].map((n) => ({ event_id: idAt(n), peak_rss_bytes: n, last_start: 0 }))
  await repository.write([{ uid: 1000, rows: [1, 2, 3, 4, 5].map((n) => row(n)), peaks }])
  await put(2000, row(1))
  expect(await repository.prune(1000, MORNING + 2_000, 1_000, never)).toBe(2)
  expect(await names()).toEqual(['tool2', 'tool3', 'tool4', 'tool5'])
  expect([...(await repository.peaks(1000, [1, 2, 3].map(idAt))).keys()]).toEqual([idAt(2), idAt(3)])
  expect(await repository.prune(1000, 0, 3, never)).toBe(2)
  expect(await names()).toEqual(['tool3', 'tool4', 'tool5'])
  expect((await repository.peaks(1000, [idAt(2)])).size).toBe(0)
  expect(await names(2000)).toEqual(['tool1'])
  const stopped = AbortSignal.abort()
  await expect(repository.prune(1000, 0, 0, stopped)).rejects.toThrow()
})

test('lines that are taken out take their processes along, and no others', async () => {
  const { db, repository, put, names } = await world()
  await put(
    1000,
    row(1, { event_id: idAt(1) }),
    // The clocks differ: it seems to have begun a moment before its line.
    row(2, { event_id: idOfEvent((MORNING + 2_020) * 1000, 9) }),
    row(3, { event_id: idAt(1) }),
    row(4),
    row(5, { event_id: idAt(5) }),
  )
  const late = idOfEvent((MORNING + 2_020) * 1000, 9)
  const peaks = [
    { event_id: idAt(1), peak_rss_bytes: 1, last_start: MORNING + 3_000 },
    { event_id: late, peak_rss_bytes: 0, last_start: MORNING + 2_000 },
    { event_id: idAt(5), peak_rss_bytes: 1, last_start: MORNING + 5_000 },
  ]
  await repository.write([{ uid: 1000, rows: [], peaks }])
  const changes: Change[] = []
  await repository.forget(1000, [], changes)
  expect(changes).toEqual([])
  await repository.forget(1000, [late, idAt(1), idAt(7)], changes)
  // Of one batch with whatever else goes.
  expect(await names()).toHaveLength(5)
  expect(changes).toHaveLength(5)
  await db.batch(changes)
  expect(await names()).toEqual(['tool4', 'tool5'])
  expect((await repository.peaks(1000, [idAt(1)])).size).toBe(0)
})

test('a damaged row is told from a good one, and passed over', async () => {
  const { db, repository, put, names } = await world()
  await put(1000, row(1), row(2))
  await repository.write([
    { uid: 1000, rows: [], peaks: [{ event_id: idAt(1), peak_rss_bytes: 1, last_start: 0 }] },
  ])
  const rows = await db.iterator(keyRange('processes')).all()
  expect(rows.map(([key, value]) => isProcessRow(key, value))).toEqual([true, true, true])
  for (const [key, value] of rows) {
    expect(isProcessRow(key, value.subarray(0, value.length - 1))).toBe(false)
    expect(isProcessRow(key.subarray(0, 6), value)).toBe(false)
    await db.put(key, Uint8Array.of(1, 0xc1))
  }
  expect(await names()).toEqual([])
  expect((await repository.peaks(1000, [idAt(1)])).size).toBe(0)
})

test('a search: by what was used most, by name, those that run beside those that ended, each once', async () => {
  const { repository, put } = await world()
  await put(1000, row(1, { name: 'node' }), row(2, { name: 'NODE' }), row(3, { name: 'make', cpu_ms: 0 }))
  const running = [
    row(2, { name: 'NODE', duration_ms: 99_000 }),
    row(4, { name: 'vim', peak_rss_bytes: null }),
  ]
  const find = async (more: object) => {
    const filter = { sort: 'memory' as const, limit: 10, ...more }
    const { processes, total } = await searchProcesses(running, repository.rows(1000), filter)
    return { total, found: processes.map((one) => `${revealLevel0(one.name)}${one.running ? '*' : ''}`) }
  }
  expect(await find({})).toEqual({ total: 4, found: ['make', 'NODE*', 'node', 'vim*'] })
  expect(await find({ name: 'Node' })).toEqual({ total: 2, found: ['NODE*', 'node'] })
  expect(await find({ sort: 'duration', limit: 1 })).toEqual({ total: 4, found: ['NODE*'] })
  expect(await find({ sort: 'cpu', limit: 2 })).toEqual({ total: 4, found: ['vim*', 'NODE*'] })
  expect((await find({ sort: 'started' })).found).toEqual(['vim*', 'make', 'NODE*', 'node'])
})
