// Every process a test or benchmark starts, so that each is ended by its own pid, also when something throws.
import type { ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const alive = new Set<ChildProcess>()
const cleanups: ((failed: boolean) => void | Promise<void>)[] = []

/** Kills the child at the end of the test file or benchmark, or of this process. */
export function track<C extends ChildProcess>(child: C): C {
  if (child.pid === undefined) return child
  alive.add(child)
  child.once('exit', () => alive.delete(child))
  return child
}

/** Runs after all children have ended, newest first; `failed` says whether any test of the file did. */
export function atEnd(cleanup: (failed: boolean) => void | Promise<void>): void {
  cleanups.push(cleanup)
}

/** Resolves when the child is gone and its output was read. */
export function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve({ code: child.exitCode, signal: child.signalCode })
  }
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
}

function killAll(): void {
  for (const child of alive) child.kill('SIGKILL')
}
process.once('exit', killAll)

/** Ends every tracked child and runs the cleanups; `failed` is told to them. */
export async function endAll(failed: boolean): Promise<void> {
  const leaving = [...alive].map((child) => ended(child))
  killAll()
  await Promise.all(leaving)
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup(failed)
}

/** Pids of the children of a process, whichever of its threads started them; none of one that is gone. */
export function childrenOf(pid: number): number[] {
  try {
    const tasks = `/proc/${pid}/task`
    const lists = readdirSync(tasks).map((task) => readFileSync(`${tasks}/${task}/children`, 'utf8'))
    return lists.join(' ').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** The nearest first. */
export const descendantsOf = (pid: number): number[] =>
  childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)])

/** Its command line; empty for a process that is gone. */
export function wordsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}
