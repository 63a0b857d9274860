// Walks the children of hooked shells through /proc, from one look to the next, and remembers what they used.
import type { Clock } from '../../base/clock.ts'
import type { HookedShell, RanLine } from '../record/index.ts'
import { endWithLine, type Line, type Member, rowOf, spanOf, startedBy, update } from './member.ts'
import type { Proc } from './proc.ts'
import { createShells, keyOf, type Shell } from './shell.ts'

/** Processes alive at the same time, of all shells and of one; others are not looked at until some have ended. */
export const LIVE_MAX = 1024
export const LIVE_PER_SHELL_MAX = 256
/** Generations below the shell that are looked at. */
export const DEPTH_MAX = 16
/** Processes of one shell that ended before their command line did; the oldest beyond this never get their line. */
const WAITING_MAX = 1000
/** Command lines of a shell that are remembered, because they may have left processes in the background. */
const LINES_MAX = 32
/** Milliseconds between two looks at a process: while it is young or starts others; at most, when it does neither. */
const LOOK_MS = 900
const LOOK_MAX_MS = 5_000
/** Milliseconds that may pass between reading the uptime and the time of day; /proc counts in steps as long. */
const APART_MS = 10
/** Age below which a process is looked at often: most processes need most of their memory early, and end early. */
const YOUNG_MS = 10_000
/** The program by which the hook of fish, which has no subshell, starts Karo. */
const LIMITER = 'timeout'

/** A shell that has loaded the hook and runs commands of which none is recorded. */
export interface SilentHook {
  readonly uid: number
  /** Name of the shell: `bash`. */
  readonly shell: string
  /** Since when nothing was recorded, milliseconds since the epoch. */
  readonly since: number
}

export function createWatch({ proc, clock }: { readonly proc: Proc; readonly clock: Clock }) {
  const { shells, find, meet } = createShells({ proc, clock })
  const members = new Map<number, Member>()
  const unwritten = createUnwritten()
  let strangers: Member[] = []
  /** Strangers that are being looked for in the store. */
  let sought: ReadonlySet<Member> = new Set()
  let began: number | undefined
  /** Processes that began or ended since the last look. */
  let changed = 0

  /** A name that what a hook calls Karo by has: its subshell's, or the limiter's. */
  const mayCall = (name: string, shell: Shell): boolean => name === shell.name || name === LIMITER

  const callsOwn = (pid: number, threads: number): boolean =>
    proc.children(pid, threads).some((kid) => {
      const stat = proc.stat(kid)
      return stat !== undefined && proc.isOwn(kid, stat.name)
    })

  /** Forgets a process that turns out to be Karo's own, as if it had never been seen. */
  function leaveOut(member: Member, shell: Shell): void {
    if (!members.delete(member.pid)) return
    shell.live--
    strangers = strangers.filter((stranger) => stranger !== member)
  }

  /** When the present look read the uptime, milliseconds since the epoch, and the uptime itself. */
  let lookedAt = 0
  let uptime = 0

  function begin(pid: number, of: string, depth: number, parent?: Member): void {
    const shell = shells.get(of)
    if (shell === undefined || members.size >= LIVE_MAX || shell.live >= LIVE_PER_SHELL_MAX) return
    const stat = proc.stat(pid)
    if (stat === undefined || isOver(stat.state)) return
    if (proc.isOwn(pid, stat.name)) {
      if (parent !== undefined && mayCall(parent.name, shell)) leaveOut(parent, shell)
      return
    }
    if (mayCall(stat.name, shell) && callsOwn(pid, stat.threads)) return
    const member: Member = {
      pid,
      of,
      depth,
      uid: shell.uid,
      shell: shell.name,
      startedMs: stat.startedMs,
      // A look takes long on a busy machine: what began meanwhile is younger than the look.
      startedAt: lookedAt - uptime + stat.startedMs,
      name: stat.name,
      ageMs: 0,
      cpuMs: stat.cpuMs,
      threads: stat.threads,
      peak: proc.peakBytes(pid),
      foregroundAt: undefined,
      goneAt: undefined,
      line: undefined,
      kids: new Set(),
      dueAt: 0,
      everyMs: LOOK_MS,
    }
    update(member, stat, uptime, lookedAt)
    members.set(pid, member)
    shell.live++
    changed++
    if (began !== undefined && stat.startedMs < began) strangers.push(member)
    assign(member, shell.lines.findLast(({ told }) => startedBy(member, told))?.line)
  }

  function end(member: Member): void {
    const { pid, of } = member
    members.delete(pid)
    changed++
    member.goneAt = clock.now()
    write(member)
    const shell = shells.get(of)
    if (shell === undefined) return
    shell.live--
    if (member.line !== undefined || shell.over) return
    shell.waiting = [...shell.waiting, member].slice(-WAITING_MAX)
  }

  function write(member: Member): void {
    endWithLine(member)
    unwritten.member(member)
    raise(member)
  }

  /** Notes that the command line needed at least as much memory as its process. */
  function raise({ line, peak = 0, startedAt }: Member): void {
    if (line === undefined || (peak <= line.peak && startedAt <= line.lastStart)) return
    line.peak = Math.max(line.peak, peak)
    line.lastStart = Math.max(line.lastStart, startedAt)
    unwritten.line(line)
  }

  /** What is new among the children of one, and what is missing. */
  function compare(
    before: ReadonlySet<number>,
    kids: readonly number[],
    of: string,
    depth: number,
    parent?: Member,
  ): ReadonlySet<number> {
    const after = new Set(kids)
    for (const pid of before) {
      const gone = after.has(pid) ? undefined : members.get(pid)
      if (gone !== undefined) gone.dueAt = 0
    }
    for (const pid of kids) {
      if (!members.has(pid) && !shellPids.has(pid)) begin(pid, of, depth, parent)
    }
    return after
  }

  /** A shell in a shell is watched by itself. */
  let shellPids: ReadonlySet<number> = new Set()

  function lookAtShell(key: string, shell: Shell, at: number): void {
    const stat = proc.stat(shell.pid)
    if (stat?.startedMs !== shell.startedMs || isOver(stat.state)) {
      shell.over = true
      return
    }
    shell.kids = compare(shell.kids, proc.children(shell.pid, stat.threads), key, 1)
    shell.silence.look(stat, shell.written, at, clock.now())
  }

  function lookAt(member: Member, at: number): void {
    const stat = proc.stat(member.pid)
    if (stat?.startedMs !== member.startedMs || isOver(stat.state)) {
      // A zombie process still says how much processor time it took.
      if (stat?.startedMs === member.startedMs) member.cpuMs = stat.cpuMs
      end(member)
      return
    }
    const shell = shells.get(member.of)
    // The process was first seen between fork and exec, under its parent's name.
    if (shell !== undefined && stat.name !== member.name && proc.isOwn(member.pid, stat.name)) {
      leaveOut(member, shell)
      return
    }
    update(member, stat, uptime, clock.now())
    const peak = proc.peakBytes(member.pid)
    if (peak !== undefined && peak > (member.peak ?? 0)) member.peak = peak
    const before = changed
    // Processes that outlive their shell are followed to their end, but what they start then is not the shell's any more.
    if (shell?.over === false && member.depth < DEPTH_MAX && !shellPids.has(member.pid)) {
      const kids = proc.children(member.pid, member.threads)
      member.kids = compare(member.kids, kids, member.of, member.depth + 1, member)
    }
    const often = changed > before || member.ageMs < YOUNG_MS
    member.everyMs = often ? LOOK_MS : Math.min(member.everyMs * 1.5, LOOK_MAX_MS)
    member.dueAt = at + member.everyMs
  }

  function assign(member: Member, line: Line | undefined): void {
    member.line = line
    raise(member)
  }

  function lineOf({ uid }: Shell, told: RanLine): Line {
    const [begin, end = begin] = spanOf(told)
    return { uid, id: told.id, exitCode: told.exit_code, end, peak: -1, lastStart: 0, deleted: false }
  }

  return {
    /** One look at everything; these are the shells that there are. */
    look(hooked: readonly HookedShell[]) {
      // Both of one moment: between the two this process may have waited for a processor.
      let up: number | undefined
      let tries = 4
      do {
        lookedAt = clock.now()
        up = proc.uptimeMs()
      } while (tries-- > 0 && clock.now() - lookedAt > APART_MS)
      if (up === undefined || (hooked.length === 0 && members.size === 0)) {
        shells.clear()
        return { shells: 0, live: 0, changed: 0 }
      }
      uptime = up
      began ??= up
      const at = clock.monotonic()
      changed = 0
      meet(hooked)
      shellPids = new Set([...shells.values()].filter(({ over }) => !over).map(({ pid }) => pid))
      for (const [key, shell] of shells) if (!shell.over) lookAtShell(key, shell, at)
      // The loop also reaches members that are added while it runs.
      for (const member of members.values()) if (member.dueAt <= at) lookAt(member, at)
      return { shells: shells.size, live: members.size, changed }
    },

    /** These lines of that shell have ended. */
    ran(hooked: HookedShell, lines: readonly RanLine[]) {
      // Before the first look at the shell: what this line left in the background is still to be seen.
      const shell = find(hooked)
      if (shell === undefined) return
      const key = keyOf(hooked)
      for (const told of lines) {
        const line = lineOf(shell, told)
        // The process is nearer to this line than to the one known before, which was over when the process began.
        const its = (member: Member): boolean =>
          member.startedAt - (member.line?.end ?? 0) > Math.max(0, told.start_us / 1000 - member.startedAt) &&
          startedBy(member, told)
        for (const member of members.values()) if (member.of === key && its(member)) assign(member, line)
        for (const member of shell.waiting.filter(its)) {
          assign(member, line)
          write(member)
        }
        shell.waiting = shell.waiting.filter((member) => member.line === undefined)
        shell.lines = [...shell.lines, { told, line }].slice(-LINES_MAX)
      }
    },

    running: (uid: number) => [...members.values()].filter((member) => member.uid === uid).map(rowOf),

    silent() {
      const at = clock.monotonic()
      return [...shells.values()].flatMap(({ uid, name, silence, over, paused }) => {
        const since = over || paused ? undefined : silence.since(at)
        return since === undefined ? [] : [{ uid, shell: name, since }]
      })
    },

    take: unwritten.take,
    giveBack: unwritten.giveBack,
    done() {
      unwritten.done()
      strangers = strangers.filter((member) => !sought.has(member))
    },

    /** These lines of that person were deleted: their processes, also running ones, are no longer recorded. */
    forget(uid: number, ids: ReadonlySet<string>) {
      const known = [...shells.values()].flatMap(({ lines }) => lines.map(({ line }) => line))
      const running = [...members.values()].flatMap(({ line }) => line ?? [])
      for (const line of [...known, ...running, ...unwritten.lines()])
        if (line.uid === uid && ids.has(line.id)) line.deleted = true
    },

    /** Processes that were there before the watch: the store may know them, under a start some ms apart. Until `done`. */
    strangers() {
      sought = new Set(strangers)
      return strangers
    },

    /** All that lives is to be written as it is now, and forgotten. */
    end() {
      for (const member of members.values()) write(member)
      members.clear()
      shells.clear()
      began = undefined
    },
  }
}

const isOver = (state: string): boolean => state === 'Z' || state === 'X'

// What the process watch has seen and the store does not have yet: bounded, and given back when it takes nothing.

/** Of each kind; the oldest are dropped when the store takes nothing for long. */
const UNWRITTEN_MAX = 5000

function createUnwritten() {
  let members = new Set<Member>()
  let lines = new Set<Line>()
  let taken: { readonly members: ReadonlySet<Member>; readonly lines: ReadonlySet<Line> } | undefined

  return {
    member: (member: Member) => addTo(members, member),
    line: (line: Line) => addTo(lines, line),

    /** What has to be written since the last call. */
    take() {
      const now = {
        members: new Set([...members].filter(({ line }) => line?.deleted !== true)),
        lines: new Set([...lines].filter(({ deleted }) => !deleted)),
      }
      taken = now
      members = new Set()
      lines = new Set()
      const uids = new Set([...now.members, ...now.lines].map(({ uid }) => uid))
      return [...uids].map((uid) => ({
        uid,
        rows: [...now.members].filter((member) => member.uid === uid).map(rowOf),
        peaks: [...now.lines]
          .filter((line) => line.uid === uid)
          .map(({ id, peak, lastStart }) => ({
            event_id: id,
            peak_rss_bytes: peak,
            last_start: lastStart,
          })),
      }))
    },

    /** Takes back what could not be written. */
    giveBack() {
      if (taken === undefined) return
      members = new Set([...taken.members, ...members].slice(-UNWRITTEN_MAX))
      lines = new Set([...taken.lines, ...lines].slice(-UNWRITTEN_MAX))
      taken = undefined
    },

    /** Forgets what was taken, because it is stored. */
    done() {
      taken = undefined
    },

    /** Lines of which something waits, or is being written. */
    lines() {
      const all = [...members, ...(taken?.members ?? [])]
      return [...lines, ...(taken?.lines ?? []), ...all.flatMap(({ line }) => line ?? [])]
    },
  }
}

function addTo<T>(some: Set<T>, one: T): void {
  some.add(one)
  if (some.size > UNWRITTEN_MAX) some.delete(some.values().next().value as T)
}
