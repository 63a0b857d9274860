// The risk room's door: judges a command line as text; pure, no I/O, no clock.

export {
  type Caller,
  type GitAlias,
  GUARD_PROFILES,
  type GuardProfile,
  type Machine,
  RISK_LEVELS,
  type RiskLevel,
  SHELLS,
  type Shell,
} from '../../base/words/risk-levels.ts'
export { checkCommand, DEFAULT_PROFILE, riskLevelOf } from './check.ts'
export { checkArgv } from './check-argv.ts'
export { firstTool } from './first-tool.ts'
export { isCore } from './rule-ids.ts'
export { ruleList } from './rule-list.ts'
export type * from './types.ts'
