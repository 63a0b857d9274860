// Starts rooms in order and stops them in reverse, within a bounded time.
import { untilAborted, within } from '../async/deadline.ts'
import type { Log } from './log.ts'
import type { HealthCheck, Room } from './room.ts'

/** Milliseconds that one room may take to stop; then the next is stopped without waiting. */
const ROOM_STOP_MS = 2_000
/** Milliseconds for all rooms; SIGTERM promises an end within 5 s, and the rest is for the process and what it does before. */
const TOTAL_STOP_MS = 3_500
/** Milliseconds that every room gets, even if the rooms before it used up the total. */
const LEAST_STOP_MS = 150

export interface StopLimits {
  readonly roomMs: number
  readonly totalMs: number
  readonly leastMs: number
}

const STOP_LIMITS: StopLimits = { roomMs: ROOM_STOP_MS, totalMs: TOTAL_STOP_MS, leastMs: LEAST_STOP_MS }

/**
 * Starts `rooms` one after the other. If one fails, or `signal` aborts, the started ones are stopped in reverse and the
 * failure (or the signal's reason) is thrown; nothing stays running.
 */
export async function startAll(
  rooms: readonly Room[],
  signal: AbortSignal,
  log: Log,
  limits: StopLimits = STOP_LIMITS,
): Promise<void> {
  const started: Room[] = []
  for (const room of rooms) {
    try {
      signal.throwIfAborted()
      await startOne(room, signal, limits)
      started.push(room)
      signal.throwIfAborted()
      log.debug({ room: room.name }, 'room started')
    } catch (error) {
      await stopAll(started, log, limits)
      throw error
    }
  }
}

/** Stops `rooms` in reverse order; a room that fails or hangs is logged and passed over. Never throws. */
export async function stopAll(
  rooms: readonly Room[],
  log: Log,
  limits: StopLimits = STOP_LIMITS,
): Promise<void> {
  const end = performance.now() + limits.totalMs
  for (let i = rooms.length - 1; i >= 0; i--) {
    const room = rooms[i] as Room
    const left = end - performance.now() - i * limits.leastMs
    const deadline = Math.max(limits.leastMs, Math.min(limits.roomMs, left))
    try {
      if (!(await within(room.stop(), deadline))) {
        log.warn({ room: room.name, deadline_ms: Math.round(deadline) }, 'room did not stop in time')
      }
    } catch (error) {
      log.warn({ room: room.name, error: String(error) }, 'room failed to stop')
    }
  }
}

/** All checks of `rooms`, in their order; ready means every one is ok. */
export function healthOf(rooms: readonly Room[]): { ready: boolean; checks: readonly HealthCheck[] } {
  const checks = rooms.flatMap((room) => room.health?.() ?? [])
  return { ready: checks.every((check) => check.ok), checks }
}

/**
 * Starts one room. A room that ignores the signal gets half of its stopping time to end, and is then stopped half
 * started.
 */
async function startOne(room: Room, signal: AbortSignal, limits: StopLimits): Promise<void> {
  const starting = room.start(signal)
  try {
    await untilAborted(starting, signal)
  } catch (error) {
    if (!signal.aborted) throw error
    const settled = starting.then(
      () => true,
      () => false,
    )
    const ended = await within(settled, limits.roomMs / 2)
    const failed = ended && !(await settled)
    if (!failed)
      await within(
        room.stop().catch(() => {}),
        limits.roomMs / 2,
      )
    throw signal.reason
  }
}
