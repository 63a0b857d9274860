// The people room's door: to which account the data under each number belongs.

export { createPeople, machineOf } from './people.ts'
export type * from './types.ts'
