// How far back in the ledger a moment is: its numbers only grow, its times do not where a clock was set back.
import type { AuditRepository } from '../../store/tables/audit.ts'

/** Between two numbers that are remembered. */
const STEP = 1_024

export type Times = ReturnType<typeof createTimes>

interface Mark {
  readonly seq: number
  /** The latest time up to here. */
  readonly latest: number
}

export function createTimes(repository: Pick<AuditRepository, 'forwards'>) {
  const marks: Mark[] = []
  /** Written while the ledger is read. */
  const waiting: Parameters<Times['note']>[] = []
  let [last, latest] = [0, Number.NEGATIVE_INFINITY]
  let state: 'unread' | 'reading' | 'read' = 'unread'
  let reading: Promise<void> | undefined

  function add(seq: number, ts: number): void {
    if (seq <= last) return
    // Some may be missing: what is remembered is the first one behind each step.
    const due = Math.floor(seq / STEP) > Math.floor(last / STEP)
    last = seq
    latest = Math.max(latest, ts)
    if (due) marks.push({ seq, latest })
  }

  async function read(): Promise<void> {
    state = 'reading'
    try {
      for await (const { seq, row } of repository.forwards()) if (row !== undefined) add(seq, row.ts)
      for (const one of waiting) add(...one)
      state = 'read'
    } finally {
      waiting.length = 0
      if (state !== 'read') {
        // The part that was read is remembered; the next call skips it.
        state = 'unread'
        reading = undefined
      }
    }
  }

  return {
    /**
     * A number such that every readable entry up to it is older than `since` (ms since the epoch); less than 1024 entries
     * behind it are as well. 0 when there is none. Reads the whole ledger the first time, and never again.
     */
    async olderThrough(since: number) {
      reading ??= read()
      await reading
      return marks.findLast((mark) => mark.latest < since)?.seq ?? 0
    },
    /** An entry was written. */
    note(seq: number, ts: number) {
      if (state === 'reading') waiting.push([seq, ts])
      else if (state === 'read') add(seq, ts)
    },
  }
}
