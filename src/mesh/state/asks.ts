// Callers that wait for a dial or for a member's links: one dial, a look-up when that fails, one more dial. Pure.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Book } from './book.ts'
import type { Dialing } from './dialing.ts'
import type { Emit, Outcome, Target } from './types.ts'

interface AsksDeps {
  /** Admitted, and every link up. */
  readonly isThere: (node: NodeId) => boolean
  /** A dial to it could come to something. */
  readonly isPossible: (node: NodeId) => boolean
  /** Other members can be asked where a member is. */
  readonly looksUp: boolean
  readonly dialing: Dialing
  readonly book: Book
  readonly emit: Emit
}

interface Ask {
  readonly node: NodeId
  readonly target: Target
  readonly what: 'dial' | 'links'
  /** `waiting`: for a dial that began before the look-up found something. `linking`: for links after an admission. */
  stage: 'dialing' | 'finding' | 'waiting' | 'again' | 'linking'
}

export function createAsks({ isThere, isPossible, looksUp, dialing, book, emit }: AsksDeps) {
  const asks = new Map<number, Ask>()

  const answer = (id: number, yes: boolean): void => {
    if (asks.delete(id)) emit({ do: 'answer', ask: id, yes })
  }

  const finished = (id: number, ask: Ask, admitted: boolean): void => {
    if (ask.stage === 'finding' || ask.stage === 'linking') return
    if (ask.what === 'dial') answer(id, admitted)
    else if (admitted) {
      ask.stage = 'linking'
      if (isThere(ask.node)) answer(id, true)
    } else if (ask.stage === 'waiting') {
      ask.stage = 'again'
      dialing.dial(ask.target)
    } else if (ask.stage === 'dialing' && looksUp) {
      ask.stage = 'finding'
      emit({ do: 'find', ask: id, node: ask.node })
    } else answer(id, false)
  }

  return {
    ask(id: number, node: NodeId, what: Ask['what']): void {
      asks.set(id, { node, what, target: dialing.targetOf(node), stage: 'dialing' })
      if (what === 'links' && isThere(node)) answer(id, true)
      else if (!isPossible(node)) answer(id, false)
      else dialing.dial(dialing.targetOf(node))
    },
    /** The caller does not wait any longer, so it is answered as things stand. */
    unask(id: number): void {
      const ask = asks.get(id)
      if (ask !== undefined) answer(id, isThere(ask.node))
    },
    /** A look-up is over. */
    found(id: number, addresses: readonly string[]): void {
      const ask = asks.get(id)
      if (ask?.stage !== 'finding') return
      const tried = book.addresses(ask.node)
      const fresh = addresses.filter((address) => !tried.includes(address))
      book.hear(ask.node, fresh)
      if (fresh.length === 0) answer(id, isThere(ask.node))
      else if (dialing.isRunning(ask.target)) ask.stage = 'waiting'
      else {
        ask.stage = 'again'
        dialing.dial(ask.target)
      }
    },
    finished(target: Target, outcome: Outcome): void {
      for (const [id, ask] of asks) if (ask.target === target) finished(id, ask, outcome.kind === 'admitted')
    },
    /** Links or connections have changed. */
    look(): void {
      for (const [id, { node, what }] of asks) if (what === 'links' && isThere(node)) answer(id, true)
    },
    stop(): void {
      for (const id of [...asks.keys()]) answer(id, false)
    },
    get size(): number {
      return asks.size
    },
  }
}
