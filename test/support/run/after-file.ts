// After each test file: ends every process it started, and cleans up behind them.
import { afterAll } from 'vitest'
import { endAll } from './processes.ts'

interface Task {
  readonly result?: { readonly state?: string }
  readonly tasks?: readonly Task[]
}
const anyFailed = (task: Task): boolean =>
  task.result?.state === 'fail' || (task.tasks ?? []).some((child) => anyFailed(child))

// biome-ignore lint/correctness/noEmptyPattern: vitest reads fixtures from this pattern and insists on one.
afterAll(async ({}, suite) => {
  await endAll(anyFailed(suite as Task))
})
