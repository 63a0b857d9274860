// Passes documents with introductions to the room that reads them, if their author is an introducer here or becomes
// one.
import type { NodeId } from '../../protocols/node-id.ts'
import type { Log } from '../base/run/log.ts'
import type { DocumentPorts, Documents } from '../exchange/documents/index.ts'
import type { Introductions, Trust } from '../trust/peers/index.ts'

interface IntroducedDeps {
  /** This node's key, and those it had before. */
  readonly own: ReadonlySet<NodeId>
  readonly trust: Pick<Trust, 'admits' | 'introduces' | 'onChange'>
  readonly introductions: Pick<Introductions, 'accept'>
}

/** Every member's introductions are kept and handed on; only those of introducers, and this node's own, are held in memory. */
export const introductionPort = ({
  own,
  trust,
  introductions,
}: IntroducedDeps): NonNullable<DocumentPorts['introduction']> => ({
  wanted: (author) => own.has(author) || trust.admits(author),
  // Introductions by an earlier key of this node continue under its present key.
  accept: (frame) => introductions.accept(frame, (author) => own.has(author) || trust.introduces(author)),
  isFirst: () => false,
})

/**
 * Reads the stored introductions of a node again, because a person or the configuration may just have made it an
 * introducer.
 */
export function rereadIntroductions(
  { trust, introductions }: IntroducedDeps,
  documents: Pick<Documents, 'of'>,
  log: Log,
): void {
  trust.onChange((node, by) => {
    if (by === 'certificate' || !trust.introduces(node)) return
    documents
      .of(node, 'introduction')
      .then((kept) => {
        for (const { bytes } of kept) introductions.accept(bytes, trust.introduces)
      })
      .catch((error: unknown) => {
        log.error({ peer: node, reason: String(error) }, 'introductions of a node could not be read')
      })
  })
}
