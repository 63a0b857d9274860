// A small ledger, and what the room that sends it is given.
import { systemClock as clock, systemTimers as timers } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { FORWARD_KINDS, type ForwardKind } from '../../../src/base/words/forward-target.ts'
import type { createForward } from '../../../src/ops/forward/index.ts'
import type { Forwarded } from '../../../src/store/tables/forwarded.ts'
import type { AuditType } from '../../../src/trust/audit/entry-types.ts'
import type { AuditEntry, LedgerEntry } from '../../../src/trust/audit/index.ts'

export const sender = { name: 'eng-042', nodeId: 'karo:ed25519:test' }
const TIME = Date.UTC(2026, 10, 20, 9)

export const entry = (
  seq: number,
  type: AuditType,
  success = true,
  details: AuditEntry['details'] = {},
): AuditEntry => ({
  seq,
  ts: TIME,
  type,
  success,
  details,
  hash: seq.toString(16).padStart(64, '0'),
})

export const LEDGER: readonly LedgerEntry[] = [
  entry(1, 'node_started'),
  entry(2, 'agent_gate', false, { uid: 1000, gate: 'risk' }),
  entry(3, 'alert_raised', true, { uid: 1000, what: 'refused' }),
  entry(4, 'anomaly_found', true, { uid: 1000, kind: 'unusual_pattern', severity: 7 }),
  { seq: 5, damaged: true },
]

interface Kept {
  readonly kinds?: readonly ForwardKind[]
  readonly ledger?: readonly LedgerEntry[]
  readonly get?: () => Partial<Forwarded> | undefined
  readonly put?: (at: Forwarded) => void
  readonly removed?: number
}

export const depsFor = (
  to: string,
  { kinds = FORWARD_KINDS, ledger = LEDGER, get = () => undefined, put = () => {}, removed = 0 }: Kept = {},
): Parameters<typeof createForward>[0] => ({
  clock,
  timers,
  log: silentLog,
  sender,
  config: {
    mesh: { lan_only: true, allow_cgnat: false },
    discovery: { resolvers: [] },
    forward: { to: [to], kinds, tls_ca: '', tls_certificate: '', tls_key: '' },
  } as never,
  repository: {
    async get(to) {
      const row = get()
      return row && { to, sent: 0, tried: 0, missed: 0, missedAt: 0, from: 0, ...row }
    },
    async write({ put: rows = [] }) {
      for (const row of rows) put(structuredClone(row))
    },
  },
  audit: {
    after: async (seq, limit) => ledger.filter((one) => one.seq > seq).slice(0, limit),
    onWritten: () => () => {},
    status: () => ({ written: ledger.at(-1)?.seq ?? 0, removed, dropped: 0 }),
  },
})
