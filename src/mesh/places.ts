// Where a node may be dialed now: where its key was proven, and where it is only said to be as often as caution allows.
import type { NodeId } from '../../protocols/node-id.ts'
import { createRecent } from '../base/recent.ts'
import { parseEndpoint } from './admission/endpoint.ts'
import { type Caution, PORT_MIN } from './caution.ts'
import type { Book } from './discovery/book.ts'

export interface Places extends Pick<Book, 'addresses' | 'failed'> {
  /** Whether a stranger may be met now. Counts when it says yes, and settles at which address. */
  mayMeet(node: NodeId): boolean
  /** Of a member: it is said to be somewhere that may be dialed, only not as soon as this. */
  isHeld(node: NodeId): boolean
}

/** Strangers waiting to be met are at most 64. */
const MEETINGS_REMEMBERED = 256

export interface PlacesDeps {
  readonly book: Pick<Book, 'addresses' | 'failed' | 'isProven'>
  readonly caution: Caution
  readonly admits: (node: NodeId) => boolean
}

export function createPlaces({ book, caution, admits }: PlacesDeps): Places {
  /** The one address of each stranger that caution was asked for: another may have been said since. */
  const meetings = createRecent<NodeId, string>(MEETINGS_REMEMBERED)

  const allows = (node: NodeId, address: string): boolean => {
    if (book.isProven(node, address)) return true
    if (!admits(node)) return meetings.get(node) === address
    const endpoint = parseEndpoint(address)
    return endpoint !== undefined && caution.member(endpoint)
  }

  return {
    addresses: (node) => book.addresses(node).filter((address) => allows(node, address)),
    failed: book.failed,
    isHeld: (node) =>
      admits(node) && book.addresses(node).some((address) => (parseEndpoint(address)?.port ?? 0) >= PORT_MIN),
    mayMeet(node) {
      for (const address of book.addresses(node)) {
        const endpoint = parseEndpoint(address)
        if (endpoint === undefined || !caution.stranger(endpoint)) continue
        meetings.set(node, address)
        return true
      }
      return false
    },
  }
}
