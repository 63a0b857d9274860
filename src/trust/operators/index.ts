// The door of the room of operators: people with keys of their own, who ask through whichever node is at hand.

export { createCredential, openCredential, readCredential } from './credential.ts'
export { audienceKeyOf, delegationDigest, signDelegation } from './delegation.ts'
export { createPrincipals, type Principals, type PrincipalsDeps } from './principals.ts'
export { createSessions, type Sessions } from './sessions.ts'
export type * from './types.ts'
