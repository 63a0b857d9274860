// People's decisions as they are held in memory, and how one is read from the store.
import type { Log } from '../../base/run/log.ts'
import { TRUST_LEVELS, type TrustLevel } from '../../base/words/trust-levels.ts'
import type { DecisionRecord } from '../../store/tables/members.ts'
import type { Decision } from './opinion.ts'

/** One decision in memory: about every key of its member. */
export type Held = Decision & Pick<DecisionRecord, 'keys' | 'chosen'>

export function heldFrom(record: DecisionRecord, log: Log): Held {
  const level = record.level === null ? null : TRUST_LEVELS.find((known) => known === record.level)
  // A level this program does not know opens nothing.
  if (level === undefined)
    log.warn({ trust_level: record.level }, 'a stored trust level is unknown; it counts as untrusted')
  return { ...record, level: level ?? (record.level === null ? null : ('untrusted' satisfies TrustLevel)) }
}

/**
 * Whether people gave the name of a decision. Where an older release did not write that down, the name of a node that was
 * denied or revoked may be what the node called itself.
 */
export function hasChosenName(held: Decision | undefined): boolean {
  if (held === undefined || held.name === '') return false
  return held.name_chosen ?? (held.level !== null && !held.denied && !held.revoked)
}

/** What is left of a decision when trust is taken back. Its name stays, so that people still know whom they refused. */
export const withdrawnFrom = (before: Held | undefined, name: string) => ({
  level: null,
  name: before?.name || name,
  name_chosen: hasChosenName(before),
  roles: [],
  teams: [],
  denied: before?.denied ?? false,
  revoked: before?.revoked ?? false,
})
