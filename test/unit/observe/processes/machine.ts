// A machine in memory for the process watch: processes that begin, grow, change and end, and a clock that tests turn.
import type { Clock } from '../../../../src/base/clock.ts'
import type { Proc } from '../../../../src/observe/processes/proc.ts'
import type { HookedShell } from '../../../../src/observe/record/index.ts'

interface Running {
  name: string
  state: string
  parent: number
  uid: number
  group: number
  /** Of a shell: the group in its terminal's foreground. */
  foreground: number
  cpuMs: number
  startedMs: number
  peak: number | undefined
  own?: boolean
}

/** 2026-11-20 08:15 UTC. */
export const MORNING = 1_795_162_500_000

export function machine(uptimeMs = 1_000_000) {
  const running = new Map<number, Running>()
  let up = uptimeMs
  let wall = MORNING
  let reads = 0
  const clock: Clock = { now: () => wall, monotonic: () => up }
  const proc: { -readonly [name in keyof Proc]: Proc[name] } = {
    uptimeMs: () => up,
    stat(pid) {
      reads++
      const one = running.get(pid)
      return one && { ...one, threads: 1, foreground: running.get(shellOf(pid))?.foreground ?? -1 }
    },
    children(pid) {
      reads++
      return [...running].filter(([, { parent }]) => parent === pid).map(([child]) => child)
    },
    peakBytes(pid) {
      reads++
      return running.get(pid)?.peak
    },
    userOf: (pid) => running.get(pid)?.uid,
    isOwn: (pid) => running.get(pid)?.own === true,
  }

  /** Up the parents to the one that has a terminal. */
  function shellOf(pid: number): number {
    for (let at = pid; ; ) {
      const one = running.get(at)
      if (one === undefined || one.foreground >= 0) return at
      at = one.parent
    }
  }

  return {
    clock,
    proc,
    reads: () => reads,
    /** Time goes by; `wallMs` more than that where somebody sets the clock. */
    pass(ms: number, wallMs = ms) {
      up += ms
      wall += wallMs
    },
    now: () => wall,
    /** A process begins now. */
    run(pid: number, name: string, parent: number, more: Partial<Running> = {}) {
      running.set(pid, {
        name,
        parent,
        state: 'S',
        uid: 1000,
        group: pid,
        foreground: -1,
        cpuMs: 0,
        startedMs: up,
        peak: 1_000_000,
        ...more,
      })
    },
    change(pid: number, more: Partial<Running>) {
      Object.assign(running.get(pid)!, more)
    },
    end(pid: number) {
      running.delete(pid)
    },
    /** A hooked shell begins now, at its prompt. */
    shell(pid: number, name = 'bash', uid = 1000): HookedShell {
      this.run(pid, name, 1, { foreground: pid, uid })
      return { uid, person: uid, pid, born: wall * 1000, written: 0, paused: false }
    },
  }
}
