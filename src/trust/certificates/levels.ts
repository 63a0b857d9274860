// Which level the roles in a certificate give, and which roles only some issuers may put there: one table.
import type { TrustLevel } from '../../base/words/trust-levels.ts'

/**
 * The roles that the product knows. Every other role, and none at all, gives `peer` and needs no grant. `security`
 * gives `supervisor`: aggregates over everybody, and no level 1 data. `admin` manages machines and sees no more numbers
 * than others; it needs a grant because making an administrator is a privilege.
 */
const ROLES: Readonly<Record<string, { readonly level: TrustLevel; readonly granted: boolean }>> = {
  individual: { level: 'peer', granted: false },
  lead: { level: 'peer', granted: false },
  security: { level: 'supervisor', granted: true },
  admin: { level: 'peer', granted: true },
}

/** The level of a certified node. With several roles `supervisor` wins, which is less than `peer` for level 1 data. */
export const levelOf = (roles: readonly string[]): TrustLevel =>
  roles.some((role) => ownRole(role)?.level === 'supervisor') ? 'supervisor' : 'peer'

/** The roles of these that an issuer may give only if the root said so in the issuer's own certificate. */
export const privileged = (roles: readonly string[]): readonly string[] =>
  roles.filter((role) => ownRole(role)?.granted === true)

/** Whether an issuer with these grants may give all of these roles. */
export const areGranted = (roles: readonly string[], grants: readonly string[]): boolean =>
  privileged(roles).every((role) => grants.includes(role))

const ownRole = (role: string) => (Object.hasOwn(ROLES, role) ? ROLES[role] : undefined)
