// Requests and answers over the sync links: matched by number, judged as they arrive, and never waited for without end.
import type { WireBody } from '../../../protocols/define.ts'
import { bodyOf, type Frame, FrameError } from '../../../protocols/frame.ts'
import {
  SyncBatch,
  type SyncBatchBody,
  SyncOffer,
  type SyncOfferBody,
  SyncRequest,
  type SyncRequestBody,
} from '../../../protocols/messages/sync.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { createRecent, type Recent } from '../../base/recent.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Link, PeerRef } from '../../mesh/index.ts'

/** A neighbour that has not answered by then is busy, or does not mean to. */
const ANSWER_MS = 20_000
/** Between two requests to one neighbour: 40 a second, well within the stream's quota. */
const PACE_MS = 25
/** Requests that nothing waits for any more, but whose answer may still come. */
const LATE_MAX = 16

export type HeadsAsk = Extract<SyncRequestBody['ask'], { of: 'heads' }>
export type DocumentsAsk = Extract<SyncRequestBody['ask'], { of: 'documents' }>

export interface Exchange {
  /**
   * Asks one neighbour. `read` judges the answer the moment it comes: a FrameError it throws refuses the frame.
   * Undefined: no link, none in time, or refused.
   */
  heads<T>(peer: NodeId, ask: HeadsAsk, read: (offer: SyncOfferBody) => T): Promise<T | undefined>
  documents<T>(peer: NodeId, ask: DocumentsAsk, read: (batch: SyncBatchBody) => T): Promise<T | undefined>
  /** An answer. Throws FrameError when it was not asked for, or `read` refuses it. */
  answered(peer: PeerRef, frame: Frame): void
  down(peer: PeerRef): void
}

interface Open {
  readonly of: 'heads' | 'documents'
  readonly take: (body: unknown) => void
  readonly giveUp: () => void
}

interface Line {
  next: number
  paceAt: number
  readonly open: Map<number, Open>
  readonly late: Recent<number, true>
}

export interface ExchangeDeps extends Pick<Ambient, 'clock' | 'timers'> {
  readonly link: Link
  readonly position: () => { readonly index: Uint8Array; readonly through: number }
}

export function createExchange(deps: ExchangeDeps): Exchange {
  const { clock, timers } = deps
  const lines = new Map<NodeId, Line>()

  const lineOf = (peer: NodeId): Line => {
    const line = lines.get(peer) ?? { next: 1, paceAt: 0, open: new Map(), late: createRecent(LATE_MAX) }
    lines.set(peer, line)
    return line
  }

  async function pace(line: Line): Promise<void> {
    const now = clock.monotonic()
    const at = Math.max(now, line.paceAt)
    line.paceAt = at + PACE_MS
    if (at > now) await new Promise<void>((resolve) => timers.after(at - now, resolve))
  }

  async function send<T>(
    peer: NodeId,
    ask: SyncRequestBody['ask'],
    read: (body: unknown) => T,
  ): Promise<T | undefined> {
    const line = lineOf(peer)
    await pace(line)
    // The line went down meanwhile, so requests that are open now belong to another stream.
    if (lines.get(peer) !== line) return undefined
    const id = line.next++ % 0x1_0000_0000
    const { promise, resolve } = Promise.withResolvers<T | undefined>()
    const cancel = timers.after(ANSWER_MS, () => {
      line.open.delete(id)
      line.late.set(id, true)
      resolve(undefined)
    })
    const done = (value: T | undefined): void => {
      cancel()
      line.open.delete(id)
      resolve(value)
    }
    line.open.set(id, {
      of: ask.of,
      giveUp: () => done(undefined),
      take(body) {
        let value: T
        try {
          value = read(body)
        } catch (error) {
          done(undefined)
          throw error
        }
        done(value)
      },
    })
    const body: SyncRequestBody = { id, ...deps.position(), ask }
    if (!deps.link.sendHop(peer, SyncRequest, body as SyncRequestBody & WireBody)) {
      done(undefined)
      // Without a link no `down` would come, so the line has to go at once.
      if (line.open.size + line.late.size === 0) lines.delete(peer)
    }
    return promise
  }

  return {
    heads: (peer, ask, read) => send(peer, ask, (body) => read(body as SyncOfferBody)),
    documents: (peer, ask, read) => send(peer, ask, (body) => read(body as SyncBatchBody)),
    answered(peer, frame) {
      const of = frame.message === SyncOffer ? 'heads' : 'documents'
      const body = of === 'heads' ? bodyOf(frame, SyncOffer) : bodyOf(frame, SyncBatch)
      const line = lines.get(peer.nodeId)
      if (line?.late.delete(body.id)) return
      const open = line?.open.get(body.id)
      if (open?.of !== of) throw new FrameError('malformed', 'nobody asked for this')
      open.take(body)
    },
    down({ nodeId }) {
      const line = lines.get(nodeId)
      lines.delete(nodeId)
      for (const open of line?.open.values() ?? []) open.giveUp()
    },
  }
}
