// Limits of tasks for jails that share the machine's processes, on a tree like /proc of which the test decides what is there.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createTaskLimits } from '../../../src/muscle/jail/landlock.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

const uid = process.getuid?.() ?? 0

/** Processes as the kernel shows them, and limits of tasks whose looks the test makes. */
function machine(setLimit: (pid: number, most: number) => void = () => {}) {
  const proc = temporaryDirectory()
  let look = (): void => {}
  return {
    limits: createTaskLimits(
      uid,
      {
        after(_, run) {
          look = run
          return () => {}
        },
      },
      proc,
    ),
    setLimit,
    look: () => look(),
    proc,
    /** A process with as many threads, and its children, which are those of its last thread. */
    put(pid: number, threads: number, children: readonly number[] = []) {
      for (let thread = 0; thread < threads; thread++) {
        const directory = join(proc, String(pid), 'task', String(pid + thread))
        mkdirSync(directory, { recursive: true })
        writeFileSync(join(directory, 'children'), thread === threads - 1 ? `${children.join(' ')} ` : '')
      }
    },
    end: (pid: number) => rmSync(join(proc, String(pid)), { recursive: true }),
  }
}

test('what ends in a jail during the look does not raise its limit', () => {
  const told = new Map<number, number>()
  const { limits, setLimit, look, put, end } = machine((pid, most) => {
    told.set(pid, most)
    // The limit of the first jail is set, and processes of the second one end meanwhile.
    if (pid === 300) for (const gone of [700, 701]) end(gone)
  })
  put(100, 1, [200])
  put(200, 1, [300])
  put(300, 1)
  put(400, 1, [500])
  put(500, 1, [600])
  put(600, 1, [700, 701])
  for (const pid of [700, 701]) put(pid, 10)
  put(900, 5)
  limits.follow(100, 8, setLimit)
  limits.follow(400, 8, setLimit)
  look()
  // Five of another process, those of the other jail and its keepers, both keepers of this one, and eight.
  expect(told.get(300)).toBe(5 + 23 + 2 + 8)
  expect(told.get(600)).toBe(5 + 3 + 2 + 8)
})

test('a process that may not be looked at counts for nothing and stops no look', () => {
  const told = new Map<number, number>()
  const { limits, setLimit, look, put, proc } = machine((pid, most) => void told.set(pid, most))
  put(100, 1, [200])
  put(200, 1, [300])
  put(300, 1)
  mkdirSync(join(proc, '900'))
  // Leads to itself, so that every look at it is an error, which is not that nothing is there.
  symlinkSync('task', join(proc, '900/task'))
  expect(limits.first(8)).toBe(3 + 2 + 8)
  limits.follow(100, 8, setLimit)
  look()
  expect(told.get(300)).toBe(2 + 8)
})

test('a thread that is gone hides no children of the others', () => {
  const told = new Map<number, number>()
  const { limits, setLimit, look, put, proc } = machine((pid, most) => void told.set(pid, most))
  put(100, 2, [200])
  rmSync(join(proc, '100/task/100/children'))
  put(200, 1, [300])
  put(300, 1)
  limits.follow(100, 8, setLimit)
  look()
  expect(told.get(300)).toBe(2 + 8)
})
