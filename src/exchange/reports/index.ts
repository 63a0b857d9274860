// The door of the room of reports.
export { createFigures } from './figures.ts'
export { createReports, type Reports } from './reports.ts'
