// Whom this node admits and whom it refuses, without making an opinion: asked for connections and for every frame.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { CertifiedWord } from '../certificates/index.ts'
import type { DomainWord } from './domains.ts'
import type { Kin } from './kin.ts'
import { isOver } from './opinion.ts'

/**
 * `own`: this node's key, and those before it. `domain`: what its subnet says, where neither the file, nor a person here,
 * nor a certificate does. A test holds the answers against opinions.
 */
export function createAdmission(
  kin: Kin,
  own: ReadonlySet<NodeId>,
  domain: (node: NodeId) => DomainWord | undefined,
) {
  /**
   * A node that a list revoked a moment ago gets no more data, and keeps its link until what it has from here is
   * emptied.
   */
  const isOut = (node: NodeId): boolean => kin.revoked(node) !== undefined && !kin.isParting(node)
  const isRefused = (node: NodeId): boolean => kin.refusedHere(node) || isOut(node)
  const refuses = (node: NodeId): boolean => isRefused(node) || isOver(kin.state(node))

  /** What its certificates come to; what was signed by an issuer that people here refuse says nothing here. */
  function certified(node: NodeId): CertifiedWord | undefined {
    const word = kin.word(node)
    return word === undefined || kin.refusedHere(word.binding.issuer) ? undefined : word
  }

  return {
    refuses,
    // A node that a list revoked may knock like any stranger: it is shown that list, and hears of it in no other way.
    bars: (node: NodeId) => kin.refusedHere(node) || kin.state(node).kind === 'rejected',
    certified,
    admits(node: NodeId) {
      if (own.has(node) || refuses(node)) return false
      const level = kin.trustedByFile(node)?.level ?? kin.decision(node)?.level
      if ((level ?? null) !== null) return level !== 'untrusted'
      if (kin.isParting(node)) return true
      if (certified(node) !== undefined) return true
      return (domain(node)?.level ?? 'untrusted') !== 'untrusted'
    },
  }
}
