// Which keys were revoked, by the lists of the root and of its issuers: what a list once named stays revoked.
import { REVOKED_MAX, RevocationList } from '../../../protocols/messages/certificate.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { isFuture, statementIn } from '../identity/index.ts'
import type { List, Revoked } from './types.ts'

export interface ListsDeps {
  /** 32 bytes; undefined: this node belongs to no mesh. */
  readonly mesh: () => Uint8Array | undefined
  readonly isRoot: (node: NodeId) => boolean
  readonly isIssuer: (node: NodeId) => boolean
  /** As its last certificate says; empty when that is not here. */
  readonly nameOf: (node: NodeId) => string
}

/** How many keys of one author are kept, from all its lists. Only the thief of an issuer names more than fill two lists. */
const KEPT_MAX = 2 * REVOKED_MAX

/** The lists of one mesh, by author. */
export function createLists({ mesh, isRoot, isIssuer, nameOf }: ListsDeps) {
  const lists = new Map<NodeId, List>()

  /** `asIssuer`: a certificate says that the key is an issuer's, also where that is not known here yet. */
  function revoked(node: NodeId, asIssuer = false): Revoked | undefined {
    // Nobody revokes the root, an issuer least of all: its lists have to count whatever others sign.
    if (isRoot(node)) return undefined
    let found: Omit<Revoked, 'name'> | undefined
    // Only the root decides about issuers, those among them whose certificate is shown for the first time.
    const byRootAlone = asIssuer || isIssuer(node)
    for (const [by, { revoked: keys }] of lists) {
      const at = keys.get(node)
      if (at === undefined || (byRootAlone && !isRoot(by))) continue
      if (found === undefined || at < found.at) found = { at, by }
    }
    return found && { ...found, name: nameOf(node) }
  }
  const isAuthority = (author: NodeId): boolean => isRoot(author) || isIssuer(author)
  const isRevokedIssuer = (author: NodeId): boolean => isIssuer(author) && revoked(author) !== undefined

  return {
    revoked,
    isAuthority,
    isRevokedIssuer,
    /** The keys that this list revokes and that its author had not revoked before; undefined: it changes nothing. As `Roll.list`. */
    take(bytes: Uint8Array, now: number, isKept = false): readonly NodeId[] {
      const own = mesh()
      const said = own && statementIn(RevocationList, bytes, own)
      if (said === undefined) return []
      const { by: author, body } = said
      const keys = body.revoked.map(({ key, at }) => [formatNodeId(key), at] as const)
      // A list that was kept here counted before the root's word came, and what it revoked stays revoked. A new list of a
      // revoked issuer says nothing, whatever its date: its thief writes the date, and the root's list names what the issuer revoked.
      const isRefused = !isKept && (isRevokedIssuer(author) || isFuture(body.version, now))
      if (isRefused || !isAuthority(author)) return []
      const before = lists.get(author)
      const was = before?.revoked ?? new Map<NodeId, number>()
      const added = keys.filter(([node]) => !was.has(node)).slice(0, KEPT_MAX - was.size)
      const since = before === undefined || isFuture(before.version, now) ? -1 : before.version
      const isNewer = body.version > since && body.number > (before?.number ?? -1)
      if (!isNewer && added.length === 0) return []
      const { number, version, frame } =
        isNewer || before === undefined
          ? { number: body.number, version: body.version, frame: bytes }
          : before
      lists.set(author, { number, version, frame, revoked: new Map([...was, ...added]) })
      return added.map(([node]) => node)
    },
    of: (author: NodeId): List | undefined => lists.get(author),
    all: (): Iterable<readonly [NodeId, List]> => lists,
    clear: () => lists.clear(),
  }
}
