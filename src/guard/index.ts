// The guard room's door: what this owner lets through, asks about and blocks; it reads files and runs nothing.
export type { Guard, GuardRule, OnError } from './guard.ts'
export { judge, type Where } from './judge.ts'
export { type GuardSources, loadGuard, MACHINE_RULES, ownRules } from './load.ts'
