// Facts of /doctor about totals: whether this machine sent its share of the newest period, and how far releases have come.
import type { NodeId } from '../../../../protocols/node-id.ts'
import { DAY_MS } from '../../../base/calendar.ts'
import type { TotalsRoom } from '../../../exchange/totals/index.ts'
import type { BucketTotals } from '../../../exchange/totals/types.ts'
import type { Trust } from '../../../trust/peers/index.ts'
import type { Principal } from '../../../trust/policy/index.ts'
import type { DaemonFacts, NamedNode } from '../../contract/shapes.ts'
import { time } from '../../server/shown.ts'

export interface TotalsFactsDeps {
  readonly totals: Pick<TotalsRoom, 'audiences' | 'read' | 'preview'>
  /** This node as its certificate says it. */
  readonly self: () => Pick<Principal, 'node_id' | 'roles'>
  readonly member: Trust['member']
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Closed periods of so long are looked at. */
const BACK_MS = 8 * DAY_MS
/** And so long where nothing was released of those: a mesh whose releases ended is no young one. */
const EVER_MS = 90 * DAY_MS

/** By both aggregators or one of them, be it that machines were too few. */
const wasReleased = ({ why }: BucketTotals): boolean => why !== 'pending' && why !== 'none'

/** Null: the mesh computes no totals, or this node knows of none. `uid`: of the person who asks. */
export async function totalsFacts(
  { totals, self, member, now }: TotalsFactsDeps,
  uid: number,
  named: (node: NodeId) => NamedNode,
): Promise<NonNullable<DaemonFacts['totals']> | null> {
  const audiences = totals.audiences()
  const audience = audiences.find((one) => self().roles.includes(one)) ?? audiences[0]
  if (audience === undefined) return null
  const at = now()
  const { bucket: open } = await totals.preview(uid, audience)
  if (open === undefined) return null
  const { bucket, state, why, pair } = await totals.preview(uid, audience, open.start - 1)
  const isThere = (node: NodeId): boolean => {
    const one = member(node)
    return node === self().node_id || (one !== undefined && !one.offline && !one.unsure)
  }
  const isReader = self().roles.includes(audience)
  const back = async (ms: number): Promise<readonly BucketTotals[]> =>
    isReader
      ? (await totals.read(audience, 'ToolUsage', { start: Math.max(0, at - ms), end: at })).buckets
      : []
  const buckets = await back(BACK_MS)
  // Which of the periods are from before a mesh that has just begun is not known here, so none is called late.
  const isYoung = isReader && !buckets.some(wasReleased) && !(await back(EVER_MS)).some(wasReleased)
  // Periods of which something was said, be it that machines were too few, are not late.
  const isLate = (one: BucketTotals): boolean => one.why === 'pending' || one.why === 'half'
  const newest = buckets.findLastIndex((one) => !isLate(one))
  return {
    ended_at: time(bucket?.end ?? open.start),
    given: state === 'given',
    why: why ?? null,
    late: isReader && !isYoung ? buckets.length - 1 - newest : null,
    ...(isYoung && { none_yet: true as const }),
    pair: pair.map(({ node_id }) => ({ ...named(node_id), there: isThere(node_id) })),
  }
}
