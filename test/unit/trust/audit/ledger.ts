// The ledger of a test, on a clock that the test moves.
import { onTestFinished } from 'vitest'
import { systemRandom } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import {
  type AuditRepository,
  type AuditRow,
  createAuditRepository,
} from '../../../../src/store/tables/audit.ts'
import { createAudit } from '../../../../src/trust/audit/index.ts'
import type { Identity } from '../../../../src/trust/identity/index.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'

export const BEGIN = 1_763_626_500_000
export const identity = testIdentity(1)

interface LedgerOptions {
  readonly identity?: Identity
  readonly keptMax?: number
}

/** Over what is stored there, not started yet. */
export function ledgerOver(repository: AuditRepository, options: LedgerOptions = {}, begin = BEGIN) {
  const clock = { time: begin, now: () => clock.time, monotonic: () => clock.time }
  const audit = createAudit({ repository, identity, clock, random: systemRandom, log: silentLog, ...options })
  onTestFinished(() => audit.stop())
  return { audit, clock }
}

export async function openLedger(options: LedgerOptions = {}) {
  const database = await temporaryDatabase()
  const repository = createAuditRepository(database)
  const opened = ledgerOver(repository, options)
  await opened.audit.start()
  return { ...opened, database, repository }
}

/** The entries that can be read, the oldest first. */
export async function rowsOf(repository: Pick<AuditRepository, 'forwards'>): Promise<AuditRow[]> {
  const rows: AuditRow[] = []
  for await (const { row } of repository.forwards()) if (row !== undefined) rows.push(row)
  return rows
}
