// The aggregator's side: opens the shares that came, goes on with each batch by what the other aggregator said, and releases.
import { type Bucket, bucketOfSlot, SHARE_KEPT_MS, slotOfBucket } from '../../../protocols/buckets.ts'
import { FrameError } from '../../../protocols/frame.ts'
import type { ReleaseContent } from '../../../protocols/messages/aggregate.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { Clock, Random } from '../../base/clock.ts'
import { toHex } from '../../base/hex.ts'
import { createRecent } from '../../base/recent.ts'
import type { Log } from '../../base/run/log.ts'
import type { Audit } from '../../trust/audit/index.ts'
import { createHints, type Identity } from '../../trust/identity/index.ts'
import {
  type HeldShare,
  type Layout,
  next,
  openShare,
  openTally,
  type Pair,
  pairOf,
  type Step,
  type TallyView,
  writeTally,
} from '../aggregates/index.ts'
import type { Documents, StoredDocument } from '../documents/index.ts'
import type { Plan } from './plan.ts'
import type { Releases } from './releases.ts'
import type { Roster } from './roster.ts'

export interface TallierDeps {
  readonly identity: Pick<Identity, 'nodeId' | 'publicKey' | 'sign' | 'agree'>
  readonly layouts: ReadonlyMap<string, Layout>
  readonly roster: () => Roster
  readonly documents: Pick<Documents, 'publish' | 'of'>
  readonly releases: Pick<Releases, 'publish'>
  readonly audit: Pick<Audit, 'record'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export interface Tallier {
  /** Goes on with every bucket whose shares are for this node. Rejects when the store fails; the next round goes on from there. */
  round(plan: Plan): Promise<void>
}

/** Batches of one bucket; the wire allows no more. */
const BATCHES_MAX = 64
/** Opened shares that are remembered, by the digest of the document. */
const OPENED_MAX = 4_096
type Opened = HeldShare | 'other_pair' | 'unreadable'

/** A bucket of whose pair this node is one. */
interface Mine {
  readonly bucket: Bucket
  readonly pair: Pair
  readonly index: 0 | 1
  readonly roster: Roster
  readonly shares: { readonly node: NodeId; readonly document: StoredDocument }[]
}

interface Editions {
  readonly batch: number
  readonly own?: TallyView['other']
  readonly other?: TallyView['other']
}

export function createTallier(deps: TallierDeps): Tallier {
  const { identity, layouts, documents, audit, clock, random, log } = deps
  const self = { identity, hints: createHints(identity.agree) }
  const opened = createRecent<string, Opened>(OPENED_MAX)
  /** Refusals that were told already. */
  const told = createRecent<string, true>(OPENED_MAX)

  async function bucketsOf(plan: Plan, roster: Roster): Promise<readonly Mine[]> {
    const found = new Map<string, Mine>()
    const now = clock.now()
    for (const node of roster.candidates) {
      for (const document of await documents.of(node, 'share')) {
        const { slot } = document.head
        const bucket = bucketOfSlot(slot)
        if (bucket === undefined || bucket.end + SHARE_KEPT_MS <= now || bucket.end > now) continue
        const mine = found.get(slot) ?? mineOf(plan, bucket, roster)
        if (mine === undefined) continue
        mine.shares.push({ node, document })
        found.set(slot, mine)
      }
    }
    return [...found.values()]
  }

  function mineOf(plan: Plan, bucket: Bucket, roster: Roster): Mine | undefined {
    const pair = pairOf(plan.mesh, bucket, plan.aggregators)
    const index = pair?.findIndex((key) => Buffer.compare(key, identity.publicKey) === 0)
    if (pair === undefined || (index !== 0 && index !== 1)) return undefined
    return { bucket, pair, index, roster, shares: [] }
  }

  const openedOf = ({ mesh }: Plan, { bucket, pair, index }: Mine, document: StoredDocument): Opened =>
    opened.getOrInsert(toHex(document.head.digest), () => {
      try {
        return openShare([self], document.bytes, { mesh, bucket, pair, index })
      } catch (error) {
        if (!(error instanceof FrameError)) throw error
        log.debug({ peer: document.head.author, reason: error.message }, 'a share is not read')
        return error.message === 'of another pair' ? 'other_pair' : 'unreadable'
      }
    })

  /** The last editions of both aggregators, by batch. */
  async function editionsOf({ mesh }: Plan, { bucket, pair }: Mine): Promise<readonly Editions[]> {
    const prefix = `${slotOfBucket(bucket)}:`
    const batches = new Map<number, Editions>()
    for (const author of pair.map((key) => formatNodeId(key))) {
      for (const { bytes, head } of await documents.of(author, 'tally', (slot) => slot.startsWith(prefix))) {
        try {
          const { batch, version, plain } = openTally([self], bytes, { mesh, bucket })
          const whose = author === identity.nodeId ? 'own' : 'other'
          batches.set(batch, { ...(batches.get(batch) ?? { batch }), [whose]: { plain, version } })
        } catch (error) {
          if (!(error instanceof FrameError)) throw error
          log.warn(
            { peer: author, slot: head.slot, reason: error.message },
            'an edition of a batch is not read',
          )
        }
      }
    }
    return [...batches.values()]
  }

  function viewOf(plan: Plan, mine: Mine, editions: readonly Editions[], batch: number): TallyView {
    const { roster } = mine
    const refused = new Map<'revoked' | 'other_pair' | 'unreadable', number>()
    const shares: HeldShare[] = []
    const arrivals = { first: clock.now(), last: 0 }
    for (const { node, document } of mine.shares) {
      arrivals.first = Math.min(arrivals.first, document.received_at)
      arrivals.last = Math.max(arrivals.last, document.received_at)
      const share = roster.isRevoked(node) ? 'revoked' : openedOf(plan, mine, document)
      if (typeof share === 'string') refused.set(share, (refused.get(share) ?? 0) + 1)
      else shares.push(share)
    }
    const isLeader = mine.index === 0
    const at = editions.find((one) => one.batch === batch)
    return {
      ...{ mesh: plan.mesh, bucket: mine.bucket, batch, pair: mine.pair, index: mine.index },
      ...{ bundle: plan.bundle, k: plan.k, audiences: plan.audiences, layouts, shares, refused },
      contributorOf: (author) => roster.contributorOf(formatNodeId(author)),
      ...{ expected: roster.expected, arrivals, now: clock.now() },
      others: editions
        .filter((one) => one.batch !== batch)
        .map(({ own, other }) => ({
          leader: (isLeader ? own : other)?.plain,
          follower: (isLeader ? other : own)?.plain,
        })),
      own: at?.own?.plain,
      other: at?.other,
    }
  }

  /** Says what there is to say in a batch until there is nothing more; each edition is on disk before the next is made. */
  async function settle(plan: Plan, mine: Mine, batch: number): Promise<Exclude<Step, { kind: 'say' }>> {
    for (;;) {
      const editions = await editionsOf(plan, mine)
      const step = next(viewOf(plan, mine, editions, batch))
      if (step.kind !== 'say') return step
      const before = editions.find((one) => one.batch === batch)?.own?.version ?? 0
      const version = Math.max(clock.now(), before + 1, mine.bucket.end)
      const about = { mesh: plan.mesh, bucket: mine.bucket, batch }
      const other = mine.pair[1 - mine.index] as Uint8Array
      await documents.publish('tally', writeTally(self, { clock, random }, about, other, version, step.plain))
    }
  }

  async function release(
    { bucket }: Mine,
    batch: number,
    contents: readonly ReleaseContent[],
  ): Promise<void> {
    for (const content of contents) {
      if (!(await deps.releases.publish(content))) continue
      const details = {
        ...{ bucket: slotOfBucket(bucket), batch, audience: content.audience },
        types: content.types.map(({ type, n }) => `${type}:${n}`).join(' '),
      }
      log.info(details, 'totals were released')
      await audit.record({ type: 'total_released', success: true, details })
    }
  }

  async function tell(
    { bucket, pair }: Mine,
    batch: number,
    { by, reason, detail }: Extract<Step, { kind: 'refused' }>,
  ): Promise<void> {
    const peer = formatNodeId(pair[by])
    const details = { bucket: slotOfBucket(bucket), batch, reason, detail }
    const name = JSON.stringify([peer, details])
    if (told.get(name)) return
    told.set(name, true)
    log.error(
      { peer, ...details },
      'an aggregator does not go on with a batch, so its numbers are not opened',
    )
    await audit.record({ type: 'total_released', success: false, peer, details })
  }

  /** One batch after the other: one that has ended lets the next one begin. */
  async function goOn(plan: Plan, mine: Mine): Promise<void> {
    for (let batch = 0; batch < BATCHES_MAX; batch++) {
      const step = await settle(plan, mine, batch)
      if (step.kind === 'wait') return
      if (step.kind === 'done') await release(mine, batch, step.contents)
      else await tell(mine, batch, step)
    }
  }

  return {
    async round(plan) {
      for (const mine of await bucketsOf(plan, deps.roster())) await goOn(plan, mine)
    },
  }
}
