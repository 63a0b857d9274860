// The contributor's side: once a bucket is over, splits what people here agreed to count, and gives it to two aggregators.
import { type Bucket, bucketOfSlot, SHARE_KEPT_MS, slotOfBucket } from '../../../protocols/buckets.ts'
import { FrameError } from '../../../protocols/frame.ts'
import { formatNodeId } from '../../../protocols/node-id.ts'
import { KaroError } from '../../base/errors.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { type Contribution, pairOf, type Section, writeShare } from '../aggregates/index.ts'
import { selvesOf } from '../boxes/index.ts'
import { type Asked, type Audience, createConsenting, givenTo, keyOf, type Person } from './consenting.ts'
import type { TotalsParts } from './parts.ts'
import { closedBuckets, isFirst, isWithinBudget, overlapsAny, type Plan, toldBuckets } from './plan.ts'

/**
 * Machines give their shares over so long after a bucket's end, so that they do not all write at once, and what was
 * typed in its last minutes has been read.
 */
export const SPREAD_MS = { least: 2 * 60_000, most: 12 * 60_000 } as const

export function createContributor(deps: TotalsParts) {
  const { identity, measures, documents, audit, clock, random, log } = deps
  const consenting = createConsenting(deps)
  const selves = selvesOf(identity)
  const startedAt = clock.monotonic()
  let given: Map<string, Bucket> | undefined

  /** What an earlier key of this machine gave counts too. */
  function givenBuckets(): Map<string, Bucket> {
    if (given !== undefined) return given
    given = new Map()
    for (const { identity: key } of selves) {
      for (const slot of documents.slots(key.nodeId, 'share')) given.set(slot, bucketOfSlot(slot)!)
    }
    return given
  }

  async function contributionOf(
    bucket: Asked,
    people: readonly Person[],
    audiences: readonly Audience[],
  ): Promise<Contribution> {
    const { people: uids, keys, range } = consenting.whoCounts(people, measures, audiences, bucket)
    const names = audiences.map(({ audience }) => audience)
    const sections: Section[] = []
    const declined: { type: string; audiences: readonly string[] }[] = []
    for (const measure of measures) {
      const isGiven = (audience: string): boolean => keys.has(keyOf(measure, audience))
      const [given, others] = [names.filter(isGiven), names.filter((one) => !isGiven(one))]
      if (given.length > 0) {
        const counts = await measure.count(uids, range, givenTo(keys, given))
        sections.push({ layout: measure.layout, counts, audiences: given })
      }
      if (others.length > 0) declined.push({ type: measure.type, audiences: others })
    }
    return { kMin: deps.kMin(), layouts: measures.map(({ layout }) => layout), sections, declined }
  }

  async function give(
    bucket: Bucket,
    plan: Plan,
    people: readonly Person[],
    audiences: readonly Audience[],
  ): Promise<void> {
    const pair = pairOf(plan.mesh, bucket, plan.aggregators)
    if (pair === undefined) return
    const nodes = pair.map((key) => formatNodeId(key))
    if (nodes.some(deps.refuses) || !deps.roster().areApart(nodes)) return
    const slot = slotOfBucket(bucket)
    const asked = { ...bucket, isFirst: isFirst(plan, bucket) }
    const contribution = await contributionOf(asked, people, audiences)
    try {
      const frame = writeShare(selves[0], { clock, random }, { mesh: plan.mesh, bucket, pair }, contribution)
      await documents.publish('share', frame)
    } catch (error) {
      // Given before, and damaged in the store since; or to an aggregator whose key nothing can be sealed to.
      const isGiven = error instanceof KaroError && error.code === 'conflict'
      if (!isGiven && !(error instanceof FrameError)) throw error
      log.warn({ bucket: slot, reason: error.message }, 'a share of totals was not given')
      given?.set(slot, bucket)
      return
    }
    given?.set(slot, bucket)
    log.info({ bucket: slot, types: contribution.sections.length }, 'shares of totals were given')
    await audit.record({
      type: 'share_given',
      success: true,
      details: {
        bucket: slot,
        types: contribution.sections.map(({ layout }) => layout.type).join(' '),
        audiences: [...new Set(contribution.sections.flatMap(({ audiences }) => audiences))].join(' '),
        aggregators: nodes.join(' '),
      },
    })
  }

  return {
    /** The buckets that this machine gave to, under each key that it had, by slot. */
    given: (): ReadonlyMap<string, Bucket> => givenBuckets(),
    /** Gives to each closed bucket that this machine has not given to. Rejects when the store fails: then nothing was given. */
    async round(plan: Plan) {
      // What shells wrote while there was no daemon is being read; some of it perhaps never can be.
      if (clock.monotonic() - startedAt < SPREAD_MS.least && !(await deps.hasRead())) return
      const now = clock.now()
      // Of all but the newest bucket the whole spread is over, so that nothing has to be drawn: this is looked at every minute.
      const due = closedBuckets(plan, now).filter(
        ({ end }) => end + SPREAD_MS.most <= now || end + spreadOf(identity.publicKey, end) <= now,
      )
      if (due.length === 0) return
      const done = givenBuckets()
      for (const [slot, { end }] of done) if (end + SHARE_KEPT_MS <= now) done.delete(slot)
      const missing = due.filter((bucket) => !done.has(slotOfBucket(bucket)))
      if (missing.length === 0) return
      const people = await consenting.people()
      const from = await consenting.knownFrom(people.map(({ uid }) => uid))
      // Of a time that this machine knows nothing of it does not say that nothing happened.
      const known = missing.filter(({ end }) => end > from)
      if (known.length === 0) return
      const audiences = consenting.audiences(plan.audiences)
      const told = toldBuckets(plan, documents)
      for (const bucket of known) {
        if (overlapsAny(bucket, [...done.values(), ...told])) continue
        if (!isWithinBudget(plan, bucket, [...done.values()], now, deps.budget())) continue
        await give(bucket, plan, people, audiences)
      }
    },
  }
}

/** Another one for each bucket, the same after a restart. */
function spreadOf(key: Uint8Array, end: number): number {
  const part = Number.parseInt(toHex(blake3([key, String(end)], 4)), 16) / 0x1_0000_0000
  return Math.round(SPREAD_MS.least + part * (SPREAD_MS.most - SPREAD_MS.least))
}
