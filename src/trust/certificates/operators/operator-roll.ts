// Who is certified as an operator, as the documents that came here say; operators are people and never count as nodes.
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import type { TrustLevel } from '../../../base/words/trust-levels.ts'
import { levelOf } from '../levels.ts'
import { createShares } from '../shares.ts'
import type { Binding } from '../types.ts'
import { type Against, type ChainFault, type ChainVerdict, verifyChain } from '../verify.ts'

/** Operators that are remembered; one that is forgotten still shows its certificate with each question. */
const OPERATORS_MAX = 1_024

/** An operator as this node knows it by certificates that came here. */
export interface KnownOperator {
  readonly binding: Binding
  readonly state: 'valid' | 'expired' | 'revoked' | 'void'
}

/** What the certificates of an operator come to at this moment. */
export type OperatorVerdict =
  | {
      readonly ok: true
      readonly binding: Binding
      /** What its roles give it; `untrusted` while no revocation list came for a week. */
      readonly level: TrustLevel
      /** The certificates that count: those that were shown, or newer ones that came here. */
      readonly chain: readonly Uint8Array[]
    }
  /** `name`: whose key it was, where that is known here. */
  | { readonly ok: false; readonly fault: ChainFault | 'no_mesh'; readonly name?: string }

interface HeldOperator {
  readonly bytes: Uint8Array
  readonly author: NodeId
  readonly body: { readonly key: Uint8Array; readonly version: number; readonly name: string }
}

interface OperatorRoll {
  /** Takes one certificate of an operator; what does not hold at `now` changes nothing and is a fault. */
  take(held: HeldOperator, now: number): ChainFault | undefined
  /**
   * What a chain that was shown says at `now`. Where this node knows a newer certificate of the operator or the issuer,
   * that one counts, so that nobody can show them as they were before.
   */
  verdict(chain: readonly Uint8Array[], key: Uint8Array, now: number): OperatorVerdict
  /** The newest chain of this operator that is known here, whether it holds or not. */
  chainOf(operator: NodeId): readonly Uint8Array[] | undefined
  nameOf(operator: NodeId): string | undefined
  has(operator: NodeId): boolean
  list(now: number): readonly KnownOperator[]
  clear(): void
}

export interface OperatorRollDeps {
  readonly root: () => Against['root'] | undefined
  readonly isRevoked: Against['isRevoked']
  /** The certificate of this issuer that counts here. */
  readonly issuerOf: (issuer: NodeId) => Uint8Array | undefined
  /** No revocation list came for so long that certificates open no data here. */
  readonly isStale: (now: number) => boolean
}

export function createOperatorRoll({ root, isRevoked, issuerOf, isStale }: OperatorRollDeps): OperatorRoll {
  const held = createShares<NodeId, HeldOperator, NodeId>(OPERATORS_MAX, ({ author }) => author)

  function verify(chain: readonly Uint8Array[], key: Uint8Array, at: number): ChainVerdict | undefined {
    const trusted = root()
    return trusted && verifyChain(chain, { root: trusted, at, isRevoked, key, leaf: 'operator' })
  }

  function chainOf(operator: NodeId): readonly Uint8Array[] | undefined {
    const own = held.peek(operator)
    const issuer = own && issuerOf(own.author)
    return own === undefined || issuer === undefined ? undefined : [issuer, own.bytes]
  }

  return {
    take(one, now) {
      const operator = formatNodeId(one.body.key)
      const issuer = issuerOf(one.author)
      const verdict = issuer && verify([issuer, one.bytes], one.body.key, now)
      if (verdict === undefined) return 'unknown_root'
      const before = held.peek(operator)
      // One that was revoked or has ended is kept, so that people can be told whose key it was; it replaces none.
      const isNamed = !verdict.ok && (verdict.fault === 'revoked' || verdict.fault === 'expired')
      if (!verdict.ok && (!isNamed || before !== undefined)) return verdict.fault
      if (before === undefined || before.body.version < one.body.version) held.set(operator, one)
      return undefined
    },
    verdict(chain, key, now) {
      const own = held.peek(formatNodeId(key))
      const fail = (fault: ChainFault): OperatorVerdict => ({
        ...{ ok: false, fault },
        ...(own === undefined ? {} : { name: own.body.name }),
      })
      const shown = verify(chain, key, now)
      if (shown === undefined) return { ok: false, fault: 'no_mesh' }
      // A certificate that has ended may have been renewed; anything else that is wrong stays wrong.
      if (!shown.ok && (shown.fault !== 'expired' || own === undefined)) return fail(shown.fault)
      const newer =
        own !== undefined && (!shown.ok || own.body.version > shown.binding.issued_at) ? own : undefined
      const author = newer?.author ?? (shown.ok ? shown.binding.issuer : undefined)
      const [first, leaf] = chain as readonly [Uint8Array, Uint8Array]
      const counting = [(author && issuerOf(author)) ?? first, newer?.bytes ?? leaf]
      const isShown = counting.every((one, i) => Buffer.compare(one, chain[i] as Uint8Array) === 0)
      const verdict = isShown ? shown : (verify(counting, key, now) ?? shown)
      if (!verdict.ok) return fail(verdict.fault)
      const { binding } = verdict
      const level = isStale(now) ? 'untrusted' : levelOf(binding.roles)
      return { ok: true, binding, level, chain: counting }
    },
    chainOf,
    nameOf: (operator) => held.peek(operator)?.body.name,
    has: (operator) => held.has(operator),
    list(now) {
      return [...held].flatMap(([operator, { body }]) => {
        const chain = chainOf(operator)
        const trusted = root()
        if (chain === undefined || trusted === undefined) return []
        const against = { root: trusted, key: body.key, leaf: 'operator' as const, isRevoked: () => false }
        const verdict = verifyChain(chain, { ...against, at: now })
        // What it says is told of one that has ended, too: it is judged at a moment at which it held.
        const before = verdict.ok ? verdict : verifyChain(chain, { ...against, at: body.version })
        if (!before.ok) return []
        const state = isRevoked(body.key, 'operator')
          ? 'revoked'
          : verdict.ok
            ? 'valid'
            : verdict.fault === 'expired'
              ? 'expired'
              : 'void'
        return [{ binding: before.binding, state }]
      })
    },
    clear: () => held.clear(),
  }
}
