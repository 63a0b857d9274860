// The aggregator's side: opens the shares that came, goes on with each batch by what the other aggregator said, and releases.
import { setImmediate as turn } from 'node:timers/promises'
import { slotOfBucket, slotOfTally } from '../../../protocols/buckets.ts'
import { FrameError } from '../../../protocols/frame.ts'
import { ATTEMPTS_MAX, CHECKED_MAX, CHECKS_MAX } from '../../../protocols/messages/aggregate.ts'
import { formatNodeId } from '../../../protocols/node-id.ts'
import { toHex } from '../../base/hex.ts'
import { createRecent } from '../../base/recent.ts'
import { isSame, versionAfter } from '../../trust/identity/index.ts'
import {
  type Checked,
  entryOf,
  type HeldShare,
  next,
  openCheck,
  openRelease,
  openTally,
  type Step,
  secretOf,
  type TallyView,
  verifyKeyOf,
  writeCheck,
  writeCounted,
  writeTally,
} from '../aggregates/index.ts'
import { selvesOf } from '../boxes/index.ts'
import { commonMarkOf, createHeld, type Mine, type Open } from './held.ts'
import type { TotalsParts } from './parts.ts'
import type { Plan } from './plan.ts'

/** Attempts and refusals that are remembered. */
const TOLD_MAX = 4_096
/** Documents of checks that are remembered opened, of 60 KB: those of two buckets of a thousand machines. */
const CHECKS_KEPT = 72

/** How a bucket was left. */
interface Left {
  /** What this node's next step in it depends on, hashed. */
  readonly mark: string
  /** When it has to go on though nothing changed, ms since the epoch. */
  readonly until: number
}

interface Editions {
  readonly own?: TallyView['other']
  readonly other?: TallyView['other']
}

export function createTallier(deps: TotalsParts) {
  const { identity, layouts, documents, audit, clock, random, log } = deps
  const [self] = selvesOf(identity)
  const held = createHeld(self, deps)
  /** Buckets that wait, by slot: without this each round would read all shares of a week again. */
  let left = new Map<string, Left>()
  /** Since when a listed share is missing, by the attempt. */
  const missing = createRecent<string, number>(TOLD_MAX)
  /** Refusals that were told already. */
  const told = createRecent<string, true>(TOLD_MAX)
  /** By the digests of documents. */
  const opened = createRecent<string, Checked>(CHECKS_KEPT)
  const startedAt = clock.now()

  /** The last editions of both aggregators, by attempt. */
  async function editionsOf({ mesh }: Plan, { bucket, pair }: Mine): Promise<ReadonlyMap<number, Editions>> {
    const prefix = `${slotOfBucket(bucket)}:`
    const attempts = new Map<number, Editions>()
    for (const author of pair.map((key) => formatNodeId(key))) {
      for (const { bytes, head } of await documents.of(author, 'tally', (slot) => slot.startsWith(prefix))) {
        try {
          const { attempt, version, plain } = openTally([self], bytes, { mesh, bucket })
          const whose = author === identity.nodeId ? 'own' : 'other'
          attempts.set(attempt, { ...attempts.get(attempt), [whose]: { plain, version } })
        } catch (error) {
          if (!(error instanceof FrameError)) throw error
          log.warn(
            { peer: author, slot: head.slot, reason: error.message },
            'an edition of a tally is not read',
          )
        }
      }
    }
    return attempts
  }

  /** What one of the pair told of the proofs of a bucket's shares. */
  async function checkedBy(key: Uint8Array, { mesh }: Plan, { bucket }: Mine): Promise<Checked> {
    const [author, prefix] = [formatNodeId(key), `${slotOfBucket(bucket)}:`]
    const found = new Map<string, Uint8Array>()
    for (const { bytes, head } of await documents.of(author, 'check', (slot) => slot.startsWith(prefix))) {
      try {
        const read = () => openCheck([self], bytes, { mesh, bucket })
        for (const [entry, one] of opened.getOrInsert(toHex(head.digest), read)) found.set(entry, one)
      } catch (error) {
        if (!(error instanceof FrameError)) throw error
        log.warn({ peer: author, slot: head.slot, reason: error.message }, 'checks of shares are not read')
      }
    }
    return found
  }

  /** Looks at the proofs of shares, one at a time so that nothing else waits for all of them, and tells the other what there is to tell. */
  async function check(
    plan: Plan,
    { bucket, pair, index }: Mine,
    shares: readonly HeldShare[],
  ): Promise<void> {
    const about = { mesh: plan.mesh, bucket, pair }
    const key = verifyKeyOf(identity, about)
    const prefix = `${slotOfBucket(bucket)}:`
    const parts = documents
      .slots(identity.nodeId, 'check')
      .filter((slot) => slot.startsWith(prefix))
      .map((slot) => Number(slot.slice(prefix.length)))
    let part = Math.max(-1, ...parts) + 1
    for (let from = 0; from < shares.length; from += CHECKED_MAX) {
      const checked = new Map<string, Uint8Array>()
      for (const share of shares.slice(from, from + CHECKED_MAX)) {
        checked.set(entryOf(share), share.verifier(key))
        await turn()
      }
      if (part >= CHECKS_MAX) throw new Error(`more than ${CHECKS_MAX} documents of checks of one bucket`)
      const frame = writeCheck(
        self,
        { clock, random },
        { ...about, part },
        pair[1 - index] as Uint8Array,
        checked,
      )
      await documents.publish('check', frame)
      part++
    }
  }

  function viewOf(
    plan: Plan,
    mine: Open,
    editions: ReadonlyMap<number, Editions>,
    checks: TallyView['checks'],
    attempt: number,
  ): TallyView {
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
    const at = editions.get(attempt)
    return {
      mesh: plan.mesh,
      bucket: mine.bucket,
      pair: mine.pair,
      index: mine.index,
      bundle: plan.bundle,
      k: plan.k,
      noise: plan.noise,
      secret: secretOf(identity, plan.mesh, mine.bucket),
      audiences: plan.audiences,
      layouts,
      shares,
      checks,
      refused,
      contributorOf: (author) => roster.contributorOf(formatNodeId(author)),
      isRevoked: (author) => roster.isRevoked(formatNodeId(author)),
      missingSince: missing.get(slotOfTally(mine.bucket, attempt)),
      expected: roster.expected,
      teams: roster.teams,
      arrivals,
      now: clock.now(),
      others: [...editions]
        .filter(([one]) => one !== attempt)
        .map(([, { own, other }]) => ({
          leader: (isLeader ? own : other)?.plain,
          follower: (isLeader ? other : own)?.plain,
        })),
      own: at?.own?.plain,
      other: at?.other,
    }
  }

  /** Says what there is to say in an attempt until there is nothing more; each edition is on disk before the next is made. */
  async function settle(
    plan: Plan,
    mine: Open,
    attempt: number,
  ): Promise<Exclude<Step, { kind: 'say' | 'check' }>> {
    for (;;) {
      const editions = await editionsOf(plan, mine)
      const [own, other] = [mine.pair[mine.index]!, mine.pair[1 - mine.index]!]
      const checks = {
        own: await checkedBy(own, plan, mine),
        other: await checkedBy(other, plan, mine),
      }
      const step = next(viewOf(plan, mine, editions, checks, attempt))
      if (step.kind === 'check') {
        await check(plan, mine, step.shares)
        continue
      }
      if (step.kind !== 'say') return step
      const before = editions.get(attempt)?.own?.version ?? 0
      const version = Math.max(versionAfter(before, clock.now()), mine.bucket.end)
      const about = { mesh: plan.mesh, bucket: mine.bucket, attempt }
      await documents.publish('tally', writeTally(self, { clock, random }, about, other, version, step.plain))
    }
  }

  async function release(
    plan: Plan,
    { bucket, pair, roster }: Mine,
    { contents, set }: Extract<Step, { kind: 'done' }>,
  ): Promise<void> {
    const liars = set.unproved.map(({ author }) => formatNodeId(author)).join(' ')
    // First, so that no release is anywhere of which a machine cannot see whether it is in it.
    if (!documents.slots(identity.nodeId, 'counted').includes(slotOfBucket(bucket)))
      await documents.publish(
        'counted',
        writeCounted(self, { clock, random }, { mesh: plan.mesh, bucket, pair }, set),
      )
    for (const content of contents) {
      if (!(await deps.releases.publish(content, roster.readers(content.audience)))) continue
      const details = {
        bucket: slotOfBucket(bucket),
        audience: content.audience,
        types: content.types.map(({ type, n }) => `${type}:${n}`).join(' '),
        threshold: Math.max(0, ...content.types.map(({ threshold }) => threshold)),
        unproved: liars || undefined,
      }
      log.info(details, 'totals were released')
      await audit.record({ type: 'total_released', success: true, details })
    }
  }

  async function tell(
    { bucket, pair }: Mine,
    attempt: number,
    { by, reason, detail }: Extract<Step, { kind: 'refused' }>,
  ): Promise<void> {
    const peer = formatNodeId(pair[by])
    const details = { bucket: slotOfBucket(bucket), attempt, reason, detail }
    const name = JSON.stringify([peer, details])
    if (told.get(name)) return
    told.set(name, true)
    log.error(
      { peer, ...details },
      'an aggregator does not go on with a bucket, so its numbers are not opened',
    )
    await audit.record({ type: 'total_released', success: false, peer, details })
  }

  /** The audiences of the list that was agreed to; undefined: no such list is here. */
  async function agreedAudiences(plan: Plan, mine: Mine): Promise<readonly string[] | undefined> {
    const said = [...(await editionsOf(plan, mine)).values()].map(({ own, other }) => {
      const plains = [own?.plain, other?.plain]
      return { leader: plains[mine.index], follower: plains[1 - mine.index] }
    })
    return said.find(({ follower }) => follower?.agreement !== undefined)?.leader?.listing?.audiences
  }

  /**
   * Whether this node released that bucket to all audiences; then the readers who came since get it, from the release itself:
   * a share of it may have left the store by now. A release without its list has come back from others after a restore.
   */
  async function isReleased(plan: Plan, mine: Mine): Promise<boolean> {
    const { bucket, pair, roster } = mine
    const name = slotOfBucket(bucket)
    const own = await documents.of(identity.nodeId, 'release', (slot) => slot.startsWith(`${name}:`))
    if (own.length === 0) return false
    try {
      const contents = own.map(({ bytes }) => openRelease([self], bytes, plan.mesh).content)
      const audiences = (await agreedAudiences(plan, mine)) ?? []
      const isOfPair = contents.every((one) => one.pair.every((key, at) => isSame(key, pair[at])))
      const isWhole = audiences.every((one) => contents.some(({ audience }) => audience === one))
      if (!isOfPair || !isWhole) return !isOfPair
      for (const content of contents) await deps.releases.publish(content, roster.readers(content.audience))
      return true
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      log.warn({ bucket: name, reason: error.message }, 'a release of this node is not read')
      return true
    }
  }

  /**
   * Whether nobody can hold a release of that bucket which this node does not know. A node that has run since before the
   * bucket ended made all there are; another one may be restored from a backup, so what readers hold is looked at first.
   */
  function isFirstToTell({ bucket, pair, roster }: Mine, { audiences }: Plan): boolean {
    if (bucket.end > startedAt) return true
    const readers = new Set(audiences.flatMap((audience) => roster.readers(audience)).map(formatNodeId))
    for (const key of pair) readers.delete(formatNodeId(key))
    const compared = [...readers].map(documents.isCompared).filter((one) => one !== undefined)
    return readers.size === 0 || (compared.length > 0 && compared.every(Boolean))
  }

  /** One attempt after the other, as long as each was refused. Resolves with when to look again, whatever comes. */
  async function goOn(plan: Plan, mine: Mine): Promise<number> {
    if (await isReleased(plan, mine)) return Number.POSITIVE_INFINITY
    if (!isFirstToTell(mine, plan)) return clock.now()
    // Only now: those of a week of released buckets would push out what is remembered of the others.
    const shares = await held.sharesOf(plan, mine)
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const step = await settle(plan, { ...mine, shares }, attempt)
      if (step.kind === 'wait') {
        const name = slotOfTally(mine.bucket, attempt)
        if (step.isMissing !== true) missing.delete(name)
        else missing.getOrInsert(name, clock.now)
        return step.until ?? Number.POSITIVE_INFINITY
      }
      if (step.kind === 'done') {
        await release(plan, mine, step)
        break
      }
      await tell(mine, attempt, step)
    }
    return Number.POSITIVE_INFINITY
  }

  return {
    /** Goes on with every bucket whose shares are for this node. Rejects when the store fails; the next round goes on from there. */
    async round(plan: Plan) {
      // Only an aggregator has anything to add up; for all others a round costs nothing, however many machines there are.
      if (!plan.aggregators.some(({ key }) => isSame(key, identity.publicKey))) return
      const roster = deps.roster()
      const common = commonMarkOf(plan, roster)
      const before = left
      left = new Map()
      const failed: unknown[] = []
      for (const mine of held.bucketsOf(plan, roster)) {
        const slot = slotOfBucket(mine.bucket)
        try {
          const mark = await held.markOf(common, mine)
          const was = before.get(slot)
          const isSeen = was?.mark === mark && clock.now() < was.until
          const until = isSeen ? was.until : await goOn(plan, mine)
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
