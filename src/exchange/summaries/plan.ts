// Plans what would be published now: decides afresh who may read what, and makes each period's boxes.
import type { NodeSummary } from '../../../protocols/messages/summary.ts'
import { type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import type { Period } from '../../../protocols/periods.ts'
import { encodeSummary } from '../../../protocols/summary.ts'
import { byText } from '../../base/by-text.ts'
import type { Clock } from '../../base/clock.ts'
import type { Insight, Numbers } from '../../insight/statistics/index.ts'
import type { Sharing } from '../../trust/consent/index.ts'
import { sealingKeyOf } from '../../trust/identity/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import { type Policy, principalOf } from '../../trust/policy/index.ts'
import { commandsIn, deriveSummary, type Summarized } from './derive.ts'
import { boxesThatFit } from './document.ts'
import {
  type Entitlement,
  type Group,
  groupsOf,
  type Recipient,
  restrictedTo,
  type SummaryCategory,
} from './groups.ts'

export interface PlanDeps {
  readonly nodeId: NodeId
  readonly insight: Pick<Insight, 'uids' | 'during' | 'recordedSince'>
  readonly sharing: Pick<Sharing, 'consentOf'>
  readonly trust: Pick<Trust, 'known' | 'opinion' | 'member'>
  readonly policy: Pick<Policy, 'decide'>
  readonly clock: Pick<Clock, 'now'>
  readonly measures: readonly Summarized[]
}

export interface Plan {
  /** Everybody with a key that can be sealed to, entitled or not. */
  readonly candidates: readonly Recipient[]
  readonly groups: readonly Group[]
  readonly leftOut: readonly Recipient[]
  /** Equal for plans that entitle the same nodes to the same. */
  readonly key: string
}

export interface PlannedBox {
  readonly recipients: readonly Recipient[]
  /** The people whose numbers the box adds up, by category. */
  readonly entitlement: Entitlement
  readonly summary: NodeSummary
  readonly plaintext: Uint8Array
}

/** Rejects when the store cannot say who consents to what: then nothing may leave. */
export async function makePlan({ nodeId, insight, sharing, trust, policy, clock }: PlanDeps): Promise<Plan> {
  const people: { uid: number; consent: Awaited<ReturnType<Sharing['consentOf']>> }[] = []
  for (const uid of await insight.uids()) people.push({ uid, consent: await sharing.consentOf(uid) })
  const candidates = trust
    .known()
    .filter((node) => node !== nodeId)
    .map((node) => candidateOf(trust, node))
    .filter((one) => one !== undefined)
    // Nodes that this node has met get places before nodes that are only configured.
    .sort((a, b) => Number(b.member) - Number(a.member) || byText(a.node_id, b.node_id))
  const { groups, leftOut } = groupsOf({ policy, circumstances: { at: clock.now() } }, candidates, people)
  const key = JSON.stringify(
    groups.map(({ entitlement, recipients }) => [entitlement, recipients.map(({ node_id }) => node_id)]),
  )
  return { candidates, groups, leftOut, key }
}

function candidateOf(
  trust: PlanDeps['trust'],
  node: NodeId,
): (Recipient & { readonly member: boolean }) | undefined {
  const publicKey = parseNodeId(node)
  if (publicKey === undefined || sealingKeyOf(publicKey) === undefined) return undefined
  const opinion = trust.opinion(node)
  const { fingerprint, name } = opinion
  const principal = principalOf(opinion)
  return { node_id: node, fingerprint, name, principal, member: trust.member(node) !== undefined }
}

/** What people share of a period, by category; undefined when there is nothing to tell. */
async function boxOf(
  { nodeId, measures }: Pick<PlanDeps, 'nodeId' | 'measures'>,
  numbers: Numbers,
  period: Period,
  { entitlement, recipients }: Group,
  generatedAt: number,
): Promise<PlannedBox | undefined> {
  const summary = await deriveSummary(numbers, nodeId, period, entitlement, generatedAt, measures)
  if (commandsIn(summary) === 0) return undefined
  return { recipients, entitlement, summary, plaintext: encodeSummary(summary) }
}

type BoxDeps = Pick<PlanDeps, 'nodeId' | 'insight' | 'measures'>

/** The boxes of one period, at most what one document holds; groups for whom there is nothing to tell have none. */
export async function boxesOf(
  deps: BoxDeps,
  { groups }: Pick<Plan, 'groups'>,
  period: Period,
  generatedAt: number,
): Promise<{ readonly boxes: readonly PlannedBox[]; readonly leftOut: readonly Recipient[] }> {
  const boxes: PlannedBox[] = []
  // Shared by all boxes: several groups may read numbers of the same people.
  const numbers = deps.insight.during(period)
  for (const group of groups) {
    const box = await boxOf(deps, numbers, period, group, generatedAt)
    if (box !== undefined) boxes.push(box)
  }
  const fit = boxesThatFit(boxes)
  return { boxes: boxes.slice(0, fit), leftOut: boxes.slice(fit).flatMap((box) => box.recipients) }
}

/** What these categories of one person say of a period, sealed to nobody; undefined when there is nothing to tell. */
export function categoriesOf(
  deps: BoxDeps,
  period: Period,
  { uid, categories }: { readonly uid: number; readonly categories: readonly SummaryCategory[] },
  generatedAt: number,
): Promise<PlannedBox | undefined> {
  const entitlement = Object.fromEntries(categories.map((category) => [category, [uid]]))
  const group = { entitlement, recipients: [] }
  return boxOf(deps, deps.insight.during(period), period, group, generatedAt)
}

/** The part of a box that is `uid`'s: all of it where no other person is in it; undefined when there is none. */
export function partOf(
  deps: BoxDeps,
  period: Period,
  { entitlement, recipients, summary }: PlannedBox,
  uid: number,
): Promise<PlannedBox | undefined> {
  const group = { entitlement: restrictedTo(entitlement, uid), recipients }
  return boxOf(deps, deps.insight.during(period), period, group, summary.generated_at)
}

export const idsOf = ({ recipients }: { readonly recipients: readonly Recipient[] }): readonly NodeId[] =>
  recipients.map(({ node_id }) => node_id)
