// Which totals this machine took part in, from its ledger: what it gave of each bucket, to whom, and who fetched releases here.
import { bucketOfSlot } from '../../../protocols/buckets.ts'
import { keyOf, type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import { fetchesIn } from '../../exchange/query/index.ts'
import { OUTCOMES, type Readers, type TotalsRoom } from '../../exchange/totals/index.ts'
import type { Audit, AuditEntry } from '../../trust/audit/index.ts'
import { fingerprintOf } from '../../trust/identity/index.ts'
import { GIVEN_MAX } from '../contract/constants.ts'
import type { GivenTotalsShape } from '../contract/shapes.ts'
import { type Rooms, refsBy, time } from '../server/index.ts'

/** Entries of one type since a time, the newest first. */
type Entries = (type: AuditEntry['type'], limit: number) => ReturnType<Audit['log']>

/** Questions that are looked through for fetches of releases. */
const LOOKED_MAX = 10_000
const NODES_MAX = 256

export async function givenTotals(
  entries: Entries,
  { trust, totals }: Pick<Rooms, 'trust' | 'totals'>,
): Promise<GivenTotalsShape> {
  const refOf = refsBy(trust)
  const given = await entries('share_given', GIVEN_MAX)
  const outcomes = new Map<unknown, unknown>(
    (await entries('share_counted', LOOKED_MAX)).map(({ details }) => [details.bucket, details.outcome]),
  )
  const own = releasedBy(await entries('total_released', LOOKED_MAX))
  const fetched = await entries('query_responded', LOOKED_MAX)
  return {
    given: given.flatMap(({ ts, details }) => {
      const bucket = bucketOfSlot(String(details.bucket))
      if (bucket === undefined) return []
      return {
        start: time(bucket.start),
        end: time(bucket.end),
        at: time(ts),
        types: wordsOf(details.types),
        audiences: wordsOf(details.audiences),
        aggregators: wordsOf(details.aggregators).filter(isNode).map(refOf),
        outcome: OUTCOMES.find((one) => one === outcomes.get(details.bucket)) ?? null,
        released: own.get(String(details.bucket)) ?? [],
      }
    }),
    may_read: readersShape(totals, refOf),
    fetched: fetchesIn(fetched)
      .slice(0, GIVEN_MAX)
      .map(({ ts, node, operator, ...fetch }) => ({
        ...fetch,
        node: refOf(node),
        at: time(ts),
        operator: operator === undefined ? null : personRef({ node_id: operator.id, name: operator.name }),
      })),
  }
}

type Ref = { readonly node_id: NodeId; readonly fingerprint: string; readonly name: string }

export const personRef = ({ node_id, name }: Readers['operators'][number]): Ref => ({
  node_id,
  name,
  fingerprint: fingerprintOf(keyOf(node_id)),
})

/** For each role that gets totals, who may read them. */
export const readersShape = (
  totals: Pick<TotalsRoom, 'audiences' | 'readersOf'>,
  refOf: (node: NodeId) => Ref,
) =>
  totals.audiences().map((audience) => {
    const { nodes, operators } = totals.readersOf(audience)
    return {
      audience,
      nodes: nodes.slice(0, NODES_MAX).map(refOf),
      operators: operators.slice(0, NODES_MAX).map(personRef),
    }
  })

/** What this node released itself, as one of the two, by bucket. */
function releasedBy(
  entries: readonly AuditEntry[],
): ReadonlyMap<string, GivenTotalsShape['given'][number]['released']> {
  const found = new Map<string, GivenTotalsShape['given'][number]['released'][number][]>()
  for (const { success, details } of entries) {
    const { bucket, audience, types, threshold } = details
    if (!success || typeof audience !== 'string') continue
    const released = {
      audience,
      threshold: typeof threshold === 'number' ? threshold : null,
      types: wordsOf(types).flatMap((word) => {
        const [type, n] = word.split(':')
        return type === undefined || n === undefined ? [] : [{ type, machines: Number(n) }]
      }),
    }
    found.set(String(bucket), [...(found.get(String(bucket)) ?? []), released])
  }
  return found
}

const wordsOf = (words: unknown): string[] =>
  typeof words === 'string' ? words.split(' ').filter(Boolean) : []
const isNode = (word: string): word is NodeId => parseNodeId(word) !== undefined
