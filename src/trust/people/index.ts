// The people room's door: to which account the data under each number belongs.

export { machineOf } from './machine.ts'
export { createPeople, type People, type Person } from './people.ts'
