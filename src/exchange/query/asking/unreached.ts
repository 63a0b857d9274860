// Why a member did not answer, as far as this node knows: what a person needs to bring it back.
import type { Mesh } from '../../../mesh/index.ts'
import { isMissing, type Member } from '../../../trust/peers/index.ts'
import { rfc3339 } from '../range.ts'
import type { MemberOutcome } from '../result.ts'
import { NEVER } from './team.ts'

/** What goes into the member's row of the coverage. `now`: ms since the epoch. */
export function whyUnreached(
  member: Member,
  mesh: Pick<Mesh, 'isConnected' | 'apart'>,
  now: number,
): Pick<MemberOutcome, 'why' | 'clock_off_ms' | 'last_seen'> {
  const { node_id, offline, unsure, last_seen } = member
  const apart = mesh.apart(node_id)
  if (apart !== undefined) return apart
  if (mesh.isConnected(node_id)) return { why: 'silent' }
  if (last_seen === NEVER) return { why: 'never' }
  const seen = { last_seen: rfc3339(last_seen) }
  if (offline) return { why: 'left', ...seen }
  if (unsure) return { why: 'lost', ...seen }
  return isMissing(member, now) ? { why: 'away', ...seen } : {}
}
