// The room that sends the ledger to where an organisation keeps its logs: the ledger itself is the queue.
import type { Room } from '../../base/run/room.ts'
import { forwardTarget } from '../../base/words/forward-target.ts'
import { createLine, type LineDeps, type LineStatus } from './line.ts'

/** What is left at the end is sent within this time, or after the next start. */
const LAST_MS = 1_000

export interface Forward extends Room {
  /** One for each entry of `forward.to`. */
  status(): readonly LineStatus[]
}

export function createForward(deps: LineDeps): Forward {
  const lines = deps.config.forward.to
    .map(forwardTarget)
    .filter((target) => target !== undefined)
    .map((target) => createLine(target, deps))
  const ending = new AbortController()
  const stop = new AbortController()
  let running: Promise<unknown> | undefined

  return {
    name: 'forward',
    async start(signal) {
      signal.throwIfAborted()
      running = Promise.all(lines.map((line) => line.run(ending.signal, stop.signal)))
      running.catch((error: Error) => deps.log.error({ reason: error.message }, 'the ledger is not sent'))
    },
    async stop() {
      ending.abort()
      const cancel = deps.timers.after(LAST_MS, () => stop.abort())
      await running?.catch(() => {})
      cancel()
    },
    status: () => lines.map((line) => line.status()),
  }
}
