// Releases, written and read: totals sealed to every node that has the role, which count when both aggregators say the same.

import { slotOfRelease } from '../../../protocols/buckets.ts'
import { bodyOf, decodeFrame, FrameError, messageTable } from '../../../protocols/frame.ts'
import {
  AUDIENCE_HASH_BYTES,
  READERS_MAX,
  Release,
  type ReleaseContent,
} from '../../../protocols/messages/aggregate.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { Clock, Random } from '../../base/clock.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { createRecent } from '../../base/recent.ts'
import type { Log } from '../../base/run/log.ts'
import { createHints, type Identity, sealingKeyOf, verifySignature } from '../../trust/identity/index.ts'
import { combine, type Opener, openRelease, pairOf, writeRelease } from '../aggregates/index.ts'
import type { Documents, StoredDocument } from '../documents/index.ts'
import type { Plan } from './plan.ts'

const RELEASES = messageTable([Release])

/** Opened releases that are remembered: two of each of three months' days for one role. */
const OPENED_MAX = 180

type OpenedRelease = ReturnType<typeof openRelease>

export interface ReleasesDeps {
  readonly identity: Pick<Identity, 'nodeId' | 'publicKey' | 'sign' | 'agree'> &
    Partial<Pick<Identity, 'former'>>
  readonly documents: Pick<Documents, 'publish' | 'of'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** What one, or both, of a pair released of one batch for one audience. */
export type Found =
  | { readonly kind: 'released'; readonly content: ReleaseContent }
  /** Only one of the two has come. */
  | { readonly kind: 'half'; readonly content: ReleaseContent }
  | { readonly kind: 'unequal'; readonly content: ReleaseContent; readonly pair: readonly NodeId[] }

export interface Releases {
  /**
   * `readers`: Ed25519 keys of the nodes that have the role now. False: it was released before; it is sealed anew where
   * there are other readers than then.
   */
  publish(content: ReleaseContent, readers: readonly Uint8Array[]): Promise<boolean>
  /**
   * What came of buckets with these slots, and what this node released itself. What cannot be opened is left out:
   * it is for others.
   */
  read(plan: Pick<Plan, 'mesh' | 'aggregators'>, slots: ReadonlySet<string>): Promise<readonly Found[]>
}

export function createReleases(deps: ReleasesDeps): Releases {
  const { identity, documents, clock, random, log } = deps
  const self = { identity, hints: createHints(identity.agree) }
  const openers: readonly Opener[] = [
    self,
    ...(identity.former ?? []).map((one) => ({ identity: one, hints: createHints(one.agree) })),
  ]
  /** By mesh and digest; null: not for this node. What was opened is true for good, because a digest names one text. */
  const known = createRecent<string, OpenedRelease | null>(OPENED_MAX)
  /** Whether a release of this node was sealed to exactly these, and to itself. */
  function isFor(
    bytes: Uint8Array,
    edition: { readonly slot: string; readonly version: number },
    readers: readonly Uint8Array[],
  ): boolean {
    const { recipients } = bodyOf(
      decodeFrame(bytes, { messages: RELEASES, verify: verifySignature }),
      Release,
    )
    const found = new Set(recipients.map(({ hint }) => toHex(hint)))
    const context = { author: identity.publicKey, ...edition }
    const wanted = new Set(
      [...readers, identity.publicKey].map((key) => toHex(self.hints(key, context) ?? new Uint8Array())),
    )
    return found.size === wanted.size && [...wanted].every((hint) => found.has(hint))
  }

  function opened(bytes: Uint8Array, mesh: Uint8Array): OpenedRelease | null {
    try {
      return openRelease(openers, bytes, mesh)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      log.debug({ reason: error.message }, 'a release is not read')
      return null
    }
  }

  /** Checked and opened once: every question about the same days reads the same releases. */
  const halfIn = ({ bytes, head }: StoredDocument, mesh: Uint8Array): OpenedRelease | null =>
    known.getOrInsert(`${toHex(mesh)} ${toHex(head.digest)}`, () => opened(bytes, mesh))

  return {
    async publish(content, all) {
      const readers = all.filter((key) => sealingKeyOf(key) !== undefined).slice(0, READERS_MAX - 1)
      const slot = slotOf(content)
      const [held] = await documents.of(identity.nodeId, 'release', (one) => one === slot)
      if (held !== undefined && isFor(held.bytes, { slot, version: held.head.version }, readers)) return false
      const version = Math.max(clock.now(), content.end, (held?.head.version ?? 0) + 1)
      await documents.publish('release', writeRelease(self, { clock, random }, readers, version, content))
      return held === undefined
    },

    async read({ mesh, aggregators }, slots) {
      const halves = new Map<string, OpenedRelease[]>()
      for (const { key } of aggregators) {
        const isWanted = (slot: string): boolean => slots.has(slot.split(':').slice(0, 2).join(':'))
        for (const document of await documents.of(formatNodeId(key), 'release', isWanted)) {
          const half = halfIn(document, mesh)
          if (half === null || !isOfPair(half.content, { mesh, aggregators })) continue
          const { slot } = document.head
          halves.set(slot, [...(halves.get(slot) ?? []), half])
        }
      }
      return [...halves.values()].map(foundOf)
    },
  }
}

const slotOf = ({ batch, audience, ...bucket }: ReleaseContent): string =>
  slotOfRelease(bucket, batch, blake3([audience], AUDIENCE_HASH_BYTES))

/** Nobody but the pair that is drawn for a bucket releases it: any other two aggregators could have chosen whom they add up. */
function isOfPair(
  { pair, batch: _, ...bucket }: ReleaseContent,
  { mesh, aggregators }: Pick<Plan, 'mesh' | 'aggregators'>,
): boolean {
  const drawn = pairOf(mesh, bucket, aggregators)
  return drawn?.every((key, at) => Buffer.compare(key, pair[at] ?? new Uint8Array()) === 0) === true
}

function foundOf([one, other]: readonly OpenedRelease[]): Found {
  const { content } = one as OpenedRelease
  if (one === undefined || other === undefined) return { kind: 'half', content }
  const combined = combine(one, other)
  if (combined.kind === 'released') return combined
  if (combined.kind === 'unrelated') return { kind: 'half', content }
  return { kind: 'unequal', content, pair: combined.pair.map((key) => formatNodeId(key)) }
}
