// Whether this machine's part was counted: compares what the two aggregators say of a bucket's shares with the one given here.
import { bucketOfSlot, TALLY_KEPT_MS } from '../../../protocols/buckets.ts'
import { FrameError } from '../../../protocols/frame.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { createRecent } from '../../base/recent.ts'
import { type Fate, openCounted, openOwnShare, type Pair } from '../aggregates/index.ts'
import { selvesOf } from '../boxes/index.ts'
import { SPREAD_MS } from './contributor.ts'
import type { TotalsDeps } from './deps.ts'
import { authorsUnder, type Plan } from './plan.ts'
import type { Outcome } from './types.ts'

/** Buckets that are remembered as settled; nine days of hours are 216. */
const SETTLED_MAX = 512
/** The round that gives a share may run this much later than planned. */
const ROUND_MS = 60_000

export function createOwnPart({ identity, documents, audit, clock, log }: TotalsDeps) {
  const selves = selvesOf(identity)
  const settled = createRecent<string, true>(SETTLED_MAX)
  let isLedgerRead = false

  /** A bucket whose outcome the ledger holds is not recorded again, also after a restart. */
  async function readLedger(): Promise<void> {
    if (isLedgerRead) return
    const since = clock.now() - TALLY_KEPT_MS
    for (const { details } of await audit.log({ type: 'share_counted', limit: SETTLED_MAX, since }))
      settled.set(String(details.bucket), true)
    isLedgerRead = true
  }

  /** `nothing`: this machine declined everything. Undefined: one of the two has not spoken. */
  async function outcomeOf(share: Uint8Array, slot: string): Promise<Outcome | 'nothing' | undefined> {
    const bucket = bucketOfSlot(slot)!
    const { header, check, body, ts } = openOwnShare(selves, share)
    if (header.sections.length === 0) return 'nothing'
    const pair = body.pair as unknown as Pair
    const said: (ReturnType<typeof openCounted> | undefined)[] = []
    for (const key of pair) {
      const [document] = await documents.of(formatNodeId(key), 'counted', (one) => one === slot)
      if (document === undefined) return undefined
      said.push(readable(document.bytes, { mesh: body.mesh, bucket, pair }, check))
    }
    const [one, other] = said
    // Whoever publishes what nobody can read must not thereby hide what it left out.
    if (one === undefined || other === undefined) return 'disagree'
    if (one.fate !== other.fate || Buffer.compare(one.set, other.set) !== 0) return 'disagree'
    return outcomeIn(one.fate, ts <= bucket.end + SPREAD_MS.most + ROUND_MS)
  }

  /** What one of the two says, unless it is about another pair or mesh. */
  function readable(...said: Parameters<typeof openCounted>): ReturnType<typeof openCounted> | undefined {
    try {
      return openCounted(...said)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      log.warn({ reason: error.message }, 'what an aggregator says of the shares of a bucket is not read')
      return undefined
    }
  }

  async function settle(author: NodeId, slot: string): Promise<void> {
    const [share] = await documents.of(author, 'share', (one) => one === slot)
    const outcome = share && (await outcomeOf(share.bytes, slot))
    if (outcome === undefined) return
    settled.set(slot, true)
    if (outcome === 'nothing') return
    const details = { bucket: slot, outcome }
    await audit.record({ type: 'share_counted', success: outcome === 'counted', details })
  }

  return {
    /** Records what became of each part that both aggregators have spoken about since. */
    async round(plan: Plan) {
      const spoken = new Set(authorsUnder(plan).flatMap((author) => documents.slots(author, 'counted')))
      for (const { identity: key } of selves) {
        for (const slot of documents.slots(key.nodeId, 'share')) {
          if (!spoken.has(slot)) continue
          await readLedger()
          if (!settled.get(slot)) await settle(key.nodeId, slot)
        }
      }
    },
  }
}

const outcomeIn = (fate: Fate, isInTime: boolean): Outcome =>
  fate !== 'unlisted' ? fate : isInTime ? 'left_out' : 'late'
