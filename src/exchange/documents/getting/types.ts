// What goes into the machine that gets documents and what comes out of it, as values: events and actions. Times are monotonic ms.
import type { FrameError } from '../../../../protocols/frame.ts'
import type { SyncBatchBody, SyncOfferBody, SyncRequestBody } from '../../../../protocols/messages/sync.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Document, Wanted } from '../read.ts'

/** Where a page of a neighbour's numbering ends. */
export interface Cursor {
  readonly index: Uint8Array
  readonly after: number
  /** When looking at that numbering began. */
  readonly begunAt: number
  readonly isLast: boolean
}

/** One question to one neighbour: for the heads after `cursor`, or, where `asked` names some, for documents. */
export interface Request {
  readonly node: NodeId
  /** Counted for each link. */
  readonly id: number
  /** Without one it is for a job. */
  readonly by: Walk | undefined
  readonly asked: readonly Wanted[]
  readonly cursor: Cursor | undefined
  /** When it was sent, or answered: what was answered is being stored. */
  at: number
}

/** A neighbour whose heads are looked through, page by page; after each page come its documents. */
export interface Walk {
  readonly node: NodeId
  /** How many more may be asked for. */
  pages: number
  /** When others have their turn (monotonic, ms). */
  readonly until: number
  /** The page that is here. */
  page: Cursor | undefined
  /** Documents of that page that are still to be got. */
  left: readonly Wanted[]
  request: Request | undefined
  /** The link is gone, it did not answer, or what it gave was refused or could not be stored. */
  hasFailed: boolean
}

/** A document that somebody told of. */
export interface Job {
  readonly wanted: Wanted
  /** The nodes that say they have it, and the neighbours that handed that on, the latest first. */
  announcers: readonly NodeId[]
  froms: readonly NodeId[]
  /** The node that is answerable for it. */
  readonly owner: NodeId
  /** When the next attempt is due. */
  at: number
  attempt: number
  /** Whom the attempt that is under way still asks, in order. */
  left: NodeId[]
  isDialing: boolean
}

export type GettingEvent =
  | { readonly on: 'start' }
  /** The time that was asked for has come. */
  | { readonly on: 'wake' }
  | { readonly on: 'up' | 'down'; readonly node: NodeId }
  /**
   * `announcer` says that it has these documents; `from` is the neighbour that handed the word on. `owner`, who is answerable
   * for fetching them, is the announcer where it is admitted here, otherwise `from`, unless told otherwise.
   */
  | {
      readonly on: 'heard'
      readonly heads: readonly Wanted[]
      readonly announcer: NodeId
      readonly from: NodeId
      readonly owner?: NodeId
    }
  /** A neighbour asks, and tells how far its own numbering goes. */
  | { readonly on: 'asked'; readonly node: NodeId; readonly body: SyncRequestBody }
  | { readonly on: 'answer'; readonly node: NodeId; readonly body: SyncOfferBody | SyncBatchBody }
  /** Nothing more comes of the request: what it brought is stored, or could not be, or it could not be sent. */
  | { readonly on: 'over'; readonly request: Request; readonly isGood: boolean }
  | { readonly on: 'dialed'; readonly job: Job | undefined; readonly reached: boolean }
  /** Other authors are wanted than before: what neighbours have is looked at again. */
  | { readonly on: 'again' }

export type GettingAction =
  /** `wake` is to follow after so long; it takes the place of the one before. */
  | { readonly do: 'wake'; readonly ms: number }
  | { readonly do: 'send'; readonly request: Request }
  /** `over` is to follow. */
  | { readonly do: 'keep'; readonly request: Request; readonly documents: readonly Document[] }
  /** `dialed` is to follow. Without a job it is a visit. */
  | { readonly do: 'dial'; readonly node: NodeId; readonly job?: Job }
  /** The answer that came breaks the rules. */
  | { readonly do: 'refuse'; readonly error: FrameError }
  /** All that the neighbour has was looked at. */
  | { readonly do: 'compared'; readonly node: NodeId }
