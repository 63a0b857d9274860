// What neighbours were asked for: answers are matched by number, judged as they arrive, and never waited for without end.
import { FrameError } from '../../../../protocols/frame.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Clock } from '../../../base/clock.ts'
import { createRecent } from '../../../base/recent.ts'
import { type Document, editionOf, nameOf, readDocument, type Wanted } from '../read.ts'
import type { Cursor, GettingAction, Request, Walk } from './types.ts'

/** Between two requests to one neighbour: 40 a second, well within the stream's quota. */
const PACE_MS = 25
/** A neighbour that has not answered by then is busy, or does not mean to. */
const ANSWER_MS = 20_000
/** Requests that nothing waits for any more, but whose answer may still come. */
const LATE_MAX = 1_024
/**
 * A document that somebody told of is asked of somebody else when it has not come by then; what comes late is kept all the
 * same. Who let it wait for so long is silent until it answers.
 */
export const ATTEMPT_MS = 1_500
/** Neighbours of whom it is remembered whether they answered. */
const SILENT_MAX = 1_024
/** Documents that a neighbour gave damaged, forged or other than their heads, and is not asked for again. */
const BAD_MAX = 4_096

interface Line {
  /** Number of the next request. */
  next: number
  /** When the neighbour may be asked again. */
  paceAt: number
}

export type Requests = ReturnType<typeof createRequests>

export function createRequests(
  clock: Clock,
  emit: (action: GettingAction) => void,
  isWanted: (document: Wanted) => boolean,
) {
  const lines = new Map<NodeId, Line>()
  /** Without an answer. */
  const open = new Set<Request>()
  const late = createRecent<string, true>(LATE_MAX)
  /** By edition: the request that will bring it, the last one where there are several. */
  const underWay = new Map<string, Request>()
  const silent = createRecent<NodeId, boolean>(SILENT_MAX)
  const bad = createRecent<string, true>(BAD_MAX)
  const badOf = (node: NodeId, wanted: Wanted): string => `${node} ${editionOf(wanted)}`

  /** Nothing more comes of the request. */
  function over(request: Request, isGood: boolean): void {
    const { by, asked } = request
    open.delete(request)
    for (const edition of asked.map(editionOf))
      if (underWay.get(edition) === request) underWay.delete(edition)
    if (by?.request !== request) return
    by.request = undefined
    by.hasFailed = !isGood
  }

  return {
    /** By the neighbours that are linked. */
    lines: lines as ReadonlyMap<NodeId, Readonly<Line>>,
    over,
    isBad: (node: NodeId, wanted: Wanted): boolean => bad.get(badOf(node, wanted)) !== undefined,
    isSilent: (node: NodeId): boolean => silent.get(node) === true,
    /** Until when whoever is asked for it is waited for. */
    waitsUntil: (wanted: Wanted, patience: number): number =>
      (underWay.get(editionOf(wanted))?.at ?? Number.NEGATIVE_INFINITY) + patience,
    /** Attempts that the neighbour has not answered. */
    unanswered: (node: NodeId): number =>
      [...open].filter((one) => one.node === node && one.by === undefined).length,

    up: (node: NodeId) => void lines.set(node, { next: 1, paceAt: 0 }),
    down(node: NodeId): void {
      lines.delete(node)
      for (const request of open) if (request.node === node) over(request, false)
    },

    /** Asks a linked neighbour for heads, or for the documents. */
    ask(node: NodeId, asked: readonly Wanted[], by?: Walk, cursor?: Cursor): void {
      const at = clock.monotonic()
      const line = lines.get(node) as Line
      line.paceAt = at + PACE_MS
      const request = { node, id: line.next++ % 0x1_0000_0000, by, asked, cursor, at }
      if (by !== undefined) by.request = request
      open.add(request)
      for (const wanted of asked) underWay.set(editionOf(wanted), request)
      emit({ do: 'send', request })
    },

    /** The request that is answered; undefined where nothing waits for it, or nobody asked. */
    answered(node: NodeId, id: number, isOffer: boolean): Request | undefined {
      const request = [...open].find((one) => one.node === node && one.id === id)
      if (request === undefined && late.delete(`${node} ${id}`)) return undefined
      if (request === undefined || isOffer !== (request.asked.length === 0)) {
        emit({ do: 'refuse', error: new FrameError('malformed', 'nobody asked for this') })
        return undefined
      }
      open.delete(request)
      request.at = clock.monotonic()
      return request
    },

    /** Throws FrameError for a document that was not asked for, or that its author did not sign. */
    read(node: NodeId, asked: readonly Wanted[], frames: readonly Uint8Array[]): readonly Document[] {
      if (frames.length > asked.length || (frames.length === 0 && asked.length > 0))
        throw new FrameError('malformed', 'not the documents that were asked for')
      silent.set(node, false)
      const documents: Document[] = []
      for (const [at, bytes] of frames.entries()) {
        const wanted = asked[at] as Wanted
        bad.set(badOf(node, wanted), true)
        try {
          const document = readDocument(bytes, clock.now())
          const { head, version, author } = document
          if (nameOf(head) !== nameOf(wanted) || version < wanted.version)
            throw new FrameError('malformed', 'another document than was asked for')
          // Otherwise its head said something else.
          if (isWanted({ ...document, ...head, publicKey: author })) bad.delete(badOf(node, wanted))
          documents.push(document)
        } catch (error) {
          // The document may have expired on the way.
          if (!(error instanceof FrameError) || error.code !== 'stale') throw error
        }
      }
      return documents
    },

    /** Gives up on requests that were not answered in time; returns when to do so again. */
    expire(): number {
      const now = clock.monotonic()
      for (const request of open) {
        const { node, id, by, at } = request
        if (by === undefined && now >= at + ATTEMPT_MS) silent.set(node, true)
        if (now < at + ANSWER_MS) continue
        late.set(`${node} ${id}`, true)
        over(request, false)
      }
      return ANSWER_MS + Math.min(now, ...[...open].map(({ at }) => at))
    },
  }
}
