// Which members keep a sealed document for others: highest random weight (Thaler and Ravishankar, 1998), so that everyone
// who knows the same members names the same ones, and a member that comes or goes moves only its own share.
import { type NodeId, parseNodeId } from '../../protocols/node-id.ts'
import { blake3 } from '../base/hash.ts'
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
}

/** The first `HOLDERS` of `members`, without `author`, the heaviest first. */
export function holdersOf(
  document: Ticket,
  author: NodeId,
  members: readonly Candidate[],
  count = HOLDERS,
): readonly NodeId[] {
  const best: { node: NodeId; weight: number }[] = []
  for (const { node, ticket } of members) {
    if (node === author) continue
    const weight = weightOf(document, ticket)
    if (best.length === count && weight <= (best[count - 1]?.weight ?? 0)) continue
    const at = best.findIndex((one) => one.weight < weight)
    best.splice(at < 0 ? best.length : at, 0, { node, weight })
    if (best.length > count) best.pop()
  }
  return best.map(({ node }) => node)
}

/** `node` has to be a canonical id. */
export function candidate(node: NodeId): Candidate {
  const key = parseNodeId(node)
  if (key === undefined) throw new RangeError(`${node} is no node id`)
  return { node, ticket: ticketOf([key]) }
}
