// The replay window: which hop frames of members were seen before, in memory and over a restart.
import { CLOCK_WINDOW_MS, FrameError } from '../../../protocols/frame.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { REPLAY_MARKS_MAX, type ReplayMark, type ReplayRepository } from '../../store/tables/replay.ts'

/** Nonces of one member: ten minutes of 25 frames a second. Beyond, the first to arrive give way to a floor. */
const NONCES_PER_MEMBER = 16_384
/** A kill -9 forgets at most the nonces of this time. */
const WRITE_EVERY_MS = 1_000
/** Members that said nothing for longer than the window are forgotten this often. */
const SWEEP_EVERY_MS = 60_000

/** Marks are the repository's `nonce` kind. */
export type ReplayStore = Pick<ReplayRepository, 'put' | 'load' | 'prune'>

export interface ReplayDeps extends Ambient {
  readonly store: ReplayStore
}

export type Replay = ReturnType<typeof createReplay>

/** Times of frames by their nonces, in order of arrival. A nonce is needed until its frame is stale: 10 minutes at most. */
type Nonces = Map<string, number>

/** Forgets nonces in order of arrival, up to the first one of the time `oldest` or younger. */
function forget(nonces: Nonces, oldest: number): void {
  for (const [nonce, ts] of nonces) {
    if (ts >= oldest) return
    nonces.delete(nonce)
  }
}

/** Remembers one more. Where there were `most`, the first to arrive gives way, whose time is returned; else 0. */
function add(nonces: Nonces, nonce: string, ts: number, most: number): number {
  const [first] = nonces.size < most ? [] : nonces
  if (first !== undefined) nonces.delete(first[0])
  nonces.set(nonce, ts)
  return first?.[1] ?? 0
}

interface Seen {
  readonly nonces: Nonces
  /** Frames of this time or older were possibly seen and forgotten: they are refused. */
  floor: number
}

export function createReplay({ store, clock, timers, log }: ReplayDeps) {
  const members = new Map<string, Seen>()
  let unwritten: ReplayMark[] = []
  /** Takes back the write that is to come. */
  let unwrite: (() => void) | undefined
  let writing: Promise<void> | undefined
  let sweptAt = Number.NEGATIVE_INFINITY

  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
  /** Frames of this time and younger are not stale yet. */
  const oldest = (now: number): number => now - CLOCK_WINDOW_MS

  /** One batch is written at a time; marks that come meanwhile are the next batch. */
  const writeAll = async (): Promise<void> => {
    while (unwritten.length > 0) {
      const marks = unwritten
      unwritten = []
      await store
        .put(marks)
        .catch((error: unknown) => log.error({ reason: String(error) }, 'replay marks not written'))
    }
    writing = undefined
  }

  const write = (): Promise<void> => {
    unwrite = undefined
    writing ??= Promise.resolve().then(writeAll)
    return writing
  }

  const writeLater = (mark: ReplayMark): void => {
    // While the store does not answer, marks beyond its bound are dropped here too, the oldest first.
    if (unwritten.length >= REPLAY_MARKS_MAX) unwritten = unwritten.slice(REPLAY_MARKS_MAX / 2)
    unwritten.push(mark)
    unwrite ??= timers.after(WRITE_EVERY_MS, () => void write())
  }

  const seenOf = (sender: string): Seen => {
    let seen = members.get(sender)
    if (seen === undefined) {
      seen = { nonces: new Map(), floor: 0 }
      members.set(sender, seen)
    }
    return seen
  }

  const remember = (seen: Seen, nonce: string, ts: number, now: number): void => {
    // The stale ones first: they give way without a floor.
    forget(seen.nonces, oldest(now))
    seen.floor = Math.max(seen.floor, add(seen.nonces, nonce, ts, NONCES_PER_MEMBER))
  }

  /** Forgets senders that left, once all their frames are stale by their time alone. */
  const sweep = (now: number): void => {
    // The clock of the wall may be set back.
    if (Math.abs(now - sweptAt) < SWEEP_EVERY_MS) return
    sweptAt = now
    for (const [sender, { nonces, floor }] of members) {
      forget(nonces, oldest(now))
      if (nonces.size === 0 && floor < oldest(now)) members.delete(sender)
    }
  }

  const inWindow = (ts: number): void => {
    const now = clock.now()
    if (Math.abs(now - ts) > CLOCK_WINDOW_MS) {
      throw new FrameError('stale', `the clocks differ by ${Math.round((ts - now) / 1_000)} s`, ts - now)
    }
  }

  return {
    /** Throws FrameError `stale` outside the clock window. */
    inWindow,

    /** Reads the marks of frames that were seen before the restart. */
    async start() {
      const now = clock.now()
      await store.prune(now)
      for (const { kind, author, id, expires_at } of await store.load(now)) {
        if (kind === 'nonce') remember(seenOf(text(author)), text(id), expires_at - CLOCK_WINDOW_MS, now)
      }
    },

    /**
     * Throws FrameError `stale` outside the clock window, `replayed` for a nonce seen before. Then the nonce is
     * taken, when the caller calls what is returned.
     */
    check(sender: Uint8Array, nonce: Uint8Array, ts: number) {
      inWindow(ts)
      const now = clock.now()
      const [from, id] = [text(sender), text(nonce)]
      sweep(now)
      const known = members.get(from)
      if (known?.nonces.has(id)) throw new FrameError('replayed', 'the nonce was seen before')
      if (known !== undefined && ts <= known.floor)
        throw new FrameError('replayed', 'older than what is remembered')
      return () => {
        remember(seenOf(from), id, ts, now)
        writeLater({ kind: 'nonce', author: sender, id: nonce, expires_at: ts + CLOCK_WINDOW_MS })
      }
    },

    /** Writes the marks that are not on disk yet. */
    async stop() {
      unwrite?.()
      await write()
    },
  }
}
