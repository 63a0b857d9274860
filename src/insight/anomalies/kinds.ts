// Every kind of anomaly as a row of one table: the history that it needs, and its test.

import type { Finding, Kind } from '../../base/words/signal.ts'
import { deviation } from './kinds/deviation.ts'
import { failureRate } from './kinds/failure-rate.ts'
import { hookSilent } from './kinds/hook-silent.ts'
import { privilegeEscalation } from './kinds/privilege-escalation.ts'
import { repeatedRisk } from './kinds/repeated-risk.ts'
import { timing } from './kinds/timing.ts'
import { unusualPattern } from './kinds/unusual-pattern.ts'
import { type Look, WARM_UP_DAYS } from './look.ts'

interface KindRow {
  /** Active days of baseline before it may say anything. */
  readonly needs: number
  readonly find: (look: Look) => readonly Finding[]
}

/** Findings of one kind on one day. Few, because a new project that brings many new tools is one event. */
const FINDINGS_MOST = 2

export const KIND_TABLE: Readonly<Record<Kind, KindRow>> = {
  unusual_pattern: { needs: WARM_UP_DAYS, find: unusualPattern },
  failure_rate: { needs: WARM_UP_DAYS, find: failureRate },
  timing: { needs: WARM_UP_DAYS, find: timing },
  repeated_risk: { needs: 0, find: repeatedRisk },
  privilege_escalation: { needs: WARM_UP_DAYS, find: privilegeEscalation },
  deviation: { needs: WARM_UP_DAYS, find: deviation },
  hook_silent: { needs: 0, find: hookSilent },
}

/** Everything unusual about that day. */
export function findings(look: Look): readonly Finding[] {
  return Object.values(KIND_TABLE).flatMap(({ needs, find }) =>
    look.baseline.days.length < needs
      ? []
      : find(look)
          .toSorted((a, b) => b.severity - a.severity)
          .slice(0, FINDINGS_MOST),
  )
}
