// What commands and their views are written with.
export * from './command.ts'
export * from './input/at.ts'
export * from './input/time.ts'
export * from './input/values.ts'
export * from './place.ts'
export * from './terminal/table.ts'
export * from './terminal/text.ts'
export * from './usage.ts'
