// What is said about a key, said of its whole lineage: a node that rotates its key takes trust and denial with it.
import { formatNodeId, keyOf, type NodeId } from '../../../protocols/node-id.ts'
import { type Branch, type Fork, firstOf } from '../lineage/index.ts'
import type { Held } from './held.ts'
import type { TrustParts } from './options.ts'

export type Kin = ReturnType<typeof createKin>

export function createKin({ lineage, certificates, file, decisions }: TrustParts) {
  const held = (keys: readonly NodeId[]): Held[] => [
    ...new Set(keys.flatMap((key) => decisions.get(key) ?? [])),
  ]

  /** Of several a refusal counts, and else the newest: no new key makes a denial undone. */
  function decision(node: NodeId): Held | undefined {
    const all = held(lineage.family(node))
    return all.find(({ denied }) => denied) ?? all.find(({ revoked }) => revoked) ?? newestOf(all)
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

  /** When a certificate of the key, or of one that follows it, was signed last. */
  function certifiedAt(node: NodeId): number {
    const before = new Set(lineage.ancestors(node))
    const keys = lineage.family(node).filter((key) => key === node || !before.has(key))
    return Math.max(0, ...keys.map((key) => certificates.word(key)?.binding.issued_at ?? 0))
  }

  /**
   * Which of several successors counts, as people here or an issuer have decided. An issuer decides by revoking one and certifying another one afterwards. That one of them is left says nothing: whoever
   * has the key makes as many successors as they like, and the right one may not have come here.
   */
  function choice({ at, between }: Fork): NodeId | undefined {
    const choices = held([...lineage.ancestors(at), ...between]).map(({ decided_at, chosen = [] }) => {
      const named = new Set(chosen.map(formatNodeId))
      return { decided_at, of: between.filter((one) => named.has(one)) }
    })
    const chosen = newestOf(choices.filter(({ of }) => of.length > 0))
    if (chosen !== undefined) return chosen.of.length === 1 ? chosen.of[0] : undefined
    const revokedAt = between.flatMap((one) => certificates.revoked(one)?.at ?? [])
    if (revokedAt.length === 0) return undefined
    const since = Math.max(...revokedAt)
    const certified = between.filter(
      (one) => certificates.revoked(one) === undefined && certifiedAt(one) > since,
    )
    return certified.length === 1 ? certified[0] : undefined
  }

  /** The keys of a decision without those of other branches of the fork, and the heads that it chooses. */
  function choosing(branches: readonly Branch[], before: readonly Uint8Array[] = []): readonly Uint8Array[] {
    const heads = branches.map(({ head }) => head)
    const decided = new Set(branches.flatMap(({ fork }) => fork.between))
    return [...before.filter((key) => !decided.has(formatNodeId(key))), ...heads.map(keyOf)]
  }

  /** Of one branch alone; what is said about the rest of the lineage stays. */
  function refusedBranch({ fork, head }: Branch, changed: Omit<Held, 'keys' | 'chosen'>): readonly Held[] {
    const decided = choice(fork)
    const standing = fork.between.filter((one) => one !== head && !isRefusedAlone(one))
    const left = decided ?? (standing.length === 1 ? standing[0] : undefined)
    const chosen = left === undefined ? {} : { chosen: [keyOf(left)] }
    const alone: Held = { ...changed, keys: [keyOf(head)], ...chosen }
    // A decision about the lineage that names this key among others names it no more.
    const others = held([head]).flatMap((one) => {
      const [first, ...rest] = one.keys.filter((key) => formatNodeId(key) !== head)
      return first === undefined ? [] : [{ ...one, keys: [first, ...rest] as const }]
    })
    return [alone, ...others]
  }

  /** The keys of the lineage that a refusal or a choice names beside its own, each in one record. */
  function alsoNamed(node: NodeId, records: readonly Held[]): readonly Uint8Array[] {
    const known = new Set(records.flatMap(({ keys }) => keys.map(formatNodeId)))
    return lineage
      .family(node)
      .filter((key) => !known.has(key) && key !== node)
      .map(keyOf)
  }

  return {
    deniedByFile: (node: NodeId) => lineage.family(node).some((key) => file().denied.has(key)),
    trustedByFile: (node: NodeId) => firstOf(lineage.family(node), (key) => file().trusted.get(key)),
    decision,
    /** A list has put it, or another key of its lineage, out, and it keeps its link for a moment. */
    isParting: (node: NodeId) => lineage.family(node).some(certificates.isParting),
    revoked: (node: NodeId) => firstOf(lineage.family(node), certificates.revoked),
    lately: (node: NodeId) => firstOf(lineage.family(node), certificates.lately),
    /** The word of its own certificate, or for a day that of the key it replaced. */
    word: (node: NodeId) =>
      firstOf(lineage.ancestors(node), (key) =>
        key === node || lineage.state(key).kind === 'replaced' ? certificates.word(key) : undefined,
      ),
    /** A denial here, of any key of its lineage. */
    refusedHere: (node: NodeId) =>
      lineage.family(node).some((key) => {
        const one = decisions.get(key)
        return file().denied.has(key) || one?.denied || one?.revoked
      }),
    state: lineage.state,
    /** The file, a person here, a certificate or a list names the key. */
    isNamed: (node: NodeId) =>
      file().denied.has(node) ||
      file().trusted.has(node) ||
      decisions.has(node) ||
      certificates.word(node) !== undefined ||
      certificates.revoked(node) !== undefined,
    choice,
    /**
     * The records that a decision about `node` is written to. A refusal names every key that the member is known by, so that no
     * other successor of an earlier one gets round it; that of one of several undecided successors is about that branch alone,
     * and chooses the only one that is left. Trust chooses the key, and those before it.
     */
    written(node: NodeId, changed: Omit<Held, 'keys' | 'chosen'>): readonly Held[] {
      const branches = lineage.branches(node)
      const isRefusal = changed.denied || changed.revoked
      const open = branches.find(({ fork, head }) => choice(fork) !== head)
      if (open && isRefusal) return refusedBranch(open, changed)
      const before = held(lineage.family(node).concat(node))
      const records = before.length > 0 ? before : [{ keys: [keyOf(node)] } as Pick<Held, 'keys' | 'chosen'>]
      const also = isRefusal || branches.length > 0 ? alsoNamed(node, before) : []
      return records.map(({ keys, chosen }, at) => ({
        ...changed,
        keys: at === 0 ? [keys[0], ...keys.slice(1), ...also] : keys,
        chosen: isRefusal ? (chosen ?? []) : choosing(branches, chosen),
      }))
    },
  }
}

/** The first one of several that were decided at once. */
const newestOf = <T extends { readonly decided_at: number }>(all: readonly T[]): T | undefined =>
  all.reduce<T | undefined>((a, b) => (a !== undefined && a.decided_at >= b.decided_at ? a : b), undefined)
