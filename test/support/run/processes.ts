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

/** Each process of this machine with its parent. The list of children that the kernel keeps leaves some out while others end. */
function parents(): [pid: number, parent: number][] {
  return readdirSync('/proc').flatMap((pid) => {
    const parent = /^PPid:\t(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1]
    return parent === undefined ? [] : [[Number(pid), Number(parent)] as [number, number]]
  })
}

/** Pids of its children; none of a process that is gone. */
export const childrenOf = (pid: number): number[] =>
  parents().flatMap(([child, parent]) => (parent === pid ? [child] : []))

/** Pids of its children and of theirs, the nearest first. */
export function descendantsOf(pid: number): number[] {
  const all = parents()
  const found = [pid]
  for (const one of found) found.push(...all.flatMap(([child, parent]) => (parent === one ? [child] : [])))
  return found.slice(1)
}

/** Its command line; empty for a process that is gone. */
export const wordsOf = (pid: number): string[] => read(`/proc/${pid}/cmdline`).split('\0')

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** `R`, `S`, `T`, …: proc_pid_stat(5), field 3. */
export function stateOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2)[0]
}
