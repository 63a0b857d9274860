// The process watch's door: what the commands of hooked shells use while they run, told to whom the shells belong.

export { createProcesses } from './processes.ts'
export type { FoundProcess } from './search.ts'
export type * from './types.ts'
