// A person sees, ranks and removes their own commands and nobody else's, and nothing by mistake.

import { expect, test } from 'vitest'
import { historyRoutes } from '../../../src/api/routes/history.ts'
import { createEventRepository } from '../../../src/store/events/events.ts'
import { createProcessRepository } from '../../../src/store/processes/processes.ts'
import { owner } from '../../support/api/callers.ts'
import { servingOver } from '../../support/api/serving.ts'
import { temporaryDatabase } from '../../support/data/database.ts'
import { eventOf, ingest } from '../../support/data/events.ts'
import { T0 } from '../../support/data/spool.ts'

async function world({ fails = false } = {}) {
  const db = await temporaryDatabase()
  const events = createEventRepository(db)
  const told: unknown[] = []
  await ingest(events, [
    eventOf(1, { command: 'make test', cwd: '/srv' }),
    eventOf(2, { command: 'make test', cwd: '/srv' }),
    eventOf(3, { command: 'make clean', cwd: '/home' }),
    eventOf(4, { uid: 1001, command: 'make secrets of another' }),
  ])
  const clock = { now: () => T0 / 1000 + 3_600_000, monotonic: () => 0 }
  async function remove(...all: Parameters<typeof events.remove>) {
    told.push('remove')
    if (fails) throw new Error('killed')
    return events.remove(...all)
  }
  const rooms: Parameters<typeof servingOver>[1] = {
    clock,
    copies: { drop: () => void told.push('drop copies') },
    store: { events: { ...events, remove } },
    processes: {
      peaks: createProcessRepository(db).peaks,
      forget: async (uid, ids) => void told.push(`forget ${ids.length} of ${uid}`),
    },
    observe: {
      catchUp: async () => void told.push('caught up'),
      blank: async (uid) => void told.push(`blank ${uid}`),
      give: (uid, answers) => void told.push(`answers for ${uid}: ${answers.length}`),
    },
    audit: { record: async ({ type, details }) => void told.push({ type, ...details }) },
  }
  let uid = 1000
  const { get, post } = servingOver(historyRoutes, rooms, () => owner(uid))
  return { get, post, told, as: (other: number) => (uid = other) }
}

test('ranked, with here in front, and only one’s own', async () => {
  const { get, as } = await world()
  const ranked = async (query: string) => (await get(`/api/v1/history/commands?${query}`)).body
  const first = { total: 2, commands: [{ command: 'make clean' }, { uses: 2 }] }
  expect(await ranked('q=make&here=/home')).toMatchObject(first)
  expect(await ranked('q=make&here=/srv')).toMatchObject({
    commands: [{ command: 'make test', uses: 2 }, {}],
  })
  expect(await ranked('q=secrets')).toMatchObject({ total: 0, commands: [] })
  as(1001)
  expect(await ranked('')).toMatchObject({ total: 1, commands: [{ command: 'make secrets of another' }] })
})

test('answers that a person was shown are noted for that person, and only ones that can be found again', async () => {
  const { post, told, as } = await world()
  const at = '/api/v1/history/answers'
  const answer = { command: 'ls DIR', placeholders: ['DIR'] }
  const answers = [{ ...answer, placeholders: ['(a+)+'] }]
  expect((await post(at, { answers })).status).toBe(400)
  expect(told).toEqual([])
  as(1001)
  expect((await post(at, { answers: [answer, answer] })).body).toEqual({ noted: 2 })
  expect(told).toEqual(['answers for 1001: 2'])
})

test('removed are one’s own, by one way of naming them at a time', async () => {
  const { get, post, told, as } = await world()
  const at = '/api/v1/history/delete'
  const nothing = [{}, { word: [] }, { failed: false }, { dry_run: true }]
  const unclear = [...nothing, { ids: ['x'], word: ['make'] }, { command: 'a', cwd: '/' }]
  for (const body of [...unclear, { failed: false, without: [], dry_run: true }])
    expect(await post(at, body), JSON.stringify(body)).toMatchObject({ status: 400 })
  expect(told).toEqual([])

  const { body: dry } = await post(at, { word: ['make'], dry_run: true })
  expect(dry).toMatchObject({ events: 3, texts: 0, dry_run: true })
  expect(dry.sample).toHaveLength(3)
  expect(told).toEqual(['caught up'])

  const { body: all } = await get('/api/v1/history')
  const [{ id }] = all.events
  expect((await post(at, { ids: [id, id], dry_run: true })).body).toMatchObject({ events: 1 })
  as(1001)
  expect((await post(at, { ids: all.events.map(({ id }: { id: string }) => id) })).body.events).toBe(0)
  as(1000)
  const removed = { events: 2, texts: 1, left: 0, dry_run: false, sample: [] }
  expect((await post(at, { command: 'make test' })).body).toEqual(removed)
  expect(told).toContainEqual({ type: 'history_deleted', events: 2, uid: 1000 })
  // Nothing of the text is in the ledger.
  expect(JSON.stringify(told)).not.toContain('make')
  expect((await get('/api/v1/history')).body.total).toBe(1)
  as(1001)
  expect((await get('/api/v1/history')).body.total).toBe(1)
})

test('a removal in parts says whether some are left, and takes texts with the last of them', async () => {
  const { get, post, told } = await world()
  const part = async (more: object = {}) =>
    (await post('/api/v1/history/delete', { word: ['make'], most: 2, ...more })).body
  expect(await part({ dry_run: true })).toMatchObject({ events: 2 })
  expect(await part()).toMatchObject({ events: 2, texts: 0, left: 1 })
  expect(told).toContain('forget 2 of 1000')
  expect(await part()).toMatchObject({ events: 1, texts: 2, left: 0 })
  expect((await get('/api/v1/history')).body.total).toBe(0)
})

test('what shells wrote is blanked, and what watches forgets, before anything is removed', async () => {
  const { post, told } = await world({ fails: true })
  await post('/api/v1/history/delete', { command: 'make test' })
  expect(told).toEqual(['caught up', 'forget 2 of 1000', 'blank 1000', 'drop copies', 'remove'])
})

test('a command is inspected by its person only', async () => {
  const { get, as } = await world()
  const { commands } = (await get('/api/v1/history/commands?q=make%20test')).body
  const at = `/api/v1/history/inspect?id=${commands[0].id}`
  expect(await get(at)).toMatchObject({
    status: 200,
    body: {
      uses: 2,
      event: { command: 'make test' },
      recent: [{ command: 'make test' }, {}],
      complete: true,
    },
  })
  as(1001)
  expect(await get(at)).toMatchObject({ status: 404 })
})

test('ranked by the text as it is, or by words alone', async () => {
  const { get } = await world()
  const found = async (query: string) => (await get(`/api/v1/history/commands?${query}`)).body.total
  expect(await found('q=mk%20tst')).toBe(1)
  expect(await found('q=mk%20tst&match=words')).toBe(0)
  expect(await found('q=test%20make&match=words')).toBe(1)
  expect(await found('q=test%20make&match=exact')).toBe(0)
  expect(await found('q=MAKE%20test&match=exact')).toBe(1)
})
