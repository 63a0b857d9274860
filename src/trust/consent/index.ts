// The sharing room's door: what each person here consents to, for everybody who is about to let their data out.

export { createSharing } from './sharing.ts'
export type * from './types.ts'
