// Releases shown to others: what a holder gives to a node that may read it, and how that node checks it before it counts.
import { type Bucket, slotOfBucket } from '../../../protocols/buckets.ts'
import { type ShownStatement, STATEMENTS_MAX } from '../../../protocols/messages/release.ts'
import { formatNodeId } from '../../../protocols/node-id.ts'
import { FrameError } from '../../../protocols/reject.ts'
import { readStatement, type Stated, shownOf } from '../aggregates/index.ts'
import type { TotalsParts } from './parts.ts'
import { authorsUnder, bucketsUnder, isDrawn, type Plan } from './plan.ts'
import type { ReleasesShown } from './types.ts'

/** Of one answer; its frame has room for 63 KiB with everything around them. */
const SHOWN_BYTES = 56 * 1024
/** Of a signature, and of the names around it and around its statement. */
const BESIDE_BYTES = 128
/** Buckets that are looked up at once: a question about a year must not open a year of releases for one answer. */
const AT_ONCE = 16

export function createShown({ identity, plan, releases, roster, clock }: TotalsParts): ReleasesShown {
  const self = identity.nodeId
  async function of(now: Plan, buckets: readonly Bucket[], audience: string, type: string) {
    const held = await releases.held(now, audience, new Set(buckets.map(slotOfBucket)))
    return held
      .flatMap((said) => {
        const shown = shownOf(said, type)
        return shown === undefined ? [] : [{ shown, start: said[0]?.content.start ?? 0 }]
      })
      .sort((a, b) => b.start - a.start)
  }

  return {
    async show({ audience, type, range }) {
      const now = plan()
      if (now === undefined) return { statements: [], more: false }
      const statements: ShownStatement[] = []
      let size = 0
      const buckets = bucketsUnder(now, range, clock.now()).toReversed()
      for (let at = 0; at < buckets.length; at += AT_ONCE) {
        for (const { shown } of await of(now, buckets.slice(at, at + AT_ONCE), audience, type)) {
          size += shown.statement.length + (1 + shown.signatures.length) * BESIDE_BYTES
          if (size > SHOWN_BYTES || statements.length === STATEMENTS_MAX) return { statements, more: true }
          statements.push(shown)
        }
      }
      return { statements, more: false }
    },

    check(statements, { audience, type, range }) {
      const now = plan()
      if (now === undefined) throw new FrameError('malformed', 'this node is in no mesh that has totals')
      const wanted = new Set(bucketsUnder(now, range, clock.now()).map(slotOfBucket))
      const { isRevoked } = roster()
      const seen = new Set<string>()
      return statements.map((shown): Stated => {
        const stated = readStatement(shown, type)
        const { content } = stated
        const pair = content.pair.map((key) => formatNodeId(key))
        const slot = slotOfBucket(content)
        const name = JSON.stringify([slot, pair])
        const isAsked =
          Buffer.compare(content.mesh, now.mesh) === 0 && content.audience === audience && wanted.has(slot)
        if (!isAsked) throw new FrameError('malformed', 'a release of another mesh, role or time')
        if (!isDrawn(now, content, content.pair)) {
          throw new FrameError('malformed', 'a release of two that were not drawn for its bucket')
        }
        if (pair.some(isRevoked)) throw new FrameError('malformed', 'a release of a revoked aggregator')
        if (seen.has(name)) throw new FrameError('malformed', 'a release twice')
        seen.add(name)
        return stated
      })
    },

    holders(audience) {
      const now = plan()
      if (now === undefined) return []
      const nodes = [
        ...authorsUnder(now),
        ...roster()
          .principals(audience)
          .map(({ node_id }) => node_id),
      ]
      return [...new Set(nodes)].filter((node) => node !== self)
    },
  }
}
