// The only door from level 0 to level 1: everything here is folded from rollups and the public dictionary.

export { createInsight } from './insight.ts'
export { floorToHour, widenToHours } from './time.ts'
export type * from './types.ts'
