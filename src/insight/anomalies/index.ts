// The anomalies room's door: tells each person, and no other, what is unusual in that person's numbers.

export { createAnomalies } from './anomalies.ts'
export type * from './types.ts'
