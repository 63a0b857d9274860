// Promises for callers that wait for the state machine: each ask has a number, and is answered once.
import type { NodeId } from '../../protocols/node-id.ts'
import type { Put } from './state/types.ts'

export type Asking = ReturnType<typeof createAsking>

interface Waiting {
  readonly resolve: (yes: boolean) => void
  readonly signal: AbortSignal
}

const NEVER = new AbortController().signal

export function createAsking(put: Put) {
  const waiting = new Map<number, Waiting>()
  let count = 0
  return {
    /** True: one dial has led to an admission (`dial`), or every link is up (`links`). Ends at `signal`. Never rejects. */
    async ask(node: NodeId, what: 'dial' | 'links', signal = NEVER): Promise<boolean> {
      const ask = ++count
      const { promise, resolve } = Promise.withResolvers<boolean>()
      waiting.set(ask, { resolve, signal })
      const unask = (): void => put({ on: 'unask', ask })
      put({ on: 'ask', ask, node, for: what })
      if (signal.aborted) unask()
      else signal.addEventListener('abort', unask)
      try {
        return await promise
      } finally {
        signal.removeEventListener('abort', unask)
      }
    },
    signalOf: (ask: number) => waiting.get(ask)?.signal ?? AbortSignal.abort(),
    answer(ask: number, yes: boolean): void {
      waiting.get(ask)?.resolve(yes)
      waiting.delete(ask)
    },
  }
}
