// Why a member did not answer, as far as this node knows: what a person needs to bring it back.
import type { Mesh } from '../../../mesh/index.ts'
import type { Member } from '../../../trust/peers/index.ts'
import { rfc3339 } from '../range.ts'
import type { MemberOutcome } from '../result.ts'

/** A presence comes every five minutes: a member that has missed three is away, whatever it said last. */
const AWAY_AFTER_MS = 15 * 60_000

/** What goes into the member's row of the coverage. `now`: ms since the epoch. */
export function whyUnreached(
  { node_id, offline, unsure, last_seen }: Member,
  mesh: Pick<Mesh, 'isConnected' | 'apart'>,
  now: number,
): Pick<MemberOutcome, 'why' | 'clock_off_ms' | 'last_seen'> {
  if (mesh.isConnected(node_id)) return { why: 'silent' }
  const apart = mesh.apart(node_id)
  if (apart !== undefined) return apart
  const seen = { last_seen: rfc3339(last_seen) }
  if (offline) return { why: 'left', ...seen }
  if (unsure) return { why: 'lost', ...seen }
  return now - last_seen < AWAY_AFTER_MS ? {} : { why: 'away', ...seen }
}
