// What is read of /proc, and nothing else is: names, parents, times and memory of processes; proc(5).
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { partsOfStat } from '../../base/run/proc-stat.ts'

export interface ProcStat {
  readonly name: string
  /** proc(5): `R` runs, `S` waits, `Z` has ended and is not yet taken leave of. */
  readonly state: string
  readonly group: number
  /** The process group in the foreground of its terminal; -1 without one. */
  readonly foreground: number
  /** In user and kernel mode, all threads. */
  readonly cpuMs: number
  /** Since the machine booted, in ms: with the pid it tells a process from all others. */
  readonly startedMs: number
  readonly threads: number
}

/** USER_HZ, the same on every Linux architecture Node runs on. */
const TICK_MS = 10
/** Enough for `stat`, and for the lines of `status` that are looked at; one list of children may need several. */
const PIECE = 4096
const CHILDREN_MAX = 1024
/** Each thread has a list of its own; programs that start others from more threads than this are not looked through. */
const THREADS_MAX = 16

/** What Node, from 24 on, calls its first thread, and the kernel then the process, whatever program that runs. */
const THREAD_OF_NODE = 'MainThread'
/** Under these Karo's program can be seen. */
const NAMES_OF_NODE: ReadonlySet<string> = new Set([THREAD_OF_NODE, 'node', 'karo'])
/** `… karo.js guard ask …`, `… karo history --interactive …`: the first words of what the hooks run; proc(5), cmdline. */
const OWN = /^(?:[^\0]*\0){0,2}[^\0]*\/karo(?:\.js)?\0(?:guard\0ask|history\0--interactive)\0/
/** As long as the kernel lets names be. */
const NAME_MAX = 15

export type Proc = ReturnType<typeof createProc>

export function createProc(root = '/proc') {
  const buffer = Buffer.allocUnsafe(PIECE)

  /** The beginning of a file, up to one piece. Undefined when it cannot be read. */
  function read(path: string): string | undefined {
    let fd: number
    try {
      fd = openSync(`${root}/${path}`, 'r')
    } catch {
      return undefined
    }
    try {
      return buffer.toString('utf8', 0, readSync(fd, buffer, 0, PIECE, 0))
    } catch {
      // The process has ended meanwhile.
      return undefined
    } finally {
      closeSync(fd)
    }
  }

  function childrenOf(pid: number, thread: number, found: number[]): void {
    let fd: number
    try {
      fd = openSync(`${root}/${pid}/task/${thread}/children`, 'r')
    } catch {
      return
    }
    try {
      let half = ''
      for (let at = 0; found.length < CHILDREN_MAX; ) {
        const length = readSync(fd, buffer, 0, PIECE, at)
        if (length === 0) break
        at += length
        const pids = (half + buffer.toString('latin1', 0, length)).split(' ')
        half = pids.pop() ?? ''
        for (const each of pids) if (found.length < CHILDREN_MAX) found.push(Number(each))
      }
    } catch {
      // The process has ended meanwhile.
    } finally {
      closeSync(fd)
    }
  }

  return {
    /** Since the machine booted, on the clock of `startedMs`; undefined where there is no /proc. */
    uptimeMs() {
      const seconds = Number.parseFloat(read('uptime') ?? '')
      return Number.isFinite(seconds) ? Math.round(seconds * 1000) : undefined
    },

    /** Undefined when it is gone, or hidden from this process. */
    stat(pid: number) {
      const stat = parseStat(read(`${pid}/stat`) ?? '')
      if (stat?.name !== THREAD_OF_NODE) return stat
      try {
        return { ...stat, name: basename(readlinkSync(`${root}/${pid}/exe`)).slice(0, NAME_MAX) }
      } catch (error) {
        // Of another user's process nobody may know the program. One that is ending has let go of it already.
        return (error as NodeJS.ErrnoException).code === 'ENOENT' ? { ...stat, state: 'X' } : stat
      }
    },

    /** At most `CHILDREN_MAX`; empty when it is gone. */
    children(pid: number, threads: number) {
      const found: number[] = []
      if (threads <= 1) {
        childrenOf(pid, pid, found)
        return found
      }
      let tasks: string[] = []
      try {
        tasks = readdirSync(`${root}/${pid}/task`)
      } catch {
        // The process has ended meanwhile.
      }
      for (const task of tasks.slice(0, THREADS_MAX)) childrenOf(pid, Number(task), found)
      return found
    },

    /** The most it has held at once, in bytes; undefined when it is gone or has no memory of its own. */
    peakBytes(pid: number) {
      const kib = /^VmHWM:\s*(\d{1,15}) kB$/m.exec(read(`${pid}/status`) ?? '')?.[1]
      return kib === undefined ? undefined : Number(kib) * 1024
    },

    /** Karo's own guard or finder, which the shell's hook runs and nobody typed. Of what is no Node nothing is read for it. */
    isOwn: (pid: number, name: string) => NAMES_OF_NODE.has(name) && OWN.test(read(`${pid}/cmdline`) ?? ''),

    /** Its real user; undefined when it is gone. */
    userOf(pid: number) {
      const uid = /^Uid:\s*(\d{1,10})\s/m.exec(read(`${pid}/status`) ?? '')?.[1]
      return uid === undefined ? undefined : Number(uid)
    },
  }
}

/** Of the text of /proc/<pid>/stat; undefined when it is none. */
export function parseStat(text: string): ProcStat | undefined {
  const { name, fields } = partsOfStat(text)
  const number = (field: number): number => Number(fields[field - FIRST_FIELD])
  const [cpuTicks, startTicks] = [number(14) + number(15), number(22)]
  const [group, foreground, threads] = [number(5), number(8), number(20)]
  if (![cpuTicks, startTicks, group, foreground, threads].every(Number.isSafeInteger)) return undefined
  return {
    name,
    state: fields[0] ?? '',
    group,
    foreground,
    threads,
    cpuMs: cpuTicks * TICK_MS,
    startedMs: startTicks * TICK_MS,
  }
}

/** Number in proc(5) of the field behind the name. */
const FIRST_FIELD = 3
