// Every process a test starts, so that each is ended by its own pid, also when the test throws.
import type { ChildProcess } from 'node:child_process'
import { afterAll } from 'vitest'

const alive = new Set<ChildProcess>()
const cleanups: ((failed: boolean) => void | Promise<void>)[] = []

/** Kills the child when the test file ends, or this process does. */
export function track<C extends ChildProcess>(child: C): C {
  if (child.pid === undefined) return child
  alive.add(child)
  child.once('exit', () => alive.delete(child))
  return child
}

/** Runs after all children of the file have ended, newest first; `failed` says whether any of its tests did. */
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

interface Task {
  readonly result?: { readonly state?: string }
  readonly tasks?: readonly Task[]
}
const anyFailed = (task: Task): boolean =>
  task.result?.state === 'fail' || (task.tasks ?? []).some((child) => anyFailed(child))

// biome-ignore lint/correctness/noEmptyPattern: vitest reads fixtures from this pattern and insists on one.
afterAll(async ({}, suite) => {
  const leaving = [...alive].map((child) => ended(child))
  killAll()
  await Promise.all(leaving)
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup(anyFailed(suite as Task))
})
