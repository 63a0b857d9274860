// Tasks of this node: each is stored before anything happens, runs at most once, and ends honestly when the daemon does not.
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { createListeners } from '../../base/run/listeners.ts'
import type { AgentRepository, TaskRow } from '../../store/tables/agents.ts'
import { type AgentId, RightEnded } from '../types.ts'
import { AFAR, holderOf } from './afar.ts'
import { canonicalJson } from './canonical.ts'
import { taskOf, trimmed } from './rows.ts'
import { isFinal, type Live, type Task, type TaskEvent, type TaskRequest, type TaskState } from './types.ts'

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
/** Tasks that one person, those of other machines together, and all people may have under way. */
const MOST_LIVE = { ofOne: 32, afar: 64, ofAll: 256 }
/** Tasks of one person that are kept; finished ones give way to newer ones when they are a day old. */
const MOST_KEPT = 2_000
const KEPT_MS = 86_400_000
/** Milliseconds between events of progress of one task; what comes between them is left out. */
const PROGRESS_MS = 200
/** Milliseconds until an end that the disk did not take is written again. */
const AGAIN_MS = 3_000
/** Why a task or an agent ends, for people. */
export const TAKEN_BACK = 'a grant or a secret that it needs was taken back'

/** What was taken back: something of this one person, or this capability, so that what rests on others goes on. */
export interface Taken {
  readonly person?: number
  /** Its id. */
  readonly capability?: string
}

/** When a task ended, and since when this start knows of it (monotonic, ms); undefined while it is under way. */
type Known = { readonly at: number; readonly knownSince: number } | undefined

export interface TasksDeps extends Pick<Ambient, 'clock' | 'timers' | 'random' | 'log'> {
  readonly repository: Pick<AgentRepository, 'putTask' | 'task' | 'tasks' | 'result' | 'removeTasks'>
  /** Brings it to its end. Never rejects. */
  readonly drive: (live: Live, sessions: readonly string[] | undefined) => Promise<void>
}

interface Running {
  /** As it is written last; it may be on its way to the disk. */
  row: TaskRow
  /** As it is on the disk, which is all that is shown; undefined before the first write. */
  stored: TaskRow | undefined
  readonly control: AbortController
  /** Capabilities by which it was let through, or waits for a person. */
  by: readonly string[]
  /** Capabilities that were taken back; one may be before it is told that the task rests on it. */
  readonly taken: Set<string>
  readonly over: Promise<void>
  progressAt: number
  /** The first write. */
  begun: Promise<void>
  /** Writes go one after the other. */
  written: Promise<void>
}

export type Tasks = ReturnType<typeof createTasks>

export function createTasks({ repository, drive, clock, timers, random, log }: TasksDeps) {
  const events = createListeners<[task: Task, event: TaskEvent]>()
  const live = new Map<string, Running>()
  /** Tasks that are being stored for the first time. */
  const beginning = new Map<string, Promise<Task>>()
  /** By whose share of the bounds each known task counts in. */
  const known = new Map<string, Map<string, Known>>()
  /** Why everything ends, once it does. */
  let ending: string | undefined

  const endOf = (at: number): Known => ({ at, knownSince: clock.monotonic() })
  const keyOf = (person: number, id: string): string => `${person} ${id}`
  const idsOf = (person: number, id: string): Map<string, Known> => {
    const holder = holderOf(person, id)
    const ids = known.get(holder) ?? new Map()
    known.set(holder, ids)
    return ids
  }

  function put(
    running: Pick<Running, 'row' | 'stored' | 'written'>,
    event: Omit<TaskEvent, 'seq' | 'at'>,
    more: { readonly approval?: string; readonly result?: string; readonly lazy?: true } = {},
  ): Promise<void> {
    const { row } = running
    const { approval = row.approval, ...kept } = more
    // It ended, and the disk did not take that: a later state, told because that write failed, is not how it ended.
    if (isFinal(row.state as TaskState)) return running.written
    const told: TaskEvent = { ...event, seq: row.seq + 1, at: clock.now() }
    const final = isFinal(event.state)
    running.row = {
      ...row,
      state: event.state,
      seq: told.seq,
      events: trimmed([...row.events, told]),
      approval,
      ended_at: final ? told.at : null,
    }
    const stored = running.row
    const store = async (): Promise<void> => {
      await repository.putTask(stored, kept)
      running.stored = stored
      if (final) idsOf(row.uid, row.id).set(row.id, endOf(told.at))
      // Whoever hears of an event finds it in the store.
      events.tell(taskOf(stored), told)
    }
    // Else whoever follows the task would wait for ever, and its result would be lost.
    const again = () =>
      timers.after(AGAIN_MS, () => {
        if (ending === undefined && idsOf(row.uid, row.id).has(row.id)) store().catch(again)
      })
    running.written = running.written.catch(() => {}).then(store)
    if (final) running.written.catch(again)
    return running.written
  }

  function begin(row: TaskRow, sessions: readonly string[] | undefined): Running {
    const over = Promise.withResolvers<void>()
    const running: Running = {
      row,
      stored: undefined,
      control: new AbortController(),
      over: over.promise,
      by: [],
      taken: new Set(),
      progressAt: Number.NEGATIVE_INFINITY,
      written: Promise.resolve(),
      begun: Promise.resolve(),
    }
    const handle: Live = {
      task: () => taskOf(running.row),
      signal: running.control.signal,
      withdraw: (why) => running.control.abort(new RightEnded(why)),
      restsOn(capabilities) {
        running.by = capabilities
        if (capabilities.some((id) => running.taken.has(id)))
          running.control.abort(new RightEnded(TAKEN_BACK))
      },
      to: (state, message, more) => put(running, { state, message, progress: null }, more),
      progress(done, total, message) {
        const now = clock.monotonic()
        if (now < running.progressAt + PROGRESS_MS || !Number.isFinite(done)) return
        running.progressAt = now
        const progress = { done, total: total !== null && Number.isFinite(total) ? total : null }
        put(running, { state: running.row.state as TaskState, message, progress }, { lazy: true }).catch(
          (error: Error) => log.warn({ reason: error.message }, 'progress of a task was not stored'),
        )
      },
    }
    live.set(keyOf(row.uid, row.id), running)
    running.begun = put(running, { state: 'submitted', message: null, progress: null })
    void (async () => {
      try {
        await running.begun
        await drive(handle, sessions)
      } catch (error) {
        log.error({ trace_id: row.trace_id, reason: (error as Error).message }, 'a task could not be stored')
      } finally {
        live.delete(keyOf(row.uid, row.id))
        over.resolve()
      }
    })()
    return running
  }

  /** Throws KaroError `rate_limited` when the person has too many that are younger than a day. */
  async function makeRoom(person: number, id: string): Promise<void> {
    const ids = idsOf(person, id)
    const rows = [...live.values()].map(({ row }) => row)
    const mine = rows.filter((row) => holderOf(row.uid, row.id) === holderOf(person, id)).length
    const afar = person === AFAR ? rows.filter(({ uid }) => uid === AFAR).length : 0
    if (mine >= MOST_LIVE.ofOne || afar >= MOST_LIVE.afar || rows.length >= MOST_LIVE.ofAll)
      throw new KaroError('rate_limited', 'too many tasks are under way', {
        hint: 'Wait for one to end, or cancel one: karo task list.',
      })
    if (ids.size < MOST_KEPT) return
    const old = [...ids]
      // One that ended in the future may have ended while the clock was ahead, or the clock is behind now.
      .filter(
        ([, end]) => end && (clock.now() - end.at > KEPT_MS || clock.monotonic() - end.knownSince > KEPT_MS),
      )
      .map(([id]) => id)
      .slice(0, MOST_KEPT / 10)
    if (old.length === 0)
      throw new KaroError('rate_limited', `you have given ${MOST_KEPT} tasks within a day`, {
        hint: 'Ids of tasks are remembered for a day, so that none runs twice. Try again later.',
      })
    await repository.removeTasks(person, old)
    for (const id of old) ids.delete(id)
  }

  async function find(person: number, id: string): Promise<TaskRow> {
    const row = live.get(keyOf(person, id))?.stored ?? (await repository.task(person, id))
    if (row !== undefined) return row
    throw new KaroError('not_found', `there is no task '${id}' of yours`, {
      hint: 'karo task list shows yours, and to administrators the state of others.',
    })
  }

  async function abort(which: readonly Running[], why?: string): Promise<void> {
    for (const { control } of which) control.abort(why)
    await Promise.all(which.map(({ over }) => over))
  }

  return {
    /** Tasks that were under way when the daemon ended are `failed` from now on: none is run again. */
    async recover() {
      for (const row of await repository.tasks()) {
        idsOf(row.uid, row.id).set(row.id, row.ended_at === null ? undefined : endOf(row.ended_at))
        if (isFinal(row.state as TaskState)) continue
        const message =
          row.state === 'working'
            ? 'the daemon ended while it ran; how far it came is not known, and it is not run again'
            : 'the daemon ended before the task ran; it will not run'
        const left = { row, stored: row, written: Promise.resolve() }
        await put(left, { state: 'failed', message, progress: null })
      }
    },
    /**
     * Stores the task and drives it. A second request with the id of a task returns that task, whatever became of it.
     * Rejects with KaroError: `bad_request`, `conflict` (the id is of another task), `rate_limited`.
     */
    async run({
      id = `t-${toHex(random.bytes(8))}`,
      person,
      agent,
      tool,
      ...rest
    }: TaskRequest & { readonly agent: AgentId }) {
      const { input, why, sessions, by, traceId } = rest
      if (!ID.test(id))
        throw new KaroError('bad_request', 'an id has at most 64 letters, digits and . _ -', { where: 'id' })
      if (ending !== undefined) throw new KaroError('unavailable', ending)
      const text = canonicalJson(input)
      const ids = idsOf(person, id)
      if (ids.has(id)) {
        await beginning.get(keyOf(person, id))
        const row = await find(person, id)
        if (row.agent === agent && row.tool === tool && row.input === text) return taskOf(row)
        throw new KaroError('conflict', 'that id is of another task of yours', {
          hint: 'Choose another id, or none.',
        })
      }
      // Taken before anything is waited for, so that a second request at the same moment is a retry.
      ids.set(id, undefined)
      const key = keyOf(person, id)
      const first = (async () => {
        await makeRoom(person, id)
        const row = {
          uid: person,
          id,
          agent,
          tool,
          input: text,
          why,
          trace_id: traceId,
          state: 'submitted',
          seq: 0,
          events: [],
          approval: null,
          created_at: clock.now(),
          ended_at: null,
          ...(by !== undefined && { by }),
        }
        const running = begin(row, sessions)
        await running.begun
        return taskOf(running.stored ?? running.row)
      })()
      beginning.set(key, first)
      try {
        return await first
      } catch (error) {
        ids.delete(id)
        throw error
      } finally {
        beginning.delete(key)
      }
    },
    /** The newest first. `prefix`: only those whose ids begin so; no others are read. */
    async list(person?: number, prefix?: string) {
      const rows = await repository.tasks(person, prefix)
      return rows
        .map((row) => taskOf(live.get(keyOf(row.uid, row.id))?.stored ?? row))
        .sort((a, b) => b.createdAt - a.createdAt)
    },
    /** Rejects with KaroError `not_found`. */
    get: async (person: number, id: string) => taskOf(await find(person, id)),
    /** JSON of the CallToolResult; undefined for a task without one. */
    result: (person: number, id: string) => repository.result(person, id),
    /** Resolves when it is over; a task that is over already stays as it is. Rejects with KaroError `not_found`. */
    async cancel(person: number, id: string) {
      const running = live.get(keyOf(person, id))
      running?.control.abort()
      await running?.over
      return taskOf(await find(person, id))
    },
    /** Resolves when nothing drives it any more, also where its last state could not be stored; at once for any other. */
    ended: async (person: number, id: string) => live.get(keyOf(person, id))?.over,
    /** The state of each that is under way, of everybody. */
    open: () => [...live.values()].map(({ row }) => row.state as TaskState),
    /** Fires with each event; `task` is as it is with it. */
    onEvent: events.on,
    /** Ends what this agent has under way, of everybody or of one person: it may not go on. */
    withdraw(agent: string, { person, capability }: Taken) {
      for (const { row, control, by, taken } of live.values()) {
        if (row.agent !== agent || (person ?? row.uid) !== row.uid) continue
        if (capability !== undefined) taken.add(capability)
        if (capability === undefined || by.includes(capability)) control.abort(new RightEnded(TAKEN_BACK))
      }
    },
    /** Ends all that is under way, which then says so. */
    async end(why: string) {
      ending = why
      await abort([...live.values()], why)
    },
    /** Everything of this person is gone. */
    async forget(person: number) {
      await abort([...live.values()].filter(({ row }) => row.uid === person))
      known.delete(String(person))
    },
  }
}
