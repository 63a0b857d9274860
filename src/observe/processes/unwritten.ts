// What the process watch has seen and the store does not have yet: bounded, and given back when it takes nothing.
import type { ProcessBatch } from '../../store/processes/processes.ts'
import { type Line, type Member, rowOf } from './member.ts'

/** Of each kind; the oldest are dropped when the store takes nothing for long. */
const UNWRITTEN_MAX = 5000

export interface Unwritten {
  member(member: Member): void
  line(line: Line): void
  /** What has to be written since the last call. */
  take(): readonly ProcessBatch[]
  /** Takes back what could not be written. */
  giveBack(): void
  /** Forgets what was taken, because it is stored. */
  done(): void
  /** Lines of which something waits, or is being written. */
  lines(): readonly Line[]
}

export function createUnwritten(): Unwritten {
  let members = new Set<Member>()
  let lines = new Set<Line>()
  let taken: { readonly members: ReadonlySet<Member>; readonly lines: ReadonlySet<Line> } | undefined

  return {
    member: (member) => addTo(members, member),
    line: (line) => addTo(lines, line),

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

    giveBack() {
      if (taken === undefined) return
      members = new Set([...taken.members, ...members].slice(-UNWRITTEN_MAX))
      lines = new Set([...taken.lines, ...lines].slice(-UNWRITTEN_MAX))
      taken = undefined
    },

    done() {
      taken = undefined
    },

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
