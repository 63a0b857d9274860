// This node's view of the members: whose documents it keeps, and which member relays which document.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import { createRecent } from '../../base/recent.ts'
import { isMissing, type Trust } from '../../trust/peers/index.ts'
import type { DocumentKind } from './kinds.ts'
import { nameOf } from './read.ts'
import { type Candidate, candidate, documentTicket, holdersOf } from './rendezvous.ts'
import type { DocumentPorts } from './types.ts'

/** The list is rebuilt at most this often, because every received head asks for it. */
const REFRESH_MS = 5_000
const DRAWN_MAX = 4_096
/** A member counts as just come back for so long: by then it has its links. */
const BACK_MS = 3 * 60_000
/** Members that went, and members that came back, which are remembered. */
const MOVED_MAX = 4_096

/** Kinds that only a root and its issuers sign. */
const AUTHORITY: readonly DocumentKind[] = ['certificate', 'revocation_list', 'policy_bundle']

export interface MembersView {
  /** Other members that were there a moment ago, as far as this node knows. */
  present(): readonly NodeId[]
  /** Those of them that are admitted here. */
  admitted(): readonly NodeId[]
  /**
   * False for strangers and for nodes that are refused here: anybody can make keys, so their documents are not kept. Of a
   * kind with a port the port says so: a root is no member, and what it signed has to be there all the same. `version`: of
   * one that would be taken.
   */
  keepsFrom(author: NodeId, kind: string, version?: number): boolean
  /** Through which admitted member the node is known (without one, itself); undefined: it is admitted here. */
  sponsorOf(node: NodeId): NodeId | undefined
  /** Every key of a member, that one among them. */
  keysOf(node: NodeId): readonly NodeId[]
  /**
   * When a member went away that came back some minutes ago or comes back now; monotonic ms, -Infinity for one that was never
   * here. Undefined for one that was here all along.
   */
  awaySince(node: NodeId): number | undefined
  /** Present members, this node among them, that relay this document. */
  holders(author: NodeId, publicKey: Uint8Array, kind: DocumentKind, slot: string): readonly NodeId[]
}

export function createMembersView(
  trust: Pick<Trust, 'members' | 'member' | 'admits' | 'refuses'> & Partial<Pick<Trust, 'keysOf'>>,
  self: NodeId,
  clock: Clock,
  ports: DocumentPorts = {},
): MembersView {
  const own = candidate(self)
  let candidates = new Map<NodeId, Candidate>()
  let nodes: readonly NodeId[] = []
  let all: readonly Candidate[] = [own]
  let madeAt = Number.NEGATIVE_INFINITY
  /** Holders among these members, by document: each neighbour offers the same heads again. */
  const drawn = createRecent<string, readonly NodeId[]>(DRAWN_MAX)

  /** When each member that went was heard last (monotonic, ms); and of each that came back, when that was besides. */
  const gone = createRecent<NodeId, number>(MOVED_MAX)
  const back = createRecent<NodeId, { readonly since: number; readonly at: number }>(MOVED_MAX)

  /** A port that wants rotations of every known node makes no authorities of them. */
  const isAuthority = (node: NodeId): boolean => AUTHORITY.some((kind) => ports[kind]?.wanted(node) === true)
  const sponsorOf = (node: NodeId): NodeId | undefined =>
    node === self || trust.admits(node) || isAuthority(node)
      ? undefined
      : (trust.member(node)?.sponsor ?? node)

  const goneAt = (node: NodeId): number => gone.peek(node) ?? Number.NEGATIVE_INFINITY

  function candidateOf(node: NodeId): Candidate {
    const group = sponsorOf(node) ?? node
    const before = candidates.get(node)
    if (before === undefined) return candidate(node, group)
    return before.group === group ? before : { ...before, group }
  }

  function refresh(): void {
    const now = clock.monotonic()
    if (now - madeAt < REFRESH_MS) return
    madeAt = now
    const wall = clock.now()
    const next = new Map<NodeId, Candidate>()
    for (const member of trust.members())
      if (!isMissing(member, wall) && member.node_id !== self)
        next.set(member.node_id, candidateOf(member.node_id))
    const isSame =
      next.size === candidates.size && [...next].every(([node, one]) => candidates.get(node) === one)
    if (isSame) return
    for (const node of candidates.keys()) {
      if (next.has(node)) continue
      const silent = wall - (trust.member(node)?.last_seen ?? wall)
      gone.set(node, now - Math.max(0, silent) - 2 * REFRESH_MS)
    }
    for (const node of next.keys())
      if (!candidates.has(node)) back.set(node, { since: goneAt(node), at: now })
    candidates = next
    nodes = [...next.keys()]
    all = [own, ...next.values()]
    drawn.clear()
  }

  return {
    present() {
      refresh()
      return nodes
    },
    admitted() {
      refresh()
      return nodes.filter(trust.admits)
    },
    keepsFrom(author, kind, version) {
      const port = ports[kind as DocumentKind]
      if (port !== undefined) return port.wanted(author, version)
      return !trust.refuses(author) && (trust.admits(author) || trust.member(author) !== undefined)
    },
    sponsorOf,
    keysOf: trust.keysOf ?? ((node) => [node]),
    awaySince(node) {
      refresh()
      if (!candidates.has(node)) return goneAt(node)
      const last = back.peek(node)
      return last !== undefined && clock.monotonic() - last.at < BACK_MS ? last.since : undefined
    },
    holders(author, publicKey, kind, slot) {
      refresh()
      return drawn.getOrInsert(nameOf({ author, kind, slot }), () =>
        holdersOf(documentTicket(publicKey, kind, slot), author, all),
      )
    },
  }
}
