// The check of where the ledger is sent.
import type { DaemonFacts } from '../../../api/contract/shapes.ts'
import { type Finding, ok, skipped, warn } from '../result.ts'

export function judgeForward(targets: NonNullable<DaemonFacts['forward']>): readonly Finding[] {
  if (targets.length === 0) return [skipped('the ledger is sent nowhere (forward.to)')]
  return targets.map(({ to, waiting, missed, problem }) => {
    if (problem !== null) return warn(`${to} does not get the ledger: ${problem}; ${waiting} entries wait`)
    if (missed > 0) return warn(`${to} never got ${missed} entries, which the ledger does not keep any more`)
    return ok(waiting === 0 ? `${to} has every entry` : `${to} gets the ledger; ${waiting} entries wait`)
  })
}
