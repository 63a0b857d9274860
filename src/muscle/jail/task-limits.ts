// Limits of tasks for jails without a user namespace. The kernel counts the tasks of the whole user, so the limits follow what others have.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import type { Timers } from '../../base/clock.ts'

/** Milliseconds between looks. Until the next one a jail has the room that others left, and lacks the room that they took. */
const LOOK_MS = 1000
/** Both keepers of a jail are tasks of its user, and not its own. */
const KEEPERS = 2

type SetLimit = (pid: number, most: number) => void

export interface TaskLimits {
  /** The limit for a jail of `tasks` that is about to begin. */
  first(tasks: number): number
  /** Follows the jail of a keeper until the returned function is called. `setLimit` is asked to set the limit of each of its processes. */
  follow(keeper: number, tasks: number, setLimit: SetLimit): () => void
}

/** `uid`: whom jails run as. `proc`: where the kernel shows processes. */
export function createTaskLimits(uid: number, timers: Timers, proc = '/proc'): TaskLimits {
  const followed = new Map<number, { readonly tasks: number; readonly setLimit: SetLimit }>()
  let cancel: (() => void) | undefined

  const look = (): void => {
    // What begins or ends in a jail during the look must not be taken for what others have, which would raise the limit: whatever was in it
    // before or afterwards is its own.
    const jails = [...followed].map(([keeper, asked]) => ({
      ...asked,
      own: new Set([keeper, ...descendantsOf(keeper, proc)]),
    }))
    const all = tasksOf(uid, proc)
    for (const { own } of jails) {
      const [keeper = 0] = own
      for (const pid of descendantsOf(keeper, proc)) own.add(pid)
    }
    for (const { own, tasks, setLimit } of jails) {
      const [, , ...jailed] = own
      const others = [...all].reduce((sum, [pid, threads]) => (own.has(pid) ? sum : sum + threads), 0)
      for (const pid of jailed) setLimit(pid, others + KEEPERS + tasks)
    }
    cancel = followed.size === 0 ? undefined : timers.after(LOOK_MS, look)
  }

  return {
    first: (tasks) => [...tasksOf(uid, proc).values()].reduce((sum, one) => sum + one, KEEPERS + tasks),
    follow(keeper, tasks, setLimit) {
      followed.set(keeper, { tasks, setLimit })
      cancel ??= timers.after(LOOK_MS, look)
      return () => {
        followed.delete(keeper)
        if (followed.size > 0) return
        cancel?.()
        cancel = undefined
      }
    },
  }
}

/** The threads of each process of the user. Those that do not show whose they are make it fewer. */
function tasksOf(uid: number, proc: string): ReadonlyMap<number, number> {
  const pids = readdirSync(proc).filter((name) => /^\d+$/.test(name))
  return new Map(pids.map((pid) => [Number(pid), threadsOf(`${proc}/${pid}/task`, uid)]))
}

/** None of a process that is another user's, hidden, or gone. */
function threadsOf(path: string, uid: number): number {
  try {
    const stat = statSync(path)
    // A directory has two links, and one more for each directory in it.
    return stat.uid === uid ? stat.nlink - 2 : 0
  } catch {
    return 0
  }
}

/** The nearest first. What a daemon leaves behind is a child of a keeper again. */
function* descendantsOf(pid: number, proc: string): Generator<number> {
  let tasks: string[] = []
  try {
    tasks = readdirSync(`${proc}/${pid}/task`)
  } catch {
    // The process has ended meanwhile.
  }
  let text = ''
  for (const task of tasks) {
    try {
      text += `${readFileSync(`${proc}/${pid}/task/${task}/children`, 'utf8')} `
    } catch {
      // This thread has ended meanwhile; the others still have their children.
    }
  }
  for (const child of text.split(' ').filter(Boolean).map(Number)) {
    yield child
    yield* descendantsOf(child, proc)
  }
}
