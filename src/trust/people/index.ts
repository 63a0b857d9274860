// The people room's door: to which account the data under each number belongs.

export { machineOf } from './machine.ts'
export { createPeople, type People } from './people.ts'
export type * from './types.ts'
