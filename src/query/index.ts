// The query room's door: ask the mesh, and answer for this node.

import type { Room } from '../base/room.ts'
import type { QueryResult } from './result.ts'

export interface AskRequest {
  readonly query_type: 'ToolUsage' | 'NodeHealth'
  /** Default: what one's role gives (1 today). */
  readonly level?: 1 | 2
  /** Milliseconds since the epoch; level 1 is widened outward to whole UTC hours. */
  readonly range: { readonly start: number; readonly end: number }
  readonly perNode: boolean
  /** Milliseconds, 100 to 60 000; default 5 000. */
  readonly timeoutMs: number
  /** Asking person's uid: their own data is merged whatever their consent. */
  readonly uid: number
}

export interface Query extends Room {
  /** Resolves with a complete result even when cancelled; rejects only for a bad request. */
  ask(request: AskRequest, signal: AbortSignal): Promise<QueryResult>
}

export { createQuery } from './query.ts'
