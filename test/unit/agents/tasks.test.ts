// Tasks: stored before anything happens, run at most once, and honest about what was under way when the daemon ended.
import { describe, expect, test } from 'vitest'
import { AFAR } from '../../../src/agents/tasks/afar.ts'
import { createTasks } from '../../../src/agents/tasks/tasks.ts'
import { isFinal, type Live, type Task } from '../../../src/agents/tasks/types.ts'
import { systemClock, systemRandom, systemTimers } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import type { Database } from '../../../src/store/level/database.ts'
import { createAgentRepository, isAgentRow } from '../../../src/store/tables/agents.ts'
import { ANN, BOB, TRACE } from '../../support/agents/rig.ts'
import { temporaryDatabase } from '../../support/data/database.ts'
import { until } from '../../support/run/until.ts'

const request = (more: object = {}) => ({
  person: ANN,
  agent: 'kExecutor:x' as const,
  tool: 'echo',
  input: { a: 1 },
  why: '',
  traceId: TRACE,
  ...more,
})
const finish = async (live: Live): Promise<void> => {
  await live.to('working', 'now')
  await live.to('completed', 'done', { result: '{"content":[]}' })
}
const tasksOf = (
  db: Database,
  drive: (live: Live) => Promise<void> = finish,
  { now = systemClock.now, monotonic = systemClock.monotonic, repository = createAgentRepository(db) } = {},
) =>
  createTasks({
    repository,
    drive,
    clock: { now, monotonic },
    // What waits for the disk waits a moment.
    timers: { after: (_ms, run) => systemTimers.after(10, run) },
    random: systemRandom,
    log: silentLog,
  })
const over = (tasks: ReturnType<typeof tasksOf>, id: string, person = ANN): Promise<Task> =>
  until(
    async () => {
      const task = await tasks.get(person, id)
      return isFinal(task.state) && task
    },
    { what: 'the task is over' },
  )

describe('a task', () => {
  test('runs once under its id, also if it is given twice at the same moment', async () => {
    let runs = 0
    const tasks = tasksOf(await temporaryDatabase(), async (live) => {
      runs += 1
      await finish(live)
    })
    const both = await Promise.all([tasks.run(request({ id: 'one' })), tasks.run(request({ id: 'one' }))])
    expect(both.map(({ id }) => id)).toEqual(['one', 'one'])
    await over(tasks, 'one')
    expect(await tasks.run(request({ id: 'one' }))).toMatchObject({ state: 'completed' })
    expect(runs).toBe(1)
    for (const other of [{ tool: 'other' }, { input: { a: 2 } }, { agent: 'kExecutor:y' }])
      await expect(tasks.run(request({ id: 'one', ...other }))).rejects.toMatchObject({ code: 'conflict' })
    // Ids of others are theirs.
    expect(await tasks.run(request({ id: 'one', person: BOB, tool: 'other' }))).toMatchObject({ id: 'one' })
  })

  test('shows an event only when it is stored, with its result', async () => {
    const tasks = tasksOf(await temporaryDatabase())
    for (let n = 0; n < 20; n += 1) {
      const { id } = await tasks.run(request())
      await over(tasks, id)
      expect(await tasks.result(ANN, id)).toBe('{"content":[]}')
    }
  })

  test.each([
    ['submitted', 'before the task ran', ANN],
    ['input-required', 'before the task ran', ANN],
    ['working', 'while it ran', ANN],
    ['working', 'while it ran', AFAR],
  ] as const)(
    'that was %s when the daemon died is failed, and never run again',
    async (state, why, person) => {
      const db = await temporaryDatabase()
      const dead = tasksOf(db, async (live) => {
        if (state !== 'submitted') await live.to(state, 'now')
        // As with a kill: nobody says how it ends.
        await new Promise(() => {})
      })
      await dead.run(request({ id: 'one', person }))
      await until(async () => (await dead.get(person, 'one')).state === state, { what: state })
      let runs = 0
      const tasks = tasksOf(db, async () => {
        runs += 1
      })
      await tasks.recover()
      const [task] = await tasks.list()
      expect(task).toMatchObject({ id: 'one', state: 'failed' })
      expect(task?.events.at(-1)?.message).toContain(why)
      expect(await tasks.run(request({ id: 'one', person }))).toMatchObject({ state: 'failed' })
      expect(runs).toBe(0)
    },
  )

  test('whose end the disk does not take ends when it does, once, and with its result', async () => {
    const db = await temporaryDatabase()
    const stored = createAgentRepository(db)
    let refused = 0
    let isFull = false
    const tasks = tasksOf(
      db,
      async (live) => {
        await live.to('working', 'now')
        isFull = true
        // As what drives it does: it does not know whose fault that is.
        await live
          .to('completed', 'done', { result: '{"content":[]}' })
          .catch(() => live.to('failed', 'it did not run'))
      },
      {
        repository: {
          ...stored,
          async putTask(...given) {
            if (!isFull) return stored.putTask(...given)
            refused += 1
            throw new Error('the disk is full')
          },
        },
      },
    )
    const told: string[] = []
    tasks.onEvent((_, { state }) => told.push(state))
    const { id } = await tasks.run(request())
    await tasks.ended(ANN, id)
    await until(() => refused > 2, { what: 'it was tried again' })
    expect(await tasks.get(ANN, id)).toMatchObject({ state: 'working' })
    isFull = false
    expect(await over(tasks, id)).toMatchObject({ state: 'completed', seq: 3 })
    expect(await tasks.result(ANN, id)).toBe('{"content":[]}')
    expect(told).toEqual(['submitted', 'working', 'completed'])
  })

  test('ends with the daemon and says so', async () => {
    const tasks = tasksOf(await temporaryDatabase(), async (live) => {
      await live.to('working', 'now')
      await until(() => live.signal.aborted, { what: 'it is ended' })
      await live.to('failed', String(live.signal.reason))
    })
    const { id } = await tasks.run(request())
    await tasks.end('the daemon was stopped')
    expect((await tasks.get(ANN, id)).events.at(-1)).toMatchObject({ message: 'the daemon was stopped' })
    await expect(tasks.run(request())).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('keeps its last events, and drops progress before anything else', async () => {
    const tasks = tasksOf(await temporaryDatabase(), async (live) => {
      await live.to('working', 'now')
      for (let n = 0; n < 150; n += 1) await live.to('working', `again ${n}`)
      await live.to('completed', 'done')
    })
    const { id } = await tasks.run(request())
    const { events, seq } = await over(tasks, id)
    expect(events).toHaveLength(100)
    expect(seq).toBe(153)
    expect(events.at(-1)).toMatchObject({ seq: 153, state: 'completed' })
  })

  test('is bounded for each person: under way', async () => {
    const db = await temporaryDatabase()
    const held = tasksOf(db, () => new Promise(() => {}))
    for (let n = 0; n < 32; n += 1) await held.run(request())
    await expect(held.run(request())).rejects.toMatchObject({ code: 'rate_limited' })
    expect(await held.run(request({ person: BOB }))).toMatchObject({ state: 'submitted' })
  })

  test.each([
    ['and in a day', 86_400_001, 0],
    ['and in a day, also once a clock that was ahead is right again', -366 * 86_400_000, 86_400_001],
  ])('is bounded for each person: %s', async (_, leap, passed) => {
    let now = systemClock.now()
    let monotonic = 0
    const full = await temporaryDatabase()
    const repository = createAgentRepository(full)
    const ids = Array.from({ length: 2_000 }, (_, n) => `old-${n}`)
    for (const id of ids)
      await repository.putTask(
        {
          uid: ANN,
          id,
          agent: 'kExecutor:x',
          tool: 'echo',
          input: '{}',
          why: '',
          trace_id: TRACE,
          state: 'completed',
          seq: 1,
          events: [],
          approval: null,
          created_at: now,
          ended_at: now,
        },
        { lazy: true },
      )
    const tasks = tasksOf(full, (live) => live.to('completed', 'done'), {
      now: () => now,
      monotonic: () => monotonic,
    })
    await tasks.recover()
    await expect(tasks.run(request())).rejects.toThrow(/within a day/)
    // A clock that is behind makes nothing old.
    now -= 9 * 86_400_000
    await expect(tasks.run(request())).rejects.toThrow(/within a day/)
    now += 9 * 86_400_000 + leap
    monotonic += passed
    await tasks.run(request({ id: 'next' }))
    await expect(tasks.get(ANN, ids[0] as string)).rejects.toMatchObject({ code: 'not_found' })
    expect(await tasks.get(ANN, ids[1_999] as string)).toMatchObject({ state: 'completed' })
  })

  test('is of its person alone', async () => {
    const tasks = tasksOf(await temporaryDatabase())
    const { id } = await tasks.run(request())
    await over(tasks, id)
    await expect(tasks.get(BOB, id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(tasks.cancel(BOB, id)).rejects.toMatchObject({ code: 'not_found' })
    expect(await tasks.list(BOB)).toEqual([])
    expect(await tasks.list()).toHaveLength(1)
  })

  test('has no strange id', async () => {
    const tasks = tasksOf(await temporaryDatabase())
    for (const id of ['', '../x', 'a b', 'x'.repeat(65)])
      await expect(tasks.run(request({ id }))).rejects.toMatchObject({ code: 'bad_request' })
  })
})

test('a damaged row is no task, and is left out of a repair', async () => {
  const db = await temporaryDatabase()
  const tasks = tasksOf(db)
  const { id } = await tasks.run(request())
  await over(tasks, id)
  const rows = await db.iterator().all()
  for (const [key, value] of rows) expect(isAgentRow(key, value)).toBe(true)
  for (const [key, value] of rows.slice(0, 1)) await db.put(key, value.subarray(0, 3))
  await expect(tasks.list(ANN)).resolves.toEqual([])
})
