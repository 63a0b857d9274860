// Counts the members that answered, and the others by reason; the counts always add up to the members known.
import { byText } from '../../../base/by-text.ts'
import type { Coverage, MemberOutcome, Outcome, QueryResult } from '../result.ts'

type CoverageCount = 'answered' | 'from_summary' | 'denied' | 'withheld' | 'failed' | 'unreachable'

const COUNTED_AS: Readonly<Record<Outcome, CoverageCount>> = {
  answered: 'answered',
  from_summary: 'from_summary',
  denied: 'denied',
  withheld: 'withheld',
  busy: 'failed',
  error: 'failed',
  not_supported: 'failed',
  bad_signature: 'failed',
  unreachable: 'unreachable',
}

/** Exactly one outcome for each known member; `nodes` is in order of fingerprints, without any number. */
export function coverageOf(members: readonly MemberOutcome[]): Coverage {
  const counts: Record<CoverageCount, number> = {
    answered: 0,
    from_summary: 0,
    denied: 0,
    withheld: 0,
    failed: 0,
    unreachable: 0,
  }
  for (const member of members) counts[COUNTED_AS[member.outcome]] += 1
  return {
    known: members.length,
    ...counts,
    complete: counts.answered === members.length,
    nodes: [...members].sort((a, b) => byText(a.fingerprint, b.fingerprint)),
  }
}

export interface Said {
  /** At least one node, the asking node included, gave numbers. */
  readonly contributed: boolean
  /** Members that said so. */
  readonly denied: number
  readonly withheld: number
  readonly no_data: number
}

/**
 * Success when anybody contributed, else what most members said. A tie goes to the refusal, which `no_data`
 * would hide. When nobody said anything: `no_data`.
 */
export function statusOf(said: Said): QueryResult['status'] {
  if (said.contributed) return 'success'
  const most = Math.max(said.denied, said.withheld, said.no_data)
  if (most === 0) return 'no_data'
  if (said.denied === most) return 'access_denied'
  return said.withheld === most ? 'withheld' : 'no_data'
}
