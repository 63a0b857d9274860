// The replay window: which hop frames were seen before, in memory and, for members, over a restart.
import { CLOCK_WINDOW_MS, FrameError } from '../../protocols/frame.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { ReplayMark, ReplayRepository } from '../store/replay.ts'

/** Nonces of one member: ten minutes of 25 frames a second. Beyond, the first to arrive give way to a floor. */
const NONCES_PER_MEMBER = 16_384
/** Nonces of all strangers together; they only ever say hello. */
const NONCES_OF_STRANGERS = 1_024
/** A kill -9 forgets at most the nonces of this time. */
const WRITE_EVERY_MS = 1_000

/** Marks are the repository's `nonce` kind. */
export type ReplayStore = Pick<ReplayRepository, 'put' | 'load' | 'prune'>

export interface Replay {
  /** Reads what was seen before the restart. */
  start(): Promise<void>
  /**
   * Throws FrameError `stale` outside the clock window, `replayed` for a nonce seen before. Then the nonce is
   * taken, when the caller calls what is returned.
   */
  check(sender: Uint8Array, nonce: Uint8Array, ts: number, member: boolean): () => void
  /** Writes what is not yet written. */
  stop(): Promise<void>
}

interface Seen {
  /** Nonce → the frame's time, in order of arrival. Needed until the frame is stale: at most 10 minutes. */
  readonly nonces: Map<string, number>
  /** Frames of this time or older were possibly seen and forgotten: they are refused. */
  floor: number
}

export function createReplay(store: ReplayStore, clock: Clock, log: Log): Replay {
  const members = new Map<string, Seen>()
  /** Sender and nonce → the frame's time. */
  const strangers = new Map<string, number>()
  let unwritten: ReplayMark[] = []
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

  const write = (): Promise<void> => {
    timer = undefined
    const marks = unwritten
    unwritten = []
    if (marks.length > 0) {
      writing = writing
        .then(() => store.put(marks))
        .catch((error: unknown) => log.error({ reason: String(error) }, 'replay marks not written'))
    }
    return writing
  }

  const seenOf = (sender: string): Seen => {
    let seen = members.get(sender)
    if (seen === undefined) {
      seen = { nonces: new Map(), floor: 0 }
      members.set(sender, seen)
    }
    return seen
  }

  /** Drops first arrivals that are stale or too many. Returns the time of the newest that was not stale, or 0. */
  const trim = (nonces: Map<string, number>, max: number, now: number): number => {
    let dropped = 0
    for (const [nonce, ts] of nonces) {
      const needed = ts + CLOCK_WINDOW_MS >= now
      if (needed && nonces.size <= max) break
      if (needed) dropped = Math.max(dropped, ts)
      nonces.delete(nonce)
    }
    return dropped
  }

  return {
    async start() {
      const now = clock.now()
      await store.prune(now)
      for (const mark of await store.load(now)) {
        if (mark.kind === 'nonce')
          seenOf(text(mark.author)).nonces.set(text(mark.id), mark.expires_at - CLOCK_WINDOW_MS)
      }
    },

    check(sender, nonce, ts, member) {
      const now = clock.now()
      if (Math.abs(now - ts) > CLOCK_WINDOW_MS) {
        throw new FrameError('stale', `the clocks differ by ${Math.round((ts - now) / 1_000)} s`)
      }
      const from = text(sender)
      const id = text(nonce)
      if (!member) {
        if (strangers.has(from + id)) throw new FrameError('replayed', 'the nonce was seen before')
        return () => {
          strangers.set(from + id, ts)
          trim(strangers, NONCES_OF_STRANGERS, now)
        }
      }
      const seen = seenOf(from)
      if (seen.nonces.has(id)) throw new FrameError('replayed', 'the nonce was seen before')
      if (ts <= seen.floor) throw new FrameError('replayed', 'older than what is remembered')
      return () => {
        seen.nonces.set(id, ts)
        seen.floor = Math.max(seen.floor, trim(seen.nonces, NONCES_PER_MEMBER, now))
        unwritten.push({ kind: 'nonce', author: sender, id: nonce, expires_at: ts + CLOCK_WINDOW_MS })
        timer ??= setTimeout(() => void write(), WRITE_EVERY_MS).unref()
      }
    },

    async stop() {
      clearTimeout(timer)
      await write()
    },
  }
}
