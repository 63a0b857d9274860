// This node's view of the members: whose documents it keeps, and which member relays which document.
import { type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import { blake3 } from '../../base/hash.ts'
import { createRecent } from '../../base/recent.ts'
import { isMissing, type Trust } from '../../trust/peers/index.ts'
import type { DocumentKind } from './kinds.ts'
import { nameOf } from './read.ts'
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

export type MembersView = ReturnType<typeof createMembersView>

export function createMembersView(
  trust: Pick<Trust, 'members' | 'member' | 'admits' | 'refuses' | 'keysOf'>,
  self: NodeId,
  clock: Clock,
  ports: DocumentPorts,
) {
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
  /** Through which admitted member the node is known (without one, itself); undefined: it is admitted here. */
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
    /** Other members that were there a moment ago, as far as this node knows. */
    present() {
      refresh()
      return nodes
    },
    /** Those of them that are admitted here. */
    admitted() {
      refresh()
      return nodes.filter(trust.admits)
    },
    /**
     * False for strangers and for nodes that are refused here: anybody can make keys, so their documents are not kept. Of a
     * kind with a port the port says so: a root is no member, and what it signed has to be there all the same. `version`: of
     * one that would be taken.
     */
    keepsFrom(author: NodeId, kind: string, version?: number) {
      const port = ports[kind as DocumentKind]
      if (port !== undefined) return port.wanted(author, version)
      return !trust.refuses(author) && (trust.admits(author) || trust.member(author) !== undefined)
    },
    sponsorOf,
    /** Every key of a member, that one among them. */
    keysOf: trust.keysOf,
    /**
     * When a member went away that came back some minutes ago or comes back now; monotonic ms, -Infinity for one that was never
     * here. Undefined for one that was here all along.
     */
    awaySince(node: NodeId) {
      refresh()
      if (!candidates.has(node)) return goneAt(node)
      const last = back.peek(node)
      return last !== undefined && clock.monotonic() - last.at < BACK_MS ? last.since : undefined
    },
    /** Present members, this node among them, that relay this document. */
    holders(author: NodeId, publicKey: Uint8Array, kind: DocumentKind, slot: string) {
      refresh()
      return drawn.getOrInsert(nameOf({ author, kind, slot }), () =>
        holdersOf(documentTicket(publicKey, kind, slot), author, all),
      )
    },
  }
}

// Which members keep a sealed document for others: highest random weight (Thaler and Ravishankar, 1998), so that everyone
// who knows the same members names the same ones, and a member that comes or goes moves only its own share.

/** Members that relay one document. */
const HOLDERS = 3

/** A member's, or a document's, place in the draw: two 32-bit words of a BLAKE3. */
interface Ticket {
  readonly high: number
  readonly low: number
}

function ticketOf(parts: readonly (Uint8Array | string)[]): Ticket {
  const hash = blake3(parts, 8)
  const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength)
  return { high: view.getUint32(0), low: view.getUint32(4) }
}

export const documentTicket = (author: Uint8Array, kind: DocumentKind, slot: string): Ticket =>
  ticketOf([author, kind, '\0', slot])

/**
 * Both sides are hashed once and mixed cheaply: hashing every pair would cost milliseconds among a thousand members, and
 * heads arrive by the dozen each second.
 */
function weightOf(document: Ticket, member: Ticket): number {
  return mix(document.high ^ member.high) * 0x20_0000 + (mix(document.low ^ member.low) >>> 11)
}

/** The finaliser of MurmurHash3 (Appleby): every bit of the input changes half of the output's. */
function mix(word: number): number {
  let h = word ^ (word >>> 16)
  h = Math.imul(h, 0x85eb_ca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2_ae35)
  return (h ^ (h >>> 16)) >>> 0
}

interface Candidate {
  readonly node: NodeId
  readonly ticket: Ticket
  /** The member itself, or the one that speaks for it. A group has one holder, as long as other groups are left. */
  readonly group: NodeId
}

/**
 * The first `HOLDERS` of `members`, without `author`, the heaviest first. However many nodes somebody makes up, they are
 * one of the holders at most.
 */
export function holdersOf(
  document: Ticket,
  author: NodeId,
  members: readonly Candidate[],
): readonly NodeId[] {
  const best: Drawn[] = []
  /** Members left out because their group has a holder already; they fill the places that are left. */
  const spare: Drawn[] = []
  for (const { node, ticket, group } of members) {
    if (node === author) continue
    const weight = weightOf(document, ticket)
    // Once all places are taken nobody is spare, so that most members are done with here.
    if (best.length === HOLDERS && weight <= (best[HOLDERS - 1] as Drawn).weight) continue
    const fellow = best.findIndex((one) => one.group === group)
    if (fellow >= 0 && (best[fellow] as Drawn).weight >= weight) {
      insert(spare, { node, weight, group })
      continue
    }
    if (fellow >= 0) insert(spare, ...(best.splice(fellow, 1) as [Drawn]))
    insert(best, { node, weight, group })
  }
  return [...best, ...spare].slice(0, HOLDERS).map(({ node }) => node)
}

interface Drawn {
  readonly node: NodeId
  readonly weight: number
  readonly group: NodeId
}

/** Keeps the heaviest, in order. */
function insert(drawn: Drawn[], one: Drawn): void {
  const at = drawn.findIndex(({ weight }) => weight < one.weight)
  drawn.splice(at < 0 ? drawn.length : at, 0, one)
  if (drawn.length > HOLDERS) drawn.pop()
}

/** Tickets follow from the names alone, so a member that left and came back is not hashed again. */
const CANDIDATES_MAX = 8_192
const candidates = createRecent<NodeId, Candidate>(CANDIDATES_MAX)

/** `node` has to be a canonical id. */
export function candidate(node: NodeId, group = node): Candidate {
  const alone = candidates.getOrInsert(node, () => {
    const key = parseNodeId(node)
    if (key === undefined) throw new RangeError(`${node} is no node id`)
    return { node, ticket: ticketOf([key]), group: node }
  })
  return group === node ? alone : { ...alone, group }
}
