// What this machine would give to the totals of a bucket, as one of its people may see it: their own part, and why not more.
import { type Bucket, SHARE_KEPT_MS, slotOfBucket } from '../../../protocols/buckets.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { CLAMP, K_DEFAULT, K_LEAST, pairOf } from '../aggregates/index.ts'
import { createConsenting, givenTo, keyOf } from './consenting.ts'
import type { TotalsParts } from './parts.ts'
import { bucketAt, isFirst, isWithinBudget, overlapsAny, type Plan } from './plan.ts'
import type { Readers } from './roster.ts'
import type { Measure } from './types.ts'

/** Why nothing at all is given of a bucket. */
export const UNGIVEN = [
  /** The mesh's policy names no two aggregators of different operators, or this node is in no mesh. */
  'no_aggregators',
  /** The mesh computes no totals for that role. */
  'no_audience',
  /** One of the two aggregators is denied or revoked here. */
  'aggregator_refused',
  /** Certificates here do not say of both aggregators who has them, or that somebody has both. */
  'aggregators_not_apart',
  /** It ended before anything was recorded here, or before this node joined. */
  'before_records',
  /** It ended more than a week ago and was not given then. */
  'too_old',
  /** A bucket of another length that reaches over the same time was given. */
  'overlapping',
  /** This machine gave to as many buckets of the last seven days as it may. */
  'budget',
] as const
type Ungiven = (typeof UNGIVEN)[number]

export interface ContributionPreview {
  readonly audience: string
  /** Undefined: the mesh has no buckets. Milliseconds since the epoch; end is exclusive. */
  readonly bucket: { readonly start: number; readonly end: number } | undefined
  /** `open`: it is not over, so these are the numbers so far; `given`: its share has left this machine. */
  readonly state: 'open' | 'due' | 'given'
  readonly why: Ungiven | undefined
  /** The two that add up, the leader first, and who runs each; empty where there are none. */
  readonly pair: readonly { readonly node_id: NodeId; readonly operator: string }[]
  /** Who would read the totals. */
  readonly readers: Readers
  /** Fewest machines of a total: of the mesh, and of this machine. */
  readonly k: number
  readonly k_min: number
  /** True where the asker's own numbers are added up. Whether those of other people are is not told. */
  readonly counted: boolean
  /** One for each type that has totals. */
  readonly types: readonly PreviewedType[]
}

interface PreviewedType {
  readonly type: string
  readonly given: boolean
  /** Why it is not given, for people; undefined: it is. */
  readonly reason: string | undefined
  /** Of the layout, all with their values of 0. */
  readonly rows: number
  /** Rows that this person has any of, with the values by name. */
  readonly own: readonly { readonly row: string; readonly values: Readonly<Record<string, number>> }[]
}

export interface PreviewDeps extends TotalsParts {
  /** Buckets that this machine has given to, by slot. */
  readonly given: () => ReadonlyMap<string, Bucket>
}

export interface ContributionPreviews {
  /** Who has the role now. */
  readersOf(audience: string): Readers
  /** `at`: a time in the bucket, ms since the epoch; absent: now, of the bucket that is not over. */
  preview(uid: number, audience: string, at?: number): Promise<ContributionPreview>
}

const OTHERS_SHARE_OTHERWISE =
  'a machine gives the numbers of people who share the same, and yours are not among them'

export function createPreviews(deps: PreviewDeps): ContributionPreviews {
  const { plan, measures, clock } = deps
  const consenting = createConsenting(deps)

  async function whyNot(now: Plan, bucket: Bucket, audience: string, uids: readonly number[]) {
    if (!now.audiences.includes(audience)) return 'no_audience'
    const pair = pairOf(now.mesh, bucket, now.aggregators)
    if (pair === undefined) return 'no_aggregators'
    const nodes = pair.map((key) => formatNodeId(key))
    if (nodes.some(deps.refuses)) return 'aggregator_refused'
    if (!deps.roster().areApart(nodes)) return 'aggregators_not_apart'
    if (deps.given().has(slotOfBucket(bucket))) return undefined
    const given = [...deps.given().values()]
    if (bucket.end + SHARE_KEPT_MS <= clock.now()) return 'too_old'
    if (bucket.end <= (await consenting.knownFrom(uids))) return 'before_records'
    if (overlapsAny(bucket, given)) return 'overlapping'
    return isWithinBudget(now, bucket, given, clock.now(), deps.budget()) ? undefined : 'budget'
  }

  return {
    readersOf: (audience) => deps.roster().named(audience),
    async preview(uid, audience, at) {
      const now = plan()
      const none = {
        k_min: deps.kMin(),
        counted: false,
        types: [],
        readers: { nodes: [], operators: [] },
        pair: [],
      }
      if (now === undefined) {
        const nothing = { bucket: undefined, state: 'open', why: 'no_aggregators', k: K_DEFAULT } as const
        return { audience, ...none, ...nothing }
      }
      const bucket = bucketAt(now, at ?? clock.now())
      const people = await consenting.people()
      // Somebody who typed nothing here has no part in it, and sees what would be theirs.
      const person = people.find((one) => one.uid === uid) ?? (await consenting.personOf(uid))
      const why = await whyNot(
        now,
        bucket,
        audience,
        people.map((one) => one.uid),
      )
      const audiences = consenting.audiences(now.audiences)
      const own = audiences.find((one) => one.audience === audience) ?? { audience, readers: [] }
      const asked = { ...bucket, isFirst: isFirst(now, bucket) }
      const counts = consenting.whoCounts(people, measures, audiences, asked)
      const counted = counts.people.includes(uid)
      const typeOf = async (measure: Measure): Promise<PreviewedType> => {
        const refusal = consenting.refusal(person, measure, own, asked)
        const isShared = counted && counts.keys.has(keyOf(measure, audience))
        const reason = refusal ?? (isShared ? undefined : OTHERS_SHARE_OTHERWISE)
        const given = why === undefined && reason === undefined
        const to = audiences.filter((one) => counts.keys.has(keyOf(measure, one.audience)))
        const gives = givenTo(
          counts.keys,
          to.map((one) => one.audience),
        )
        const rows = given ? await ownRows(measure, uid, counts.range, gives) : []
        return { type: measure.type, given, reason, rows: measure.layout.rows.length, own: rows }
      }
      const pair = pairOf(now.mesh, bucket, now.aggregators) ?? []
      const operatorOf = (key: Uint8Array): string =>
        now.aggregators.find((one) => Buffer.compare(one.key, key) === 0)?.operator ?? ''
      const isGiven = deps.given().has(slotOfBucket(bucket))
      return {
        audience,
        bucket: { start: bucket.start, end: bucket.end },
        why,
        state: isGiven ? 'given' : bucket.end > clock.now() ? 'open' : 'due',
        pair: pair.map((key) => ({ node_id: formatNodeId(key), operator: operatorOf(key) })),
        readers: deps.roster().named(audience),
        k: Math.max(now.k ?? K_DEFAULT, K_LEAST),
        k_min: deps.kMin(),
        counted,
        types: why === 'no_audience' ? [] : await Promise.all(measures.map(typeOf)),
      }
    },
  }
}

async function ownRows(
  { layout, count }: Measure,
  uid: number,
  bucket: { readonly start: number; readonly end: number },
  gives: (type: string) => boolean,
): Promise<PreviewedType['own']> {
  const counts = await count([uid], bucket, gives)
  return [...counts].flatMap(([at, values]) => {
    const row = layout.rows[at]
    if (row === undefined) return []
    const named = row.values.map((name, index) => [name, Math.min(CLAMP, values[index] ?? 0)] as const)
    return [{ row: row.name, values: Object.fromEntries(named) }]
  })
}
