// Where a node may be dialed now: where its key was proven, and where it is only said to be as often as caution allows. Pure.
import type { NodeId } from '../../../protocols/node-id.ts'
import { createRecent } from '../../base/recent.ts'
import { formatEndpoint, parseEndpoint, parseEndpoints } from '../admission/endpoint.ts'
import type { Book } from './book.ts'
import { type Caution, PORT_MIN } from './caution.ts'

export type Places = ReturnType<typeof createPlaces>

/** Strangers waiting to be met are at most 64. */
const MEETINGS_REMEMBERED = 256

export interface PlacesDeps {
  readonly book: Pick<Book, 'addresses' | 'isProven'>
  readonly caution: Pick<Caution, 'member' | 'stranger'>
  readonly admits: (node: NodeId) => boolean
  /** Whether this node itself listens there. */
  readonly isHere: (address: string) => boolean
}

export function createPlaces({ book, caution, admits, isHere }: PlacesDeps) {
  /** The one address of each stranger that caution was asked for: another may have been said since. */
  const meetings = createRecent<NodeId, string>(MEETINGS_REMEMBERED)

  const others = (node: NodeId): readonly string[] =>
    book.addresses(node).filter((address) => !isHere(address))

  const toDial = (node: NodeId): readonly string[] => {
    const addresses = others(node)
    const isProven = (address: string): boolean => book.isProven(node, address)
    if (!admits(node)) return addresses.filter((one) => isProven(one) || meetings.get(node) === one)
    const unproven = parseEndpoints(addresses.filter((address) => !isProven(address)))
    const allowed = new Set(caution.member(unproven).map(formatEndpoint))
    return addresses.filter((address) => isProven(address) || allowed.has(address))
  }

  return {
    /** The addresses that one dial may try now, in order. Counts them against the rates. */
    toDial,
    /** True for a member with an address that may be dialed later, but not yet. */
    isHeld: (node: NodeId) =>
      admits(node) && others(node).some((one) => (parseEndpoint(one)?.port ?? 0) >= PORT_MIN),
    /** Whether a stranger may be met now. Counts when it says yes, and settles at which address. */
    mayMeet(node: NodeId) {
      for (const address of others(node)) {
        const endpoint = parseEndpoint(address)
        if (endpoint === undefined || !caution.stranger(endpoint)) continue
        meetings.set(node, address)
        return true
      }
      return false
    },
  }
}
