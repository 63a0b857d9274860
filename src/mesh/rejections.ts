// Refused frames and connections: counted by code, and told to the audit ledger as often as a person can read.
import { REJECT_CODES, type RejectCode } from '../../protocols/frame.ts'
import type { NodeId } from '../../protocols/node-id.ts'
import type { Audit } from '../audit/index.ts'
import type { Clock } from '../base/clock.ts'

export type RejectionCounts = Readonly<Record<RejectCode, number>>

export interface Rejections {
  /** `protocol` is the stream's id. */
  count(code: RejectCode, protocol: string, peer: NodeId): void
  counts(): RejectionCounts
}

/** One entry per peer and code in this time; what comes between is told as `times` in the next. */
const AUDIT_EVERY_MS = 60_000
/** Pairs of peer and code that are remembered; beyond, and until they age, only the counters count. */
const AUDITED_MAX = 256

export function createRejections(audit: Pick<Audit, 'record'>, clock: Clock): Rejections {
  const counts = Object.fromEntries(REJECT_CODES.map((code) => [code, 0])) as Record<RejectCode, number>
  const audited = new Map<string, { at: number; since: number }>()

  const forgetOld = (now: number): void => {
    for (const [key, { at }] of audited) if (now - at >= AUDIT_EVERY_MS) audited.delete(key)
  }

  return {
    count(code, protocol, peer) {
      counts[code]++
      const now = clock.monotonic()
      const key = `${peer} ${code}`
      const last = audited.get(key)
      if (last !== undefined && now - last.at < AUDIT_EVERY_MS) {
        last.since++
        return
      }
      if (audited.size >= AUDITED_MAX) forgetOld(now)
      if (last === undefined && audited.size >= AUDITED_MAX) return
      const times = (last?.since ?? 0) + 1
      audited.set(key, { at: now, since: 0 })
      void audit.record({
        type: 'policy_violation',
        success: false,
        peer,
        details: { reason: code, protocol, times },
      })
    },
    counts: () => ({ ...counts }),
  }
}
