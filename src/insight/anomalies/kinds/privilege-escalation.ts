// Tools that give the rights of another account, by somebody who never or hardly used them, or who failed with them.

import type { Finding } from '../../../base/words/signal.ts'
import type { Rollup } from '../../../store/rollups/types.ts'
import type { Look } from '../look.ts'
import { meanAndVariance, severity } from '../numbers.ts'

/**
 * Shells and files of another account, and who may have its rights. A command behind `sudo`, `doas` or `pkexec` is counted as
 * the tool that it is (`sudo apt update` as apt), so these three are here only where they stand alone, as in `sudo -i`.
 */
const TOOLS =
  'sudo sudoedit visudo su runuser doas pkexec setcap chroot passwd gpasswd useradd usermod userdel'.split(
    ' ',
  )

/** One is a slip, two a repetition. */
const ESCALATIONS_LEAST = 3
/** For somebody who uses them: three times as many as on any day, and 8 deviations above the mean. */
const ESCALATIONS_OVER_MOST = 3
const ESCALATIONS_Z = 8
/** A password is mistyped twice. */
const FAILED_LEAST = 3

export function privilegeEscalation({ rollup, baseline, span }: Look): readonly Finding[] {
  const today = escalationsIn(rollup)
  if (today.count < ESCALATIONS_LEAST) return []
  const before = baseline.days.map((day) => escalationsIn(day.rollup))
  const counts = before.map(({ count }) => count)
  const most = Math.max(...counts)
  const { mean, variance } = meanAndVariance(counts)
  // Never less than that of chance alone (Poisson).
  const spread = Math.sqrt(Math.max(variance, mean, 1))
  const more = today.count >= ESCALATIONS_OVER_MOST * most && (today.count - mean) / spread >= ESCALATIONS_Z
  const failedMost = Math.max(...before.map(({ failures }) => failures))
  const failed =
    today.failures >= FAILED_LEAST && today.failures >= ESCALATIONS_OVER_MOST * Math.max(1, failedMost)
  if (most > 0 && !more && !failed) return []
  const least = Math.max(ESCALATIONS_LEAST, more ? ESCALATIONS_OVER_MOST * most : today.count)
  const size = Math.max(0, Math.log2(today.count / (most === 0 ? ESCALATIONS_LEAST : least)))
  return [
    {
      kind: 'privilege_escalation',
      subject: null,
      unit: 'commands',
      observed: today.count,
      window: span,
      expected: mean,
      spread,
      n: counts.length,
      // Three by somebody who never did: 5; twelve, or three that failed: 6.
      severity: severity(4.6 + Math.min(2, size / 1.5) + (failed ? 1 : 0)),
    },
  ]
}

function escalationsIn({ tools }: Rollup): { readonly count: number; readonly failures: number } {
  let count = 0
  let failures = 0
  for (const name of TOOLS) {
    count += tools[name]?.count ?? 0
    failures += tools[name]?.failures ?? 0
  }
  return { count, failures }
}
