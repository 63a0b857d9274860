// The query room's door: ask the mesh, and answer for this node.

import type { Room } from '../base/room.ts'
import type { QueryResult } from './result.ts'

export interface AskRequest {
  readonly query_type: 'ToolUsage' | 'NodeHealth'
  /** Default: what each owner's trust gives this node, 2 for a supervisor and 1 for the others. */
  readonly level?: 1 | 2
  /** Milliseconds since the epoch; level 1 is widened outward to whole UTC hours. */
  readonly range: { readonly start: number; readonly end: number }
  readonly perNode: boolean
  /** Milliseconds, 100 to 60 000. */
  readonly timeoutMs: number
  /** Asking person's uid: their own data is merged whatever their consent. */
  readonly uid: number
  /** 32 lower-case hex digits that tie log lines and audits of all nodes together; made up when absent. */
  readonly traceId?: string
}

export interface Query extends Room {
  /**
   * Asks every known member and this node itself. Resolves with a complete result, at the latest at the deadline,
   * when cancelled too. KaroErrors: bad_request, rate_limited (too many at once), unavailable (stopping).
   */
  ask(request: AskRequest, signal: AbortSignal): Promise<QueryResult>
}

export { createQuery } from './query.ts'
