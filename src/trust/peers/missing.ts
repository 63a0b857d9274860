// Whether a member is missing: one rule for the list of peers, the report, questions and documents, so that they never differ.
import type { Member } from './types.ts'

/** How soon a member is expected to speak again where no presence of it has said how soon. */
const AGAIN_MS = 5 * 60_000
/** A member that has missed so many presences is away, whatever it said last. */
const MISSED = 3

/** When a member is away if it is not heard again: it was last seen at `at` and speaks every `againMs`; ms since the epoch. */
export const hereUntil = (at: number, againMs = AGAIN_MS): number => at + MISSED * againMs

/** Never heard of, gone, its connection broken, or not heard of lately. `now`: ms since the epoch. */
export const isMissing = (
  member: Pick<Member, 'offline' | 'unsure' | 'here_until'> | undefined,
  now: number,
): boolean => member === undefined || member.offline || member.unsure || now >= member.here_until
