// How this node stands in the mesh of its root, as karo ca shows it.
import { WHY_OUT } from '../../api/contract/constants.ts'
import type { FleetShape } from '../../api/contract/shapes.ts'
import { clockWords } from '../../base/words/clock-words.ts'
import { ANOTHER_KEY, revokedWords } from '../../base/words/revoked.ts'
import { notLetIn } from '../fleet/refusals.ts'
import {
  ago,
  type CommandIo,
  clauses,
  fitted,
  formatFingerprint,
  localTime,
  pairs,
  printable,
  UNBOUNDED,
} from '../kit.ts'

export const shortMesh = ({ mesh }: FleetShape): string => formatFingerprint((mesh ?? '').slice(0, 16))

export function fleetView(fleet: FleetShape, io: CommandIo): string {
  const { own, joining } = fleet
  if (fleet.root === null) {
    const says =
      joining === null ? 'This node does not belong to a mesh with a root key.' : joiningWords(joining)
    return fitted(`${says}\nkaro join <code> joins a mesh; karo ca init makes one.\n`, io)
  }
  const age = fleet.lists_at && ago(Date.now() - Date.parse(fleet.lists_at))
  return pairs(UNBOUNDED, {
    mesh: shortMesh(fleet),
    root: fleet.root,
    'this node': own === null ? withoutCertificate(fleet) : `${own.usage}, ${own.name}`,
    invite: own === null && joining !== null && joiningWords(joining),
    'holds until': own && localTime(own.ends_at),
    roles: own?.roles.join(', '),
    teams: own?.teams.join(', '),
    owner: own?.owner,
    'may give': own?.grants.join(', '),
    nodes: `${fleet.certified} certified; revoked keys: ${fleet.revoked}`,
    revocations:
      age &&
      (fleet.stale
        ? `${age}: too old, so nodes that are trusted by certificate only get no data here`
        : `as of ${age}`),
  })
}

function withoutCertificate({ why_not, revoked_by }: FleetShape): string {
  if (why_not === null) return 'has no certificate'
  const why =
    why_not === 'revoked'
      ? `${revokedWords(revoked_by)}. To let this machine in again, give it another key: ${ANOTHER_KEY}`
      : WHY_OUT[why_not].join('. ')
  return `is no longer a member: ${why}`
}

/** What the node may give after a renewal, and what is different from before. */
export function grantWords(before: readonly string[], now: readonly string[]): string {
  const list = (roles: readonly string[]): string => roles.map(printable).join(', ')
  const lost = before.filter((role) => !now.includes(role))
  const won = now.filter((role) => !before.includes(role))
  return clauses(
    now.length === 0 ? 'It may give no privileged role.' : `It may give: ${list(now)}.`,
    won.length > 0 && `New: ${list(won)}.`,
    lost.length > 0 &&
      `No longer: ${list(lost)}. Certificates of this issuer with such a role are void: their machines are no longer members, and each needs an invite without that role. Next time, take the role away from the machines first, with karo ca assign.`,
  ).join(' ')
}

function joiningWords({
  refused,
  detail,
  ends_at,
  clock_off_ms,
}: NonNullable<FleetShape['joining']>): string {
  if (refused !== null) return `${notLetIn(refused, detail)}.`
  const looks = `It looks for the issuer of its invite until ${localTime(ends_at)}.`
  return clock_off_ms === null
    ? looks
    : `${looks} It has found the issuer, but they refuse each other: the issuer's clock is ${clockWords(clock_off_ms)} (at most 5 min are allowed).`
}
