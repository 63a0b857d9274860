// The guard room's door: judges what the owner lets through, asks about and blocks. It reads files and runs nothing.
export type { Guard, GuardRule } from './guard.ts'
export { judge } from './judge.ts'
export { loadGuard, sealAtStart } from './load.ts'
export { type MachinePlace, machineOf } from './machine.ts'
export { checkFleetRules } from './rules-file.ts'
export { type GuardSources, MACHINE_RULES } from './sources.ts'
