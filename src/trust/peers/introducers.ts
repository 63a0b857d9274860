// Who is an introducer here, and what their introductions come to: never more than people here let them give.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { IntroducerScope, TrustedPeer } from '../../config/index.ts'
import type { LineageView } from '../lineage/index.ts'
import type { IntroducedWord, Introductions } from './introductions.ts'
import type { Decision } from './opinion.ts'

/**
 * The file and people make introducers; certificates, introductions and subnets do not, so that trust does not go on from
 * one to the next. Where the file names a node, a person's decision about it does not count.
 */
export function createIntroducers({
  introductions,
  lineage,
  saidOf,
  refuses,
}: {
  readonly introductions: Pick<Introductions, 'word' | 'all'>
  /** A node that rotated its key stays introduced. */
  readonly lineage: Pick<LineageView, 'ancestors' | 'memberOf' | 'state'>
  /** The file's word, or else a person's. */
  readonly saidOf: (node: NodeId) => TrustedPeer | Decision | undefined
  /** Denied or revoked here: then nothing that it signed counts. */
  readonly refuses: (node: NodeId) => boolean
}) {
  function wordOf(node: NodeId): IntroducedWord | undefined {
    for (const key of lineage.ancestors(node)) {
      const word = introductions.word(key, scopeOf, lineage.memberOf)
      if (word !== undefined) return word
    }
    return undefined
  }
  function scopeOf(node: NodeId): IntroducerScope | undefined {
    // Two of its keys are in somebody's hands, and one of them may be a thief's: neither speaks for others.
    if (refuses(node) || lineage.state(node).kind === 'frozen') return undefined
    const by = saidOf(node)
    return by?.level === null || by?.level === 'untrusted' ? undefined : by?.introducer
  }
  return {
    scopeOf,
    word: wordOf,
    /** Everybody whom they introduced, however long ago. */
    introducedBy: (...introducers: readonly NodeId[]): readonly NodeId[] =>
      introductions.all().flatMap((one) => (introducers.includes(one.introducer) ? [one.node_id] : [])),
    /** Everybody who is introduced now. */
    introduced: (): readonly NodeId[] =>
      [...new Set(introductions.all().map(({ node_id }) => node_id))].filter(
        (node) => introductions.word(node, scopeOf, lineage.memberOf) !== undefined,
      ),
  }
}
