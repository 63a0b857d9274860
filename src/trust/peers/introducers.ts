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
  readonly introductions: Pick<Introductions, 'word' | 'all' | 'by'>
  /** A node that rotated its key stays introduced. */
  readonly lineage: Pick<LineageView, 'ancestors' | 'memberOf'>
  /** The file's word, or else a person's. */
  readonly saidOf: (node: NodeId) => TrustedPeer | Decision | undefined
  /** Denied or revoked, or its key has two successors, one of them perhaps a thief's: then nothing that it signed counts. */
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
    if (refuses(node)) return undefined
    const by = saidOf(node)
    return by?.level === null || by?.level === 'untrusted' ? undefined : by?.introducer
  }
  return {
    scopeOf,
    word: wordOf,
    /** The file or a person named it an introducer, whether that counts at the moment or not. */
    isNamed: (node: NodeId): boolean => saidOf(node)?.introducer !== undefined,
    /** Everybody whom it introduced, however long ago. */
    introducedBy: introductions.by,
    /** Everybody who is introduced now. */
    introduced: (): readonly NodeId[] =>
      [...new Set(introductions.all().map(({ node_id }) => node_id))].filter(
        (node) => introductions.word(node, scopeOf, lineage.memberOf) !== undefined,
      ),
  }
}
