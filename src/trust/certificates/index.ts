// The door of the room of certificates: who is certified, by whom, for how long; it decides membership, never data.

export { createFleet, type Fleet, type FleetState } from './fleet.ts'
export type * from './fleet-types.ts'
export {
  ENROLMENT_FILE,
  formatEnrolment,
  parseEnrolment,
  readEnrolment,
  watchEnrolment,
} from './invites/enrolment.ts'
export { checkLabels } from './invites/invite-terms.ts'
export type { Operators } from './operator-office.ts'
export { createRootKey, openRootKey, type RootKey } from './root-key.ts'
export { openSeed, type SealedSeed, sealSeed } from './sealed-seed.ts'
export { meshOf, signCertificate, signRevocationList } from './sign.ts'
export type * from './types.ts'
export { createUpkeep } from './upkeep.ts'
export { type Binding, CHAIN_FAULTS, type ChainFault } from './verify.ts'
