// Whether this machine's part was counted: compares what the two aggregators say of a bucket's shares with the one given here.
import { type Bucket, bucketOfSlot, slotOfBucket, TALLY_KEPT_MS } from '../../../protocols/buckets.ts'
import { FrameError } from '../../../protocols/frame.ts'
import { formatNodeId } from '../../../protocols/node-id.ts'
import { createRecent } from '../../base/recent.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Audit } from '../../trust/audit/index.ts'
import { createHints, type Identity } from '../../trust/identity/index.ts'
import { type Fate, openCounted, openOwnShare, type Pair } from '../aggregates/index.ts'
import type { Documents } from '../documents/index.ts'
import { SPREAD_MS } from './contributor.ts'
import { authorsUnder, type Plan } from './plan.ts'
import type { Outcome } from './types.ts'

export interface OwnPart {
  /** Records what became of each part that both aggregators have spoken about since. */
  round(plan: Plan): Promise<void>
}

export interface OwnPartDeps extends Pick<Ambient, 'clock' | 'log'> {
  readonly identity: Pick<Identity, 'nodeId' | 'publicKey' | 'sign' | 'agree'> &
    Partial<Pick<Identity, 'former'>>
  readonly documents: Pick<Documents, 'of' | 'slots'>
  readonly audit: Pick<Audit, 'record' | 'log'>
}

/** What of nine days of hours is remembered as recorded. */
const TOLD_MAX = 512
/** A share is on its way for a moment. */
const ARRIVES_MS = 60_000

export function createOwnPart({ identity, documents, audit, clock, log }: OwnPartDeps): OwnPart {
  const keys = [identity, ...(identity.former ?? [])]
  const openers = keys.map((one) => ({ identity: one, hints: createHints(one.agree) }))
  const told = createRecent<string, true>(TOLD_MAX)
  let isRead = false

  /** Of what the ledger holds nothing is recorded again, also after a restart. */
  async function readTold(): Promise<void> {
    if (isRead) return
    const since = clock.now() - TALLY_KEPT_MS
    for (const { details } of await audit.log({ type: 'share_counted', limit: TOLD_MAX, since }))
      told.set(String(details.bucket), true)
    isRead = true
  }

  /** Undefined: nothing was given in it, or one of the two has not spoken. */
  async function outcomeOf(author: (typeof keys)[number], bucket: Bucket): Promise<Outcome | undefined> {
    const slot = slotOfBucket(bucket)
    const [share] = await documents.of(author.nodeId, 'share', (one) => one === slot)
    if (share === undefined) return undefined
    const { header, check, body, ts } = openOwnShare(openers, share.bytes)
    if (header.sections.length === 0) return undefined
    const pair = body.pair as unknown as Pair
    const said: ReturnType<typeof openCounted>[] = []
    for (const key of pair) {
      const [document] = await documents.of(formatNodeId(key), 'counted', (one) => one === slot)
      if (document === undefined) return undefined
      said.push(openCounted(document.bytes, { mesh: body.mesh, bucket, pair }, check))
    }
    const [one, other] = said as [(typeof said)[number], (typeof said)[number]]
    if (one.fate !== other.fate || Buffer.compare(one.set, other.set) !== 0) return 'disagree'
    const isInTime = ts <= bucket.end + SPREAD_MS.most + ARRIVES_MS
    return outcomeIn(one.fate, isInTime)
  }

  return {
    async round(plan) {
      await readTold()
      const spoken = new Set(
        authorsUnder(plan).flatMap((key) => documents.slots(formatNodeId(key), 'counted')),
      )
      for (const author of keys) {
        for (const slot of documents.slots(author.nodeId, 'share')) {
          const bucket = bucketOfSlot(slot)
          if (bucket === undefined || !spoken.has(slot) || told.get(slot)) continue
          try {
            const outcome = await outcomeOf(author, bucket)
            if (outcome === undefined) continue
            told.set(slot, true)
            const details = { bucket: slot, outcome }
            await audit.record({ type: 'share_counted', success: outcome === 'counted', details })
          } catch (error) {
            if (!(error instanceof FrameError)) throw error
            told.set(slot, true)
            log.warn({ slot, reason: error.message }, 'what was told of a share of this machine is not read')
          }
        }
      }
    },
  }
}

const outcomeIn = (fate: Fate, isInTime: boolean): Outcome =>
  fate !== 'unlisted' ? fate : isInTime ? 'left_out' : 'late'
