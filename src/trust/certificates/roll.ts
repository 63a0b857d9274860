// The certified and revoked keys, from the documents that this node has: state in memory, fed with frames, without a
// clock.
import { CLOCK_WINDOW_MS } from '../../../protocols/frame.ts'
import { type CertificateBody, RevocationList } from '../../../protocols/messages/certificate.ts'
import { formatNodeId, type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import { DAY_MS } from '../../base/calendar.ts'
import { toHex } from '../../base/hex.ts'
import { createRecent } from '../../base/recent.ts'
import { areGranted, rolesThatCount } from '../../base/words/roles.ts'
import { statementIn } from '../identity/index.ts'
import { createOperatorRoll } from './operators/operator-roll.ts'
import type { List, Revoked, Roll } from './roll-types.ts'
import { createShares } from './shares.ts'
import type { Binding, Usage } from './types.ts'
import { type ChainFault, readCertificate, type TrustedRoot, verifyChain } from './verify.ts'

/** Certified nodes that are remembered; as many as a node has members at most. */
const CERTIFIED_MAX = 4_096
/** Issuers of one mesh, those among them that ended or were revoked: only the root makes them. */
const ISSUERS_MAX = 256
/** Without a revocation list for so long a node cannot know who was revoked. */
const LIST_LASTS_MS = 7 * DAY_MS
/** Nodes of which it is remembered why their certificates were refused. */
const FAULTS_MAX = 256

interface Held {
  readonly bytes: Uint8Array
  readonly author: NodeId
  readonly body: CertificateBody
}

export function createRoll(): Roll {
  let root: TrustedRoot | undefined
  let rootId: NodeId | undefined
  let since = 0
  const issuers = new Map<NodeId, Held>()
  /** Of each issuer its share: the thief of one pushes out nobody whom another one certified. */
  const leaves = createShares<NodeId, Held, NodeId>(CERTIFIED_MAX, ({ author }) => author)
  const lists = new Map<NodeId, List>()
  const faults = createRecent<NodeId, ChainFault | 'issuer_revoked'>(FAULTS_MAX)

  const operators = createOperatorRoll({
    root: () => root,
    isStale: (now) => isStale(now),
    isRevoked: (key, usage) => isRevoked(key, usage),
    issuerOf: (issuer) => (revoked(issuer) === undefined ? issuers.get(issuer)?.bytes : undefined),
    namedIssuerOf: (issuer) => issuers.get(issuer)?.body,
  })

  const heldOf = (node: NodeId): Held | undefined => issuers.get(node) ?? leaves.peek(node)

  function revoked(node: NodeId, usage?: Usage): Revoked | undefined {
    let found: Revoked | undefined
    // Nobody revokes the root, an issuer least of all: its lists have to count whatever others sign.
    if (node === rootId) return undefined
    // Only the root decides about issuers, those among them whose certificate is shown for the first time.
    const isIssuer = usage === 'issuer' || issuers.has(node)
    for (const [by, { revoked: keys }] of lists) {
      const at = keys.get(node)
      if (at === undefined || (by !== rootId && isIssuer)) continue
      if (found === undefined || at < found.at)
        found = { at, by, name: heldOf(node)?.body.name ?? operators.nameOf(node) ?? '' }
    }
    return found
  }
  const isRevoked = (key: Uint8Array, usage?: Usage): boolean =>
    revoked(formatNodeId(key), usage) !== undefined

  function framesOf({ bytes, author }: Held): readonly Uint8Array[] | undefined {
    if (author === rootId) return [bytes]
    const issuer = issuers.get(author)
    return issuer === undefined ? undefined : [issuer.bytes, bytes]
  }

  function verdictOf(held: Held, now: number) {
    const chain = framesOf(held)
    return root === undefined || chain === undefined
      ? undefined
      : verifyChain(chain, { root, at: now, isRevoked, key: held.body.key })
  }

  /** Signatures were checked when it came; of the rest only time and lists change. */
  function bindingAt(node: NodeId, now: number): Binding | undefined {
    const held = heldOf(node)
    if (held === undefined || revoked(node) !== undefined) return undefined
    const issuer = held.author === rootId ? undefined : issuers.get(held.author)
    if (held.author !== rootId && (issuer === undefined || revoked(held.author) !== undefined))
      return undefined
    // The issuer may have a new certificate with fewer grants.
    if (issuer !== undefined && !areGranted(held.body.roles, issuer.body.grants)) return undefined
    const ends = Math.min(held.body.not_after, issuer?.body.not_after ?? held.body.not_after)
    if (ends <= now) return undefined
    const { body } = held
    return {
      usage: issuer === undefined ? 'issuer' : 'node',
      node_id: node,
      key: body.key,
      member_id: toHex(body.member),
      name: body.name,
      roles: rolesThatCount(body.roles),
      teams: body.teams,
      owner: body.owner,
      grants: body.grants,
      issuer: held.author,
      issued_at: body.version,
      not_before: body.not_before,
      not_after: ends,
    }
  }

  /** A revoked issuer's statement about a key does not block statements of others. */
  function isNode(node: NodeId): boolean {
    const author = heldOf(node)?.author
    return author !== undefined && revoked(author) === undefined
  }

  /**
   * A place for one issuer more: that of one whose certificates count for nothing any more, and that revoked nobody. One
   * that did is kept with its list, because what it revoked stays so.
   */
  function hasPlace(now: number): boolean {
    if (issuers.size < ISSUERS_MAX) return true
    const over = [...issuers.keys()].find(
      (node) => bindingAt(node, now) === undefined && (lists.get(node)?.revoked.size ?? 0) === 0,
    )
    return over !== undefined && issuers.delete(over)
  }

  const isRevokedIssuer = (node: NodeId): boolean => issuers.has(node) && revoked(node) !== undefined

  const certifiedBy = (issuer: NodeId): readonly NodeId[] =>
    [...leaves].filter(([, { author }]) => author === issuer).map(([node]) => node)

  /** Of authors that may revoke at that moment: the lists of an issuer that ended say nothing about today. */
  const newest = (now: number): number => {
    const fresh = [...lists].filter(
      ([author]) => author === rootId || bindingAt(author, now)?.usage === 'issuer',
    )
    return Math.max(since, ...fresh.map(([, { version }]) => version))
  }

  const isStale = (now: number): boolean => now > newest(now) + LIST_LASTS_MS

  const roll: Roll = {
    operators,
    trustRoot(next, joined) {
      if (root !== undefined && Buffer.compare(root.key, next.key) !== 0) {
        for (const map of [issuers, leaves, lists, faults, operators]) map.clear()
      }
      root = next
      rootId = formatNodeId(next.key)
      since = joined
    },
    root: () => root,

    certificate(bytes, now) {
      const said = readCertificate(bytes)
      if (typeof said === 'string') return { changed: [], fault: said }
      const held: Held = { bytes, author: said.by, body: said.body }
      const node = formatNodeId(held.body.key)
      if (held.body.usage === 'operator') {
        // A key is a node or a person, whichever it was first. Nobody has anything else to say about a node for that.
        const fault = isNode(node) ? 'wrong_usage' : operators.take(held, now)
        return fault === undefined ? { changed: [] } : { changed: [], fault }
      }
      const verdict = verdictOf(held, now)
      if (verdict === undefined) return { changed: [], fault: 'unknown_root' }
      if (operators.holds(node)) return { changed: [], fault: 'wrong_usage' }
      const before = heldOf(node)
      if (!verdict.ok) {
        // A revoked key keeps its certificate here, so that people can be told whose it was; it replaces none.
        const named = verdict.fault === 'revoked' && before === undefined
        // A key stays revoked after the certificate of the issuer that revoked it has ended.
        const ended = verdict.fault === 'expired' && held.author === rootId
        if (!named && !ended) return { changed: [], fault: verdict.fault }
      }
      const isVoid = before !== undefined && verdict.ok && revoked(before.author) !== undefined
      if (before !== undefined && !isVoid && before.body.version >= held.body.version) return { changed: [] }
      if (held.author === rootId) {
        if (!issuers.has(node) && !hasPlace(now)) return { changed: [] }
        issuers.set(node, held)
        leaves.delete(node)
        return { changed: [node, ...certifiedBy(node)] }
      }
      if (issuers.has(node)) return { changed: [] }
      leaves.set(node, held)
      faults.delete(node)
      return { changed: [node], ...(verdict.ok ? {} : { fault: verdict.fault }) }
    },

    list(bytes, now, from) {
      const said = root && statementIn(RevocationList, bytes, root.mesh)
      if (said === undefined) return []
      const author = said.by
      const keys = said.body.revoked.map(({ key, at }) => [formatNodeId(key), at] as const)
      let list: List = { ...said.body, revoked: new Map(keys), frame: bytes }
      // A list that was kept here counted before the root's word came, and what it revoked stays revoked. A new list of
      // a revoked
      // issuer says nothing, whatever its date: its thief writes the date, and the root's list names what the issuer revoked.
      if (!roll.isAuthority(author) || (from !== 'kept' && isRevokedIssuer(author))) return []
      const isFuture = (version: number): boolean => version > now + CLOCK_WINDOW_MS
      if (isFuture(list.version)) {
        if (from !== 'kept') return []
        list = { ...list, version: 0 }
      }
      const before = lists.get(author)
      const was = before?.revoked ?? new Map<NodeId, number>()
      const added = [...list.revoked].filter(([node]) => !was.has(node))
      const since = before === undefined || isFuture(before.version) ? -1 : before.version
      const isNewer = list.version > since && list.number > (before?.number ?? -1)
      if (!isNewer && added.length === 0) return []
      const { number, version, frame } = isNewer || before === undefined ? list : before
      lists.set(author, { number, version, frame, revoked: new Map([...was, ...added]) })
      // The nodes that a revoked issuer certified have no certificate any more either.
      return added.flatMap(([node]) => [node, ...certifiedBy(node)])
    },

    chain(node, chain, now) {
      const changed: NodeId[] = []
      const key = parseNodeId(node)
      if (root === undefined || key === undefined || chain.length === 0) return []
      // A known document is recognised before its signature is verified.
      const held = heldOf(node)
      const known = held === undefined ? undefined : framesOf(held)
      if (known?.length === chain.length && known.every((one, i) => isSame(one, chain[i]))) return []
      const verdict = verifyChain(chain, { root, at: now, isRevoked, key })
      if (!verdict.ok) {
        faults.set(
          node,
          verdict.fault === 'revoked' && verdict.index === 0 ? 'issuer_revoked' : verdict.fault,
        )
        return []
      }
      for (const bytes of chain) changed.push(...roll.certificate(bytes, now).changed)
      return changed
    },

    word(node, now) {
      const binding = bindingAt(node, now)
      if (binding === undefined) return undefined
      const stale = isStale(now)
      return { binding, stale, level: stale ? 'untrusted' : 'peer' }
    },
    revoked: (node) => revoked(node),
    fault: (node) => {
      const fault = faults.peek(node)
      return fault === 'issuer_revoked' ? 'revoked' : fault
    },
    chainOf(node, now) {
      const held = heldOf(node)
      return held === undefined || bindingAt(node, now) === undefined ? undefined : framesOf(held)
    },
    isAuthority: (node) => node === rootId || issuers.has(node),
    wants: (author, version) =>
      roll.isAuthority(author) && (version === undefined || !isRevokedIssuer(author)),
    revokedByIssuers: () =>
      [...lists]
        .filter(([author]) => author !== rootId)
        .flatMap(([issuer, { revoked: keys }]) =>
          [...keys].map(([node_id, at]) => ({ issuer, node_id, at })),
        ),
    certified: (now) =>
      [...issuers.keys(), ...[...leaves].map(([node]) => node)].flatMap((node) => bindingAt(node, now) ?? []),
    withdrawn: () =>
      [...issuers.keys(), ...[...leaves].map(([node]) => node)].filter((node) => revoked(node) !== undefined),
    frames: () => [
      ...[...issuers.values()].map(({ bytes }) => ({ kind: 'certificate' as const, frame: bytes })),
      ...[...lists.values()].map(({ frame }) => ({ kind: 'revocation_list' as const, frame })),
      ...[...leaves].map(([, { bytes }]) => ({ kind: 'certificate' as const, frame: bytes })),
    ],
    whyNot(node, now) {
      const held = heldOf(node)
      if (held === undefined || bindingAt(node, now) !== undefined) return undefined
      if (revoked(node) !== undefined) return 'revoked'
      if (revoked(held.author) !== undefined) return 'issuer_revoked'
      const grants = issuers.get(held.author)?.body.grants
      return grants === undefined || areGranted(held.body.roles, grants) ? 'ended' : 'not_granted'
    },
    lastTerms(node) {
      const last = leaves.peek(node)
      // Certificates of a revoked issuer may be by the thief of its key, so no new one may be based on them.
      if (last === undefined || revoked(last.author) !== undefined) return undefined
      const { name, roles, teams, owner, member, version } = last.body
      return {
        usage: 'node',
        name,
        roles: rolesThatCount(roles),
        teams,
        owner,
        member_id: toHex(member),
        issued_at: version,
      }
    },
    isVoid(node) {
      const author = heldOf(node)?.author
      return (
        faults.peek(node) === 'issuer_revoked' || (author !== undefined && revoked(author)?.by === rootId)
      )
    },
    certifiedBy,
    listOf: (author) => lists.get(author),
    lists: (now) => ({
      newest: newest(now),
      listed: new Set([...lists.values()].flatMap(({ revoked: keys }) => [...keys.keys()])).size,
    }),
  }
  return roll
}

const isSame = (a: Uint8Array, b: Uint8Array | undefined): boolean =>
  b !== undefined && Buffer.compare(a, b) === 0
