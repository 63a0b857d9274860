// What is said about a key, said of its whole lineage: a node that rotates its key takes trust and denial with it.
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { TrustedPeer } from '../../config/index.ts'
import type { Certificates, CertifiedWord } from '../certificates/index.ts'
import type { Fork, KeyState, LineageView } from '../lineage/index.ts'
import type { Held } from './held.ts'
import { publicKeyOf } from './seen.ts'

export interface KinDeps {
  readonly lineage: LineageView
  readonly certificates: Pick<Certificates, 'word' | 'revoked'>
  /** As they are now: a reload replaces them. */
  readonly file: () => {
    readonly denied: ReadonlySet<NodeId>
    readonly trusted: ReadonlyMap<NodeId, TrustedPeer>
  }
  /** People's decisions, each by every key that its record names. */
  readonly decisions: ReadonlyMap<NodeId, Held>
}

export interface Kin {
  deniedByFile(node: NodeId): boolean
  trustedByFile(node: NodeId): TrustedPeer | undefined
  decision(node: NodeId): Held | undefined
  revoked(node: NodeId): ReturnType<Certificates['revoked']>
  /** The word of its own certificate, or for a day that of the key it replaced. */
  word(node: NodeId): CertifiedWord | undefined
  /** A denial here, of any key of its lineage. */
  refusedHere(node: NodeId): boolean
  state(node: NodeId): KeyState
  /** The file, a person here, a certificate or a list names the key. */
  isNamed(node: NodeId): boolean
  /** Which of several successors counts, as people here or an issuer have decided. */
  choice(fork: Fork): NodeId | undefined
  /**
   * The records that a decision about `node` is written to. A denial of one of several successors is about that one alone;
   * trust in one of them chooses it.
   */
  written(node: NodeId, changed: Omit<Held, 'keys' | 'chosen'>): readonly Held[]
}

export function createKin({ lineage, certificates, file, decisions }: KinDeps): Kin {
  const first = <T>(node: NodeId, of: (key: NodeId) => T | undefined): T | undefined => {
    for (const key of lineage.family(node)) {
      const found = of(key)
      if (found !== undefined) return found
    }
    return undefined
  }

  const held = (keys: readonly NodeId[]): Held[] => [
    ...new Set(keys.flatMap((key) => decisions.get(key) ?? [])),
  ]

  /** Of several a refusal counts, and else the newest: no new key makes a denial undone. */
  function decision(node: NodeId): Held | undefined {
    const all = held(lineage.family(node))
    return (
      all.find(({ denied }) => denied) ??
      all.find(({ revoked }) => revoked) ??
      all.reduce<Held | undefined>(
        (a, b) => (a !== undefined && a.decided_at >= b.decided_at ? a : b),
        undefined,
      )
    )
  }

  /** What is said about this key itself, and about none of its lineage. */
  function isRefusedAlone(node: NodeId): boolean {
    const own = decisions.get(node)
    const isOwn = own !== undefined && formatNodeId(own.keys[0]) === node
    return (
      file().denied.has(node) ||
      (isOwn && (own.denied || own.revoked)) ||
      certificates.revoked(node) !== undefined
    )
  }

  function choice({ at, between }: Fork): NodeId | undefined {
    const named = new Set(
      held([...lineage.ancestors(at), ...between]).flatMap(({ chosen = [] }) => chosen.map(formatNodeId)),
    )
    const chosen = between.filter((one) => named.has(one))
    if (chosen.length > 0) return chosen.length === 1 ? chosen[0] : undefined
    const standing = between.filter((one) => !isRefusedAlone(one))
    return standing.length === 1 ? standing[0] : undefined
  }

  return {
    deniedByFile: (node) => lineage.family(node).some((key) => file().denied.has(key)),
    trustedByFile: (node) => file().trusted.get(node) ?? first(node, (key) => file().trusted.get(key)),
    decision,
    revoked: (node) => certificates.revoked(node) ?? first(node, certificates.revoked),
    word(node) {
      const own = certificates.word(node)
      if (own !== undefined) return own
      for (const key of lineage.ancestors(node)) {
        if (key === node || lineage.state(key).kind !== 'replaced') continue
        const word = certificates.word(key)
        if (word !== undefined) return word
      }
      return undefined
    },
    refusedHere: (node) =>
      lineage.family(node).some((key) => {
        const one = decisions.get(key)
        return file().denied.has(key) || one?.denied === true || one?.revoked === true
      }),
    state: lineage.state,
    isNamed: (node) =>
      file().denied.has(node) ||
      file().trusted.has(node) ||
      decisions.has(node) ||
      certificates.word(node) !== undefined ||
      certificates.revoked(node) !== undefined,
    choice,
    written(node, changed) {
      const branch = lineage.branch(node)
      const isRefusal = changed.denied || changed.revoked
      if (branch !== undefined && isRefusal && choice(branch.fork) !== branch.head)
        return [{ ...changed, keys: [publicKeyOf(node)] }]
      const chosen = branch === undefined || isRefusal ? [] : [publicKeyOf(branch.head)]
      const before = held(lineage.family(node).concat(node))
      const alone: Pick<Held, 'keys' | 'chosen'> = { keys: [publicKeyOf(node)] }
      const keys = before.length === 0 ? [alone] : before
      return keys.map((one) => ({
        ...changed,
        keys: one.keys,
        chosen: chosen.length > 0 ? chosen : (one.chosen ?? []),
      }))
    },
  }
}
