// Limits of tasks for jails without a user namespace. The kernel counts the tasks of the whole user, so the limits follow what others have.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import type { Timers } from '../../base/clock.ts'
import type { SetTaskLimit } from '../../base/kernel/task-limit.ts'

/** Milliseconds between looks. Until the next one a jail has the room that others left, and lacks the room that they took. */
const LOOK_MS = 1000
/** Both keepers of a jail are tasks of its user, and not its own. */
const KEEPERS = 2

export interface TaskLimits {
  /** The limit for a jail of `tasks` that is about to begin. */
  first(tasks: number): number
  /** Follows the jail of a keeper until the returned function is called. */
  follow(keeper: number, tasks: number): () => void
}

/** `uid`: whom jails run as. */
export function createTaskLimits(uid: number, setLimit: SetTaskLimit, timers: Timers): TaskLimits {
  const followed = new Map<number, number>()
  let cancel: (() => void) | undefined

  const look = (): void => {
    const all = tasksOf(uid)
    for (const [keeper, tasks] of followed) {
      const [second, ...jailed] = [...descendantsOf(keeper)]
      if (second === undefined) continue
      const own = [keeper, second, ...jailed].reduce((sum, pid) => sum + threadsOf(pid, uid), 0)
      for (const pid of jailed) setLimit(pid, all - own + KEEPERS + tasks)
    }
    cancel = followed.size === 0 ? undefined : timers.after(LOOK_MS, look)
  }

  return {
    first: (tasks) => tasksOf(uid) + KEEPERS + tasks,
    follow(keeper, tasks) {
      followed.set(keeper, tasks)
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

/** Processes and threads of the user. Those that do not show whose they are make it fewer. */
function tasksOf(uid: number): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.reduce((sum, pid) => sum + threadsOf(Number(pid), uid), 0)
}

/** None of a process that is another user's, or gone. */
function threadsOf(pid: number, uid: number): number {
  const stat = statSync(`/proc/${pid}/task`, { throwIfNoEntry: false })
  // A directory has two links, and one more for each directory in it.
  return stat?.uid === uid ? stat.nlink - 2 : 0
}

/** The nearest first. What a daemon leaves behind is a child of a keeper again. */
function* descendantsOf(pid: number): Generator<number> {
  let text = ''
  try {
    for (const task of readdirSync(`/proc/${pid}/task`))
      text += `${readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')} `
  } catch {
    // It has ended meanwhile.
  }
  for (const child of text.split(' ').filter(Boolean).map(Number)) {
    yield child
    yield* descendantsOf(child)
  }
}
