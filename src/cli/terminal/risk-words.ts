// How a command shows a risk level, and what the guard decided: the same everywhere.
import type { GuardDecision, RiskLevel } from '../../assist/risk/index.ts'

export const RISK_COLOURS: Readonly<Record<RiskLevel, 'green' | 'yellow' | 'red' | 'magenta'>> = {
  safe: 'green',
  moderate: 'yellow',
  high: 'red',
  critical: 'magenta',
}

export const DECISIONS: Readonly<Record<GuardDecision, string>> = {
  allow: 'allowed',
  confirm: 'asks for confirmation',
  block: 'blocked',
}
