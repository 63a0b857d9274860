// The certified operators, from the documents that this node has; operators are people and never count as nodes.
import type { CertificateBody } from '../../../../protocols/messages/certificate.ts'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import type { TrustLevel } from '../../../base/words/trust-levels.ts'
import { createShares } from '../shares.ts'
import type { Binding } from '../types.ts'
import { type Against, bindingOf, type ChainFault, type ChainVerdict, judge, verifyChain } from '../verify.ts'

/** Operators that are remembered; one that is forgotten still shows its certificate with each question. */
const OPERATORS_MAX = 1_024

/** An operator as this node knows it by certificates that came here. */
export interface KnownOperator {
  readonly binding: Binding
  readonly state: 'valid' | 'expired' | 'revoked' | 'void'
}

/** The present result of an operator's certificates. */
export type OperatorVerdict =
  | {
      readonly ok: true
      readonly binding: Binding
      /** The trust level of its roles; `untrusted` while no revocation list has arrived for a week. */
      readonly level: TrustLevel
      /** The certificates that count: those that were shown, or newer ones that came here. */
      readonly chain: readonly Uint8Array[]
    }
  /** `name`: whose key it was, where that is known here. */
  | { readonly ok: false; readonly fault: ChainFault | 'no_mesh'; readonly name?: string }

interface HeldOperator {
  readonly bytes: Uint8Array
  readonly author: NodeId
  readonly body: CertificateBody
}

interface OperatorRoll {
  /** Takes one certificate of an operator; what does not hold at `now` changes nothing and is a fault. */
  take(held: HeldOperator, now: number): ChainFault | undefined
  /**
   * The result of a shown chain at `now`. If this node has a newer certificate of the operator or the issuer, the newer
   * one counts, so that nobody can present outdated roles.
   */
  verdict(chain: readonly Uint8Array[], key: Uint8Array, now: number): OperatorVerdict
  /** The newest chain of this operator that is known here, whether it holds or not. */
  chainOf(operator: NodeId): readonly Uint8Array[] | undefined
  nameOf(operator: NodeId): string | undefined
  has(operator: NodeId): boolean
  /** Like `has`, and the signer was not revoked: only then does the key belong to a person and cannot be a node's. */
  holds(operator: NodeId): boolean
  list(now: number): readonly KnownOperator[]
  clear(): void
}

export interface OperatorRollDeps {
  readonly root: () => Against['root'] | undefined
  readonly isRevoked: Against['isRevoked']
  /** The certificate of this issuer that counts here; undefined when the issuer was revoked. */
  readonly issuerOf: (issuer: NodeId) => Uint8Array | undefined
  /** The same, also of an issuer that was revoked: so that people can be told whom it had certified. */
  readonly namedIssuerOf: (issuer: NodeId) => CertificateBody | undefined
  /** No revocation list came for so long that certificates open no data here. */
  readonly isStale: (now: number) => boolean
}

export function createOperatorRoll(deps: OperatorRollDeps): OperatorRoll {
  const { root, isRevoked, issuerOf, isStale } = deps
  const held = createShares<NodeId, HeldOperator, NodeId>(OPERATORS_MAX, ({ author }) => author)

  function verify(chain: readonly Uint8Array[], key: Uint8Array, at: number): ChainVerdict | undefined {
    const trusted = root()
    return trusted && verifyChain(chain, { root: trusted, at, isRevoked, key, leaf: 'operator' })
  }

  /** A certificate by a revoked issuer has no effect, so it does not block another one either. */
  function counting(operator: NodeId): HeldOperator | undefined {
    const own = held.peek(operator)
    return own === undefined || issuerOf(own.author) === undefined ? undefined : own
  }

  function chainOf(operator: NodeId): readonly Uint8Array[] | undefined {
    const own = held.peek(operator)
    const issuer = own && issuerOf(own.author)
    return own === undefined || issuer === undefined ? undefined : [issuer, own.bytes]
  }

  function stateOf(author: NodeId, key: Uint8Array, verdict: ChainVerdict): KnownOperator['state'] {
    if (isRevoked(key, 'operator')) return 'revoked'
    if (issuerOf(author) === undefined) return 'void'
    if (verdict.ok) return 'valid'
    return verdict.fault === 'expired' ? 'expired' : 'void'
  }

  return {
    take(one, now) {
      const operator = formatNodeId(one.body.key)
      const issuer = issuerOf(one.author)
      const verdict = issuer && verify([issuer, one.bytes], one.body.key, now)
      if (verdict === undefined) return 'unknown_root'
      const before = counting(operator)
      // A certificate that has ended still replaces an older one, which would otherwise give back what the newer one
      // took away.
      const isOver = !verdict.ok && verdict.fault === 'expired' && verdict.index === 1
      // If there is no valid certificate, a revoked or ended one is kept to show people whose key it was.
      const isNamed = !verdict.ok && before === undefined && ['revoked', 'expired'].includes(verdict.fault)
      if (!verdict.ok && !isOver && !isNamed) return verdict.fault
      if (before === undefined || before.body.version < one.body.version) held.set(operator, one)
      return undefined
    },
    verdict(chain, key, now) {
      const operator = formatNodeId(key)
      const own = counting(operator)
      const name = held.peek(operator)?.body.name
      const fail = (fault: ChainFault): OperatorVerdict => ({
        ok: false,
        fault,
        ...(name === undefined ? {} : { name }),
      })
      const shown = verify(chain, key, now)
      if (shown === undefined) return { ok: false, fault: 'no_mesh' }
      // A certificate that has ended may have been renewed; anything else that is wrong stays wrong.
      if (!shown.ok && (shown.fault !== 'expired' || own === undefined)) return fail(shown.fault)
      const newer =
        own !== undefined && (!shown.ok || own.body.version > shown.binding.issued_at) ? own : undefined
      const author = newer?.author ?? (shown.ok ? shown.binding.issuer : undefined)
      const [first, leaf] = chain as readonly [Uint8Array, Uint8Array]
      const judged = [(author && issuerOf(author)) ?? first, newer?.bytes ?? leaf]
      const isShown = judged.every((one, i) => Buffer.compare(one, chain[i] as Uint8Array) === 0)
      const verdict = isShown ? shown : (verify(judged, key, now) ?? shown)
      if (!verdict.ok) return fail(verdict.fault)
      const { binding } = verdict
      const level = isStale(now) ? 'untrusted' : 'peer'
      return { ok: true, binding, level, chain: judged }
    },
    chainOf,
    nameOf: (operator) => held.peek(operator)?.body.name,
    has: (operator) => held.has(operator),
    holds: (operator) => counting(operator) !== undefined,
    list(now) {
      const trusted = root()
      if (trusted === undefined) return []
      return [...held].flatMap(([, { author, body }]) => {
        const issuer = deps.namedIssuerOf(author)
        if (issuer === undefined) return []
        // Signatures were checked when they came: this is asked for often, and there may be a thousand.
        const links = [
          { key: trusted.key, body: issuer },
          { key: issuer.key, body },
        ]
        const against = { root: trusted, key: body.key, leaf: 'operator' as const, isRevoked: () => false }
        const verdict = judge(links, { ...against, at: now })
        // Certificates that no longer hold are listed too, because people have to find them to renew or revoke them.
        return [{ binding: bindingOf(links), state: stateOf(author, body.key, verdict) }]
      })
    },
    clear: () => held.clear(),
  }
}
