// The door of the room of reports.
export { createFigures } from './figures.ts'
export type { KeptReport } from './kept.ts'
export { createReports, type Reader, type Reports, type ReportsStatus } from './reports.ts'
