// The guard room's door: what this owner lets through, asks about and blocks; it reads files and runs nothing.
export type { Guard, GuardRule } from './guard.ts'
export { judge } from './judge.ts'
export { loadGuard } from './load.ts'
export { type MachinePlace, machineOf } from './machine.ts'
export { type GuardSources, MACHINE_RULES } from './sources.ts'
