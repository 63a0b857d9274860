// The aggregator's side: opens the shares that came, goes on with each batch by what the other aggregator said, and releases.
import {
  type Bucket,
  bucketOfSlot,
  SHARE_KEPT_MS,
  slotOfBucket,
  slotOfTally,
} from '../../../protocols/buckets.ts'
import { FrameError } from '../../../protocols/frame.ts'
import type { ReleaseContent } from '../../../protocols/messages/aggregate.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { Clock, Random } from '../../base/clock.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { createRecent } from '../../base/recent.ts'
import type { Log } from '../../base/run/log.ts'
import type { Audit } from '../../trust/audit/index.ts'
import { createHints, type Identity } from '../../trust/identity/index.ts'
import {
  type HeldShare,
  type Layout,
  next,
  openRelease,
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
/** Opened shares that are remembered, by author, bucket and pair. */
const OPENED_MAX = 4_096

interface Opened {
  /** Milliseconds since the epoch. */
  readonly received_at: number
  readonly share: HeldShare | 'other_pair' | 'unreadable'
}

/** A bucket of whose pair this node is one. */
interface Mine {
  readonly bucket: Bucket
  readonly pair: Pair
  readonly index: 0 | 1
  readonly roster: Roster
  /** Whose shares are here. A share is not replaced by a newer edition: all of a bucket have one version. */
  readonly authors: NodeId[]
}

/** A bucket with the shares that are here. */
interface Open extends Mine {
  readonly shares: readonly Opened[]
}

/** How a bucket was left. */
interface Left {
  /** What this node's next step in it depends on, hashed. */
  readonly mark: string
  /** When it has to go on though nothing changed, ms since the epoch. */
  readonly until: number
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
  /** Buckets that wait, by slot: without this each round would read all shares of a week again. */
  let left = new Map<string, Left>()
  /** Since when a share of a batch is missing, by the batch. */
  const missing = createRecent<string, number>(OPENED_MAX)
  /** Refusals that were told already. */
  const told = createRecent<string, true>(OPENED_MAX)

  async function bucketsOf(plan: Plan, roster: Roster): Promise<readonly Mine[]> {
    const found = new Map<string, Mine>()
    const now = clock.now()
    for (const node of roster.candidates) {
      for (const slot of await shareSlotsOf(node)) {
        const bucket = bucketOfSlot(slot)
        if (bucket === undefined || bucket.end + SHARE_KEPT_MS <= now || bucket.end > now) continue
        const mine = found.get(slot) ?? mineOf(plan, bucket, roster)
        if (mine === undefined) continue
        mine.authors.push(node)
        found.set(slot, mine)
      }
    }
    return [...found.values()]
  }

  /** The slots alone: no document is read. */
  async function shareSlotsOf(node: NodeId): Promise<readonly string[]> {
    const slots: string[] = []
    await documents.of(node, 'share', (slot) => {
      slots.push(slot)
      return false
    })
    return slots
  }

  function mineOf(plan: Plan, bucket: Bucket, roster: Roster): Mine | undefined {
    const pair = pairOf(plan.mesh, bucket, plan.aggregators)
    const index = pair?.findIndex((key) => Buffer.compare(key, identity.publicKey) === 0)
    if (pair === undefined || (index !== 0 && index !== 1)) return undefined
    return { bucket, pair, index, roster, authors: [] }
  }

  function openedFrom({ mesh }: Plan, { bucket, pair, index }: Mine, document: StoredDocument): Opened {
    const { received_at, head } = document
    try {
      return { received_at, share: openShare([self], document.bytes, { mesh, bucket, pair, index }) }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      log.debug({ peer: head.author, reason: error.message }, 'a share is not read')
      return { received_at, share: error.message === 'of another pair' ? 'other_pair' : 'unreadable' }
    }
  }

  async function sharesOf(plan: Plan, mine: Mine): Promise<readonly Opened[]> {
    const slot = slotOfBucket(mine.bucket)
    const pair = mine.pair.map(toHex).join()
    const shares: Opened[] = []
    for (const node of mine.authors) {
      const name = `${node} ${slot} ${pair}`
      const known = opened.get(name)
      const [document] = known === undefined ? await documents.of(node, 'share', (one) => one === slot) : []
      const share = known ?? (document && openedFrom(plan, mine, document))
      if (share === undefined) continue
      opened.set(name, share)
      shares.push(share)
    }
    return shares
  }

  /** All that the next steps in a bucket follow from, but the time and what this node said itself. */
  async function markOf(common: string, { bucket, pair, index, authors }: Mine): Promise<string> {
    const prefix = `${slotOfBucket(bucket)}:`
    const other = formatNodeId(pair[1 - index] as Uint8Array)
    const said = await documents.of(other, 'tally', (slot) => slot.startsWith(prefix))
    const heads = said.map(({ head }) => toHex(head.digest)).sort()
    return toHex(blake3([JSON.stringify([common, pair.map(toHex), authors, heads])]))
  }

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

  function viewOf(plan: Plan, mine: Open, editions: readonly Editions[], batch: number): TallyView {
    const { roster } = mine
    const refused = new Map<'other_pair' | 'unreadable', number>()
    const shares: HeldShare[] = []
    const arrivals = { first: clock.now(), last: 0 }
    for (const { received_at, share } of mine.shares) {
      arrivals.first = Math.min(arrivals.first, received_at)
      arrivals.last = Math.max(arrivals.last, received_at)
      if (typeof share === 'string') refused.set(share, (refused.get(share) ?? 0) + 1)
      else shares.push(share)
    }
    const isLeader = mine.index === 0
    const at = editions.find((one) => one.batch === batch)
    return {
      ...{ mesh: plan.mesh, bucket: mine.bucket, batch, pair: mine.pair, index: mine.index },
      ...{ bundle: plan.bundle, k: plan.k, audiences: plan.audiences, layouts, shares, refused },
      contributorOf: (author) => roster.contributorOf(formatNodeId(author)),
      isRevoked: (author) => roster.isRevoked(formatNodeId(author)),
      missingSince: missing.get(slotOfTally(mine.bucket, batch)),
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
  async function settle(plan: Plan, mine: Open, batch: number): Promise<Exclude<Step, { kind: 'say' }>> {
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

  /**
   * Whether this node released that batch to all audiences; then the readers who came since get it, from the release itself:
   * a share of it may have left the store by now.
   */
  async function isReleased({ mesh }: Plan, { bucket, pair, index }: Mine, batch: number): Promise<boolean> {
    const name = slotOfTally(bucket, batch)
    const held = await documents.of(identity.nodeId, 'release', (slot) => slot.startsWith(`${name}:`))
    if (held.length === 0) return false
    const [list] = await documents.of(formatNodeId(pair[0]), 'tally', (slot) => slot === name)
    try {
      const listing = list && openTally([self], list.bytes, { mesh, bucket }).plain.listing
      const contents = held.map(({ bytes }) => openRelease([self], bytes, mesh).content)
      const isOfPair = contents.every((one) => one.pair.every((key, at) => isSame(key, pair[at])))
      const isWhole = listing?.audiences.every((name) => contents.some(({ audience }) => audience === name))
      if (!isOfPair || isWhole !== true) return false
      for (const content of contents) await deps.releases.publish(content)
      return true
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      log.warn({ batch: name, side: index, reason: error.message }, 'a release of this node is not read')
      return false
    }
  }

  /** One batch after the other: one that has ended lets the next one begin. Resolves with when to look again, whatever comes. */
  async function goOn(plan: Plan, mine: Open): Promise<number> {
    for (let batch = 0; batch < BATCHES_MAX; batch++) {
      if (await isReleased(plan, mine, batch)) continue
      const step = await settle(plan, mine, batch)
      if (step.kind === 'wait') {
        const name = slotOfTally(mine.bucket, batch)
        if (step.isMissing !== true) missing.delete(name)
        else missing.getOrInsert(name, clock.now)
        return step.until ?? Number.POSITIVE_INFINITY
      }
      if (step.kind === 'done') await release(mine, batch, step.contents)
      else await tell(mine, batch, step)
    }
    return Number.POSITIVE_INFINITY
  }

  return {
    async round(plan) {
      const roster = deps.roster()
      const common = commonMarkOf(plan, roster)
      const before = left
      left = new Map()
      const failed: unknown[] = []
      for (const mine of await bucketsOf(plan, roster)) {
        const slot = slotOfBucket(mine.bucket)
        try {
          const mark = await markOf(common, mine)
          const was = before.get(slot)
          const isSeen = was?.mark === mark && clock.now() < was.until
          const until = isSeen ? was.until : await goOn(plan, { ...mine, shares: await sharesOf(plan, mine) })
          left.set(slot, { mark, until })
        } catch (error) {
          // One bucket that cannot go on, because its tallies have no room, must not hold up the others.
          failed.push(error)
        }
      }
      if (failed.length > 0) throw failed[0]
    },
  }
}

const isSame = (a: Uint8Array, b: Uint8Array | undefined): boolean =>
  b !== undefined && Buffer.compare(a, b) === 0

/** The plan, and who is who: hashed, because it is a part of every bucket's mark. */
function commonMarkOf(plan: Plan, roster: Roster): string {
  const who = roster.candidates.map((node) => {
    const { member, counted, roles } = roster.contributorOf(node) ?? {}
    return [node, member, counted, roles, roster.isRevoked(node)]
  })
  const { mesh, aggregators, ...rest } = plan
  const policy = [toHex(mesh), aggregators.map(({ key, operator }) => [toHex(key), operator]), rest]
  return toHex(blake3([JSON.stringify([policy, who, [...roster.expected].sort()])]))
}
