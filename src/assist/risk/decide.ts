// Turns a level into a decision: what each profile blocks, asks about and lets through.

import type { GuardProfile, RiskLevel } from '../../base/words/risk-levels.ts'
import type { GuardDecision } from './types.ts'

const RANK: Readonly<Record<RiskLevel, number>> = { safe: 0, moderate: 1, high: 2, critical: 3 }

/** The worst of the levels; safe if there are none. */
export function worst(levels: readonly RiskLevel[]): RiskLevel {
  return levels.reduce((a, b) => (RANK[a] >= RANK[b] ? a : b), 'safe')
}

export function compareLevels(a: RiskLevel, b: RiskLevel): number {
  return RANK[a] - RANK[b]
}

interface ProfileRow {
  readonly decisions: Readonly<Record<RiskLevel, GuardDecision>>
  /** UTF-16 units; a longer command is confirmed even if no rule found anything in it. */
  readonly longest: number
}

const PROFILES: Readonly<Record<GuardProfile, ProfileRow>> = {
  strict: {
    decisions: { safe: 'allow', moderate: 'confirm', high: 'block', critical: 'block' },
    longest: 1_000,
  },
  moderate: {
    decisions: { safe: 'allow', moderate: 'allow', high: 'confirm', critical: 'block' },
    longest: 5_000,
  },
  permissive: {
    decisions: { safe: 'allow', moderate: 'allow', high: 'allow', critical: 'confirm' },
    longest: 10_000,
  },
  off: {
    decisions: { safe: 'allow', moderate: 'allow', high: 'allow', critical: 'allow' },
    longest: Number.POSITIVE_INFINITY,
  },
}

export function decide(profile: GuardProfile, level: RiskLevel, length: number): GuardDecision {
  const row = PROFILES[profile]
  const decision = row.decisions[level]
  return decision === 'allow' && length > row.longest ? 'confirm' : decision
}
