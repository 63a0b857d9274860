// The shares that an aggregator holds: the buckets that they are of, what each says once it is opened, and whether anything is new.
import { type Bucket, bucketOfSlot, SHARE_KEPT_MS, slotOfBucket } from '../../../protocols/buckets.ts'
import { FrameError } from '../../../protocols/frame.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { createRecent } from '../../base/recent.ts'
import { type HeldShare, openShare, type Pair, pairOf } from '../aggregates/index.ts'
import type { Opener } from '../boxes/index.ts'
import type { StoredDocument } from '../documents/index.ts'
import type { TotalsDeps } from './deps.ts'
import { bucketsUnder, overlapsAny, type Plan, toldBuckets } from './plan.ts'
import type { Roster } from './roster.ts'

/** Opened shares that are remembered, by author, bucket and pair; and buckets: the hours of a week. */
const OPENED_MAX = 4_096
const BUCKETS_MAX = 256

interface Opened {
  /** Milliseconds since the epoch. */
  readonly received_at: number
  readonly share: HeldShare | 'other_pair' | 'unreadable'
}

/** A bucket of whose pair this node is one. */
export interface Mine {
  readonly bucket: Bucket
  readonly pair: Pair
  readonly index: 0 | 1
  readonly roster: Roster
  /** Whose shares are here. A share is not replaced by a newer edition: all of a bucket have one version. */
  readonly authors: Set<NodeId>
}

/** A bucket with the shares that are here. */
export interface Open extends Mine {
  readonly shares: readonly Opened[]
}

/** `self`: this node, which is one of the pair. */
export function createHeld(self: Opener, { documents, clock, log }: TotalsDeps) {
  const { identity } = self
  const opened = createRecent<string, Opened>(OPENED_MAX)
  /** Whose shares were here, by slot: what was listed is counted, also where its author has left, or has another key, by then. */
  const authors = createRecent<string, Set<NodeId>>(BUCKETS_MAX)

  /** Buckets that are over, still take shares, and are this node's to add up, with whose shares are here. */
  function bucketsOf(plan: Plan, roster: Roster): readonly Mine[] {
    // Each slot once: in a mesh of hours a thousand machines have a hundred thousand shares.
    const found = new Map<string, Mine | undefined>()
    const told = toldBuckets(plan, documents)
    for (const node of roster.candidates) {
      for (const slot of documents.slots(node, 'share')) {
        if (!found.has(slot)) found.set(slot, mineOf(plan, slot, roster, told))
        found.get(slot)?.authors.add(node)
      }
    }
    return [...found.values()].filter((mine) => mine !== undefined)
  }

  function mineOf(plan: Plan, slot: string, roster: Roster, told: readonly Bucket[]): Mine | undefined {
    const [bucket, now] = [bucketOfSlot(slot)!, clock.now()]
    if (bucket.end + SHARE_KEPT_MS <= now || overlapsAny(bucket, told)) return undefined
    // Else one machine with a share of an hour could have that hour told, and nobody would give to its day any more.
    const isOfMesh = bucketsUnder(plan, bucket, now).some(({ length }) => length === bucket.length)
    if (!isOfMesh) return undefined
    const pair = pairOf(plan.mesh, bucket, plan.aggregators)
    const index = pair?.findIndex((key) => Buffer.compare(key, identity.publicKey) === 0)
    if (pair === undefined || (index !== 0 && index !== 1)) return undefined
    return { bucket, pair, index, roster, authors: authors.getOrInsert(slot, () => new Set()) }
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

  /** What the shares of a bucket say; those that were opened before are not read again. */
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

  /** All that the next steps in a bucket follow from, but the time and what this node said itself. `common`: of `commonMarkOf`. */
  async function markOf(common: string, { bucket, pair, index, authors }: Mine): Promise<string> {
    const prefix = `${slotOfBucket(bucket)}:`
    const other = formatNodeId(pair[1 - index] as Uint8Array)
    const said = await documents.of(other, 'tally', (slot) => slot.startsWith(prefix))
    const heads = said.map(({ head }) => toHex(head.digest)).sort()
    const checks = documents.slots(other, 'check').filter((slot) => slot.startsWith(prefix))
    return toHex(blake3([JSON.stringify([common, pair.map(toHex), [...authors], heads, checks.sort()])]))
  }

  return { bucketsOf, sharesOf, markOf }
}

/** The plan, and who is who: hashed, because it is a part of every bucket's mark. */
export function commonMarkOf(plan: Plan, roster: Roster): string {
  const who = roster.candidates.map((node) => {
    const { member, counted, roles, teams } = roster.contributorOf(node)
    return [node, member, counted, roles, teams, roster.isRevoked(node)]
  })
  const { mesh, aggregators, ...rest } = plan
  const policy = [toHex(mesh), aggregators.map(({ key, operator }) => [toHex(key), operator]), rest]
  return toHex(blake3([JSON.stringify([policy, who, [...roster.expected].sort()])]))
}
