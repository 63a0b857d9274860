// Groups recipients: those that may read the same categories of the same people share one box. Pure.
import { BOXES_MAX, RECIPIENTS_MAX } from '../../../protocols/messages/summary.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { byText } from '../../base/by-text.ts'
import {
  type Circumstances,
  type Consent,
  type Policy,
  type Principal,
  type SharingCategory,
  summaryResource,
} from '../../trust/policy/index.ts'

/** The categories a summary has parts for; there are no signals of anomalies in it yet. */
export const SUMMARY_CATEGORIES = [
  'tool_usage',
  'activity_patterns',
  'safety_stats',
] as const satisfies readonly SharingCategory[]
export type SummaryCategory = (typeof SUMMARY_CATEGORIES)[number]

/** For each category the uids of the people who share it. A category that nobody shares has no member. */
export type Entitlement = Readonly<Partial<Record<SummaryCategory, readonly number[]>>>

/** The part of an entitlement that is one person's. */
export function restrictedTo(entitlement: Entitlement, uid: number): Entitlement {
  const own = Object.entries(entitlement).filter(([, uids]) => uids.includes(uid))
  return Object.fromEntries(own.map(([category]) => [category, [uid]]))
}

export interface Recipient {
  readonly node_id: NodeId
  readonly fingerprint: string
  readonly name: string
  readonly principal: Principal
}

export interface Group {
  readonly entitlement: Entitlement
  /** Ascending by node id. */
  readonly recipients: readonly Recipient[]
}

export interface Grouping {
  /** Most recipients first. */
  readonly groups: readonly Group[]
  /** Entitled, but there was no room for them in one document. */
  readonly leftOut: readonly Recipient[]
}

/** The policy that decides, and the circumstances that it decides in. */
export interface Judging {
  readonly policy: Pick<Policy, 'decide'>
  readonly circumstances: Circumstances
}

/** All that people's consent allows to be sent to `principal`; empty when nothing. */
function entitlementOf(
  { policy, circumstances }: Judging,
  principal: Principal,
  people: readonly { readonly uid: number; readonly consent: Consent }[],
): Entitlement {
  const entitled: Partial<Record<SummaryCategory, number[]>> = {}
  for (const category of SUMMARY_CATEGORIES) {
    const uids = people
      .filter(
        ({ consent }) =>
          policy.decide(principal, 'summary.receive', summaryResource(category), {
            ...circumstances,
            consent,
          }).effect === 'allow',
      )
      .map(({ uid }) => uid)
    if (uids.length > 0) entitled[category] = uids.sort((a, b) => a - b)
  }
  return entitled
}

/**
 * Groups `candidates`, in whose order places are given away: at most BOXES_MAX groups, the largest, and as many
 * recipients as a document has places, of which each box keeps one for the author.
 */
export function groupsOf(
  judging: Judging,
  candidates: readonly Recipient[],
  people: readonly { readonly uid: number; readonly consent: Consent }[],
): Grouping {
  const byEntitlement = new Map<string, { entitlement: Entitlement; recipients: Recipient[] }>()
  for (const candidate of candidates) {
    const entitlement = entitlementOf(judging, candidate.principal, people)
    if (Object.keys(entitlement).length === 0) continue
    const key = JSON.stringify(entitlement)
    const group = byEntitlement.get(key)
    if (group) group.recipients.push(candidate)
    else byEntitlement.set(key, { entitlement, recipients: [candidate] })
  }
  const sorted = [...byEntitlement].sort(
    ([a, { recipients: many }], [b, { recipients: few }]) => few.length - many.length || byText(a, b),
  )
  const leftOut = sorted.slice(BOXES_MAX).flatMap(([, { recipients }]) => recipients)
  const groups: Group[] = []
  let places = RECIPIENTS_MAX - Math.min(sorted.length, BOXES_MAX)
  for (const [, { entitlement, recipients }] of sorted.slice(0, BOXES_MAX)) {
    const within = recipients.slice(0, places)
    leftOut.push(...recipients.slice(places))
    places -= within.length
    if (within.length === 0) continue
    groups.push({ entitlement, recipients: within.sort((a, b) => byText(a.node_id, b.node_id)) })
  }
  return { groups, leftOut }
}
