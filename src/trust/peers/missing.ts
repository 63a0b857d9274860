// Whether a member is missing: one rule for the list of peers, the report and questions, so that they never differ.
import type { Member } from './types.ts'

/** A presence comes every five minutes: a member that has missed three is away, whatever it said last. */
export const AWAY_AFTER_MS = 15 * 60_000

/** Never heard of, gone, its connection broken, or not heard of lately. `now`: ms since the epoch. */
export const isMissing = (
  member: Pick<Member, 'offline' | 'unsure' | 'last_seen'> | undefined,
  now: number,
): boolean =>
  member === undefined || member.offline || member.unsure || now - member.last_seen >= AWAY_AFTER_MS
