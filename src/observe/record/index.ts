// The observation room's door: shells write, this reads; raw commands go from here into the store and nowhere else.

export { createObserve } from './observe.ts'
export { isShell } from './spool-file.ts'
export type * from './types.ts'
