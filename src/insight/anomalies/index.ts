// The anomalies room's door: what is unusual in a person's own numbers, told to that person and to nobody else.

export { createAnomalies } from './anomalies.ts'
export type * from './types.ts'
