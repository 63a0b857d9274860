// The certified and revoked keys, from the documents that this node has: state in memory, fed with frames, without a
// clock.
import { Certificate, type CertificateBody } from '../../../protocols/messages/certificate.ts'
import { formatNodeId, type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import { DAY_MS } from '../../base/calendar.ts'
import { createRecent } from '../../base/recent.ts'
import { areGranted } from '../../base/words/roles.ts'
import { isFuture, isSame, readStatement, type Statement } from '../identity/index.ts'
import { createLists } from './lists.ts'
import type { CertifiedWord, KnownOperator, OperatorVerdict, WhyNot } from './types.ts'
import {
  type Against,
  type Binding,
  bindingOf,
  type ChainFault,
  type ChainVerdict,
  judge,
  LIFE_MAX_MS,
  type TrustedRoot,
  verifyChain,
} from './verify.ts'

/** Certified nodes that are remembered; as many as a node has members at most. */
const CERTIFIED_MAX = 4_096
/** Operators that are remembered; one that is forgotten still shows its certificate with each question. */
const OPERATORS_MAX = 1_024
/** Issuers of one mesh, those among them that ended or were revoked: only the root makes them. */
const ISSUERS_MAX = 256
/** Without a revocation list for so long a node cannot know who was revoked. */
const LIST_LASTS_MS = 7 * DAY_MS
/** Nodes of which it is remembered why their certificates were refused. */
const FAULTS_MAX = 256

/** A certificate whose signature was checked when it came: of what it says only time and lists change. */
interface Held extends Statement<CertificateBody> {
  readonly bytes: Uint8Array
}
const authorOf = ({ by }: Held): NodeId => by

/** The result of taking a document: nodes whose state has changed. */
type Changed = readonly NodeId[]

export type Roll = ReturnType<typeof createRoll>

export function createRoll() {
  let root: TrustedRoot | undefined
  let rootId: NodeId | undefined
  let since = 0
  const issuers = new Map<NodeId, Held>()
  /** Of each issuer its share: the thief of one pushes out nobody whom another one certified. */
  const leaves = createShares<NodeId, Held, NodeId>(CERTIFIED_MAX, authorOf)
  const people = createShares<NodeId, Held, NodeId>(OPERATORS_MAX, authorOf)
  const faults = createRecent<NodeId, ChainFault | 'issuer_revoked'>(FAULTS_MAX)

  const heldOf = (node: NodeId): Held | undefined => issuers.get(node) ?? leaves.peek(node)
  const lists = createLists({
    mesh: () => root?.mesh,
    isRoot: (node) => node === rootId,
    isIssuer: (node) => issuers.has(node),
    nameOf: (node) => (heldOf(node) ?? people.peek(node))?.body.name ?? '',
  })
  const { revoked } = lists
  const isRevoked: Against['isRevoked'] = (key, usage) =>
    revoked(formatNodeId(key), usage === 'issuer') !== undefined

  /** A revoked issuer's statement about a key does not block statements of others. */
  const counting = (held: Held | undefined): Held | undefined =>
    held === undefined || revoked(held.by) !== undefined ? undefined : held

  /** From the certificate that the root signed on; undefined where that of the issuer is not here. */
  function linksOf(held: Held): readonly Held[] | undefined {
    if (held.by === rootId) return [held]
    const issuer = issuers.get(held.by)
    return issuer && [issuer, held]
  }
  const framesOf = (held: Held | undefined): readonly Uint8Array[] | undefined =>
    held && linksOf(held)?.map(({ bytes }) => bytes)

  function verdictOf(held: Held, now: number): ChainVerdict | undefined {
    const links = linksOf(held)
    const leaf = held.body.usage === 'operator' ? 'operator' : 'node'
    return root && links && judge(links, { root, at: now, isRevoked, leaf })
  }

  /**
   * Whether a certificate with this fault is kept. A revoked key keeps its certificate, and whoever has ended, so that people can be told
   * whose it was and how it comes back; it replaces none. One that has ended stands in the place of an older one that still holds, which
   * would give back what it took away.
   */
  function isKept({ by, body }: Held, verdict: ChainVerdict, isFirst: boolean): boolean {
    if (verdict.ok) return true
    const { fault, index } = verdict
    if (isFirst && (fault === 'revoked' || (fault === 'expired' && body.usage === 'operator'))) return true
    return fault === 'expired' && index === (by === rootId ? 0 : 1) && revoked(by) === undefined
  }

  /** The issuer may have a new certificate with fewer grants. */
  const isGranted = ({ issuer, roles }: Pick<Binding, 'issuer' | 'roles'>): boolean =>
    issuer === rootId || areGranted(roles, issuers.get(issuer)?.body.grants ?? [])

  /** Certificates of a revoked issuer may be by the thief of its key, so they say nothing, and no new one may be based on them. */
  function lastOf(node: NodeId): Binding | undefined {
    const held = counting(heldOf(node))
    const links = held && linksOf(held)
    return links && bindingOf(links)
  }

  /** Signatures were checked when it came; of the rest only time and lists change. `after`: the certificate ended later than that, or has not ended. */
  function bindingAt(node: NodeId, after: number): Binding | undefined {
    const last = lastOf(node)
    const counts = last && revoked(node) === undefined && last.not_after > after && isGranted(last)
    return counts ? last : undefined
  }

  /**
   * A place for one issuer more: that of one whose certificates count for nothing any more, and that revoked nobody. One
   * that did is kept with its list, because what it revoked stays so.
   */
  function hasPlace(now: number): boolean {
    if (issuers.size < ISSUERS_MAX) return true
    const over = [...issuers.keys()].find(
      (node) => bindingAt(node, now) === undefined && !lists.of(node)?.revoked.size,
    )
    return over !== undefined && issuers.delete(over)
  }

  const certifiedBy = (issuer: NodeId): readonly NodeId[] =>
    [...leaves].filter(([, { by }]) => by === issuer).map(([node]) => node)
  const nodes = (): readonly NodeId[] => [...issuers, ...leaves].map(([node]) => node)

  /** Of authors that may revoke at that moment: lists of an issuer that ended, and lists from the future, say nothing about today. */
  const newest = (now: number): number => {
    const fresh = [...lists.all()].flatMap(([author, { version }]) => {
      const mayRevoke = author === rootId || bindingAt(author, now)?.usage === 'issuer'
      return mayRevoke && !isFuture(version, now) ? version : []
    })
    return Math.max(since, ...fresh)
  }

  const isStale = (now: number): boolean => now > newest(now) + LIST_LASTS_MS
  /** The level that certificates give. */
  const levelAt = (now: number) => (isStale(now) ? 'untrusted' : 'peer')

  /**
   * The result of a shown chain at `at`. If this node has a newer certificate of the operator or the issuer, the newer
   * one counts, so that nobody can present outdated roles.
   */
  function verdictAbout(chain: readonly Uint8Array[], key: Uint8Array, at: number): OperatorVerdict {
    if (root === undefined) return { ok: false, fault: 'no_mesh' }
    const against = { root, at, isRevoked, key, leaf: 'operator' as const }
    const held = people.peek(formatNodeId(key))
    const own = counting(held)
    const fail = (fault: ChainFault): OperatorVerdict => ({ ok: false, fault, name: held?.body.name })
    const shown = verifyChain(chain, against)
    // A certificate that has ended may have been renewed; anything else that is wrong stays wrong.
    if (!shown.ok && (shown.fault !== 'expired' || own === undefined)) return fail(shown.fault)
    const newer = own && (!shown.ok || own.body.version > shown.binding.issued_at) ? own : undefined
    const author = newer?.by ?? (shown.ok ? shown.binding.issuer : undefined)
    const [first, leaf] = chain as readonly [Uint8Array, Uint8Array]
    const issuer = author === undefined || revoked(author) !== undefined ? undefined : issuers.get(author)
    const judged = [issuer?.bytes ?? first, newer?.bytes ?? leaf]
    const isShown = judged.every((one, i) => isSame(one, chain[i]))
    const verdict = isShown ? shown : verifyChain(judged, against)
    if (!verdict.ok) return fail(verdict.fault)
    return { ok: true, binding: verdict.binding, level: levelAt(at), chain: judged }
  }

  function stateOf(held: Held, now: number): KnownOperator['state'] {
    if (isRevoked(held.body.key, 'operator')) return 'revoked'
    const verdict = counting(held) && verdictOf(held, now)
    if (verdict?.ok) return 'valid'
    return verdict?.fault === 'expired' ? 'expired' : 'void'
  }

  /** Takes one certificate; what does not hold at `now` changes nothing and is a fault. */
  function certificate(
    bytes: Uint8Array,
    now: number,
  ): { readonly changed: Changed; readonly fault?: ChainFault } {
    const said = readStatement(Certificate, bytes)
    if (typeof said === 'string') return { changed: [], fault: said }
    const held: Held = { ...said, bytes }
    const { key, usage, version } = held.body
    const node = formatNodeId(key)
    const isPerson = usage === 'operator'
    const verdict = verdictOf(held, now)
    if (verdict === undefined) return { changed: [], fault: 'unknown_root' }
    // A key is a node or a person, whichever it was first. Nobody has anything else to say about it for that.
    if (counting(isPerson ? heldOf(node) : people.peek(node)) !== undefined)
      return { changed: [], fault: 'wrong_usage' }
    const before = isPerson ? people.peek(node) : heldOf(node)
    const fault = verdict.ok ? {} : { fault: verdict.fault }
    if (!isKept(held, verdict, before === undefined)) return { changed: [], ...fault }
    if ((counting(before)?.body.version ?? -1) >= version) return { changed: [] }
    if (isPerson) {
      people.set(node, held)
      return { changed: [], ...fault }
    }
    if (held.by === rootId) {
      if (!issuers.has(node) && !hasPlace(now)) return { changed: [] }
      issuers.set(node, held)
      leaves.delete(node)
      return { changed: [node, ...certifiedBy(node)] }
    }
    if (issuers.has(node)) return { changed: [] }
    // A certificate that ended keeps its place as long as an older one of the same node might still hold.
    leaves.set(node, held, ({ body }) => body.version + LIFE_MAX_MS.node <= now)
    faults.delete(node)
    return { changed: [node], ...fault }
  }

  return {
    /** Certified people, who are no nodes: nothing else here speaks of them, except that a list may revoke their keys. */
    operators: {
      verdict: verdictAbout,
      /** The newest chain of this operator that is known here, whether it holds or not; undefined also where its issuer was revoked. */
      chainOf: (operator: NodeId) => framesOf(counting(people.peek(operator))),
      has: people.has,
      /** Like `has`, and the signer was not revoked: only then does the key belong to a person and cannot be a node's. */
      holds: (operator: NodeId) => counting(people.peek(operator)) !== undefined,
      // Certificates that no longer hold are listed too, because people have to find them to renew or revoke them.
      list: (now: number): readonly KnownOperator[] =>
        [...people].flatMap(([, held]) => {
          const links = linksOf(held)
          return links === undefined ? [] : [{ binding: bindingOf(links), state: stateOf(held, now) }]
        }),
    },
    /** Another root forgets everything. `joined`: when this node joined, ms. */
    trustRoot(next: TrustedRoot, joined: number) {
      if (root && !isSame(root.key, next.key)) {
        for (const map of [issuers, leaves, people, lists, faults]) map.clear()
      }
      root = next
      rootId = formatNodeId(next.key)
      since = joined
    },
    /** Both undefined until this node belongs to a mesh. */
    root: () => root,
    rootId: () => rootId,

    certificate,

    /**
     * Takes one list; one of nobody who may revoke changes nothing. A key that was revoked stays so, whatever a later
     * list leaves out. One from the future changes nothing, unless it was kept here (`isKept`): then its keys and number count.
     */
    list: (...taken: Parameters<typeof lists.take>): Changed =>
      // The nodes that a revoked issuer certified have no certificate any more either.
      lists.take(...taken).flatMap((node) => [node, ...certifiedBy(node)]),

    /** Takes what a node showed of itself, and notes why it says nothing if that is so. */
    chain(node: NodeId, chain: readonly Uint8Array[], now: number): Changed {
      const changed: NodeId[] = []
      const key = parseNodeId(node)
      if (root === undefined || key === undefined || chain.length === 0) return []
      // A known document is recognised before its signature is verified.
      const known = framesOf(heldOf(node))
      if (known?.length === chain.length && known.every((one, i) => isSame(one, chain[i]))) return []
      const verdict = verifyChain(chain, { root, at: now, isRevoked, key })
      if (!verdict.ok) {
        faults.set(
          node,
          verdict.fault === 'revoked' && verdict.index === 0 ? 'issuer_revoked' : verdict.fault,
        )
        return []
      }
      for (const bytes of chain) changed.push(...certificate(bytes, now).changed)
      return changed
    },

    word(node: NodeId, now: number): CertifiedWord | undefined {
      const binding = bindingAt(node, now)
      return binding && { binding, level: levelAt(now), stale: isStale(now) }
    },
    revoked: (node: NodeId) => revoked(node),
    /**
     * Why the certificates that the node showed last were refused. `expired` also where it showed none, is no issuer, and the
     * certificate of it that is here has ended.
     */
    fault(node: NodeId, now: number) {
      const ends = leaves.peek(node)?.body.not_after ?? now + 1
      const fault = faults.peek(node) ?? (ends > now ? undefined : 'expired')
      return fault === 'issuer_revoked' ? 'revoked' : fault
    },
    /** The valid certificates of a node at `now`, from the one of the root on; undefined if there are none. */
    chainOf: (node: NodeId, now: number) =>
      bindingAt(node, now) === undefined ? undefined : framesOf(heldOf(node)),
    /** The root, or an issuer that it certified: the authors of certificates and lists. */
    isAuthority: lists.isAuthority,
    /**
     * Whether documents of an author are stored; with `version`, whether a document of its present edition is: for a
     * revoked issuer it is not.
     */
    wants: (author: NodeId, version?: number) =>
      lists.isAuthority(author) && (version === undefined || !lists.isRevokedIssuer(author)),
    /** The keys that issuers have revoked, from their lists on this node; `at`: ms since the epoch. */
    revokedByIssuers: () =>
      [...lists.all()]
        .filter(([author]) => author !== rootId)
        .flatMap(([issuer, { revoked: keys }]) =>
          [...keys].map(([node_id, at]) => ({ issuer, node_id, at })),
        ),
    /** Every node with a certificate that holds at `now` and was not revoked. */
    certified: (now: number) => nodes().flatMap((node) => bindingAt(node, now) ?? []),
    /** The certificate of a node, if it ended after that moment or has not ended, and nothing but time is against it. */
    since: bindingAt,
    /** Nodes with such a certificate, and those whose certificate is here and that were revoked. */
    told: (after: number) => nodes().filter((node) => revoked(node) ?? bindingAt(node, after)),
    /** Every certificate, of people too, and every list that counts here or is kept to explain who does not. */
    frames: () => [
      ...[...issuers, ...leaves, ...people].map(([, { bytes }]) => ({
        kind: 'certificate' as const,
        frame: bytes,
      })),
      ...[...lists.all()].map(([, { frame }]) => ({ kind: 'revocation_list' as const, frame })),
    ],
    /**
     * Why the certificate of a node is not valid at `now`; undefined if it is valid, or if there is none. Of a machine whose issuer has ended
     * too no certificate is kept, but it is remembered that what it showed had ended.
     */
    whyNot(node: NodeId, now: number): WhyNot | undefined {
      const held = heldOf(node)
      if (held === undefined) {
        const fault = faults.peek(node)
        return fault === 'clock' ? 'early' : fault === 'expired' ? 'ended' : undefined
      }
      if (bindingAt(node, now) !== undefined) return undefined
      if (revoked(node) !== undefined) return 'revoked'
      if (revoked(held.by) !== undefined) return 'issuer_revoked'
      if (issuers.has(node)) return 'issuer_ended'
      return isGranted({ issuer: held.by, ...held.body }) ? 'ended' : 'not_granted'
    },
    /**
     * The content of the newest certificate of a node, even if it has ended; undefined if there is none, or its issuer
     * was revoked.
     */
    lastTerms: (node: NodeId) => (leaves.has(node) ? lastOf(node) : undefined),
    /** The root revoked who signed the certificate that the node showed last, or has here. */
    isVoid(node: NodeId) {
      const author = heldOf(node)?.by
      return (
        faults.peek(node) === 'issuer_revoked' || (author !== undefined && revoked(author)?.by === rootId)
      )
    },
    /** Nodes whose newest certificate here that issuer signed, whether it holds or not. */
    certifiedBy,
    /** Keys that an author has revoked, and the number of its list; undefined when it made none. */
    listOf: lists.of,
    /**
     * When the newest list was signed by an author who may revoke at `now`, or when this node joined if that is later; ms
     * since the epoch.
     */
    lists: (now: number) => ({
      newest: newest(now),
      listed: new Set([...lists.all()].flatMap(([, { revoked: keys }]) => [...keys.keys()])).size,
    }),
  }
}

// A map of bounded size that is shared fairly: when it is full, the owner of the most entries loses the one set longest ago.

/** `ownerOf`: whose share an entry counts in. A look costs the same at any size, a `set` beyond the bound as much as entries. */
export function createShares<K, V, Owner>(most: number, ownerOf: (value: V) => Owner) {
  const owners = new Map<K, Owner>()
  const shares = new Map<Owner, Map<K, V>>()

  const peek = (key: K): V | undefined => {
    const owner = owners.get(key)
    return owner === undefined ? undefined : shares.get(owner)?.get(key)
  }

  function remove(key: K): boolean {
    const owner = owners.get(key)
    if (owner === undefined) return false
    const share = shares.get(owner)
    share?.delete(key)
    if (share?.size === 0) shares.delete(owner)
    return owners.delete(key)
  }

  return {
    peek,
    has: (key: K) => owners.has(key),
    /** `givesWay`: what loses its place before the one set longest ago. */
    set(key: K, value: V, givesWay: (value: V) => boolean = () => false) {
      remove(key)
      const owner = ownerOf(value)
      const share = shares.get(owner) ?? new Map<K, V>()
      share.set(key, value)
      shares.set(owner, share)
      owners.set(key, owner)
      if (owners.size <= most) return
      let largest = share
      for (const one of shares.values()) if (one.size > largest.size) largest = one
      const [oldest] = largest.keys()
      remove([...owners.keys()].find((one) => givesWay(peek(one)!)) ?? oldest!)
    },
    delete: remove,
    clear() {
      owners.clear()
      shares.clear()
    },
    *[Symbol.iterator]() {
      for (const share of shares.values()) yield* share
    },
  }
}
