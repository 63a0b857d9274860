// Wraps a room that the node can do without: if it cannot start, the rest runs, its check fails, and it is tried again.
import { KaroError, sayWhy } from '../errors.ts'
import type { Log } from './log.ts'
import type { HealthCheck, Room } from './room.ts'

/**
 * Milliseconds between two attempts: rare enough to cost nothing, and a freed port is noticed while a person watches.
 */
const RETRY_MS = 3_000

export interface ToleratedOptions {
  /** Name of the check that fails while the room does not run, e.g. `mesh.listening`. */
  readonly check: string
  readonly log: Log
  readonly retryMs?: number
}

/**
 * Wraps `room` so that its failure never stops the others (ADR "Life cycle": losing the mesh never stops observation).
 * Errors that a person has to correct (`bad_config`, `bad_request`) still fail the start.
 */
export function tolerated(room: Room, options: ToleratedOptions): Room {
  const { check, log, retryMs = RETRY_MS } = options
  let failure: string | undefined
  let timer: NodeJS.Timeout | undefined
  let attempt: Promise<void> | undefined
  let stopped = new AbortController()
  let running = false

  async function tryStart(signal: AbortSignal): Promise<void> {
    try {
      await room.start(signal)
      running = true
      failure = undefined
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof KaroError && (error.code === 'bad_config' || error.code === 'bad_request')) {
        throw error
      }
      const reason = sayWhy(error)
      if (reason !== failure)
        log.error({ room: room.name, reason, retry_ms: retryMs }, 'this part does not run; it is tried again')
      failure = reason
      retryLater()
    }
  }

  function retryLater(): void {
    timer = setTimeout(() => {
      attempt = tryStart(stopped.signal).catch((error: unknown) => {
        failure = sayWhy(error)
      })
    }, retryMs)
    timer.unref()
  }

  return {
    name: room.name,
    async start(signal) {
      stopped = new AbortController()
      await tryStart(signal)
    },
    async stop() {
      stopped.abort()
      clearTimeout(timer)
      await attempt
      if (running) await room.stop()
      running = false
    },
    health(): readonly HealthCheck[] {
      if (failure !== undefined) return [{ name: check, ok: false, detail: failure }]
      return room.health?.() ?? []
    },
  }
}
