// Which members keep a sealed document for others: highest random weight (Thaler and Ravishankar, 1998), so that everyone
// who knows the same members names the same ones, and a member that comes or goes moves only its own share.
import { type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import { blake3 } from '../../base/hash.ts'
import { createRecent } from '../../base/recent.ts'
import type { DocumentKind } from './kinds.ts'

/** Members that relay one document. */
const HOLDERS = 3

/** A member's, or a document's, place in the draw: two 32-bit words of a BLAKE3. */
export interface Ticket {
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

export interface Candidate {
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
