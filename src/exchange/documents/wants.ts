// Judges by heads alone which documents this node wants: in which role it would keep one, or why it has to see it.
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import { createRecent } from '../../base/recent.ts'
import { type Hints, isFuture, namesOne } from '../../trust/identity/index.ts'
import { type Catalog, type Entry, type Role, tagOf } from './catalog.ts'
import { type DocumentKind, isGoingOn, KINDS, RELAYED_MS } from './kinds.ts'
import type { MembersView } from './members.ts'
import { type Edition, editionOf, isKind } from './read.ts'
import type { DocumentPorts } from './types.ts'
import type { Witness } from './witness.ts'

/** Editions for which there was no room are not fetched again for this long. */
const REFUSED_MS = 3_600_000
const REFUSED_MAX = 8_192
/** Hints of this node that are remembered, by what they are bound to: each neighbour offers the same heads again. */
const RECALLED_MAX = 2_048

/** As `hints`, of documents that others wrote. */
function recalling(hints: Hints): Hints {
  const known = createRecent<string, Uint8Array | undefined>(RECALLED_MAX)
  return (peer, context) =>
    known.getOrInsert(`${Buffer.from(peer).toString('latin1')} ${context.version} ${context.slot}`, () =>
      hints(peer, context),
    )
}

/** The facts about a document before it is here. */
export interface Wanted {
  readonly author: NodeId
  readonly publicKey: Uint8Array
  readonly kind: string
  readonly slot: string
  readonly version: number
  readonly digest: Uint8Array
  readonly hints: Uint8Array
}

type Want = Role | 'proof' | 'witness' | 'shown'

export interface Wants {
  /**
   * As what this node would keep a document of that head; undefined: it does not want it, or has it. `own`: one of its own
   * that it lost, of a final kind. `proof`: it has
   * another one of that version, and wants to see whether its author signed both. `witness`: a head of its own ledger
   * that it does not have itself. `shown`: a document of its own that it does not have, of a kind that has to go on from
   * what it said.
   */
  wants(head: Wanted): Want | undefined
  /** There was no room for that edition, or it was looked at: it is not wanted for an hour. */
  refuse(edition: Edition): void
  /** There is room again. */
  forget(): void
}

export interface WantsDeps {
  readonly self: NodeId
  readonly catalog: Pick<Catalog, 'get'>
  readonly members: Pick<MembersView, 'keepsFrom' | 'holders'> & Partial<Pick<MembersView, 'keysOf'>>
  readonly hints: Hints
  /** Of the keys that this node had before. */
  readonly formerHints?: readonly Hints[]
  readonly clock: Clock
  readonly witness: Pick<Witness, 'wants'>
  readonly ports?: DocumentPorts
  /** True when the author is known to have signed two documents of that version. */
  readonly isProven: (held: Entry) => boolean
  /** Whether a neighbour that cannot get this edition asked this node for it. */
  readonly carries: (edition: Edition) => boolean
}

export function createWants(deps: WantsDeps): Wants {
  const { self, catalog, members, witness, clock, ports = {}, formerHints: former = [] } = deps
  /** When it may be fetched again (monotonic, ms). */
  const refused = createRecent<string, number>(REFUSED_MAX)

  const own = [deps.hints, ...former].map(recalling)
  const isRecipient = (head: Wanted): boolean => namesOne(own, head.publicKey, head)

  /** A head of this node's own ledger that is newer than the ledger: the ledger here was set back, by a restore for example. */
  function isNewerThanOwn(head: Wanted): boolean {
    const held = catalog.get(self, 'audit_head', head.slot)
    return (held === undefined || head.version > held.version) && witness.wants(head)
  }

  const isRefused = (edition: Edition): boolean => (refused.get(editionOf(edition)) ?? 0) > clock.monotonic()

  /** Of the node's own: the version says nothing, since a node that lost its list may have begun another one. */
  function ofOwn(head: Wanted, kind: DocumentKind): Want | undefined {
    if (kind === 'audit_head') return isNewerThanOwn(head) ? 'witness' : undefined
    if (isRefused(head)) return undefined
    if (KINDS[kind].final === true)
      return catalog.get(self, kind, head.slot) === undefined ? 'own' : undefined
    if (!isGoingOn(ports, kind)) return undefined
    return catalog.get(self, kind, head.slot)?.tag === tagOf(head.digest) ? undefined : 'shown'
  }

  /** The edition of that slot which the author signed with a key that it had before. */
  function heldBefore(author: NodeId, kind: DocumentKind, slot: string): Entry | undefined {
    const entries = members.keysOf?.(author).map((key) => catalog.get(key, kind, slot)) ?? []
    return entries.find((entry) => entry !== undefined)
  }

  function wants(head: Wanted): Want | undefined {
    const { author, publicKey, kind, slot, version } = head
    const now = clock.now()
    if (!isKind(kind) || isFuture(version, now)) return undefined
    if (author === self) return ofOwn(head, kind)
    if (!members.keepsFrom(author, kind, version)) return undefined
    const held = catalog.get(author, kind, slot)
    // An edition that a wrong clock signed keeps no other one away.
    if (held !== undefined && held.version >= version && !isFuture(held.version, now)) {
      const twin = held.version === version && held.tag !== tagOf(head.digest)
      return twin && !deps.isProven(held) ? 'proof' : undefined
    }
    if (isRefused(head)) return undefined
    if (KINDS[kind].audience === 'all' || isRecipient(head)) return 'received'
    const relays = (): boolean =>
      version + RELAYED_MS > now &&
      (deps.carries(head) || members.holders(author, publicKey, kind, slot).includes(self))
    // An edition that is not for this node any more still replaces the older edition that was.
    const before = held ?? heldBefore(author, kind, slot)
    if (before?.role === 'received' || before?.role === 'withdrawn') return 'withdrawn'
    return held !== undefined || relays() ? 'relayed' : undefined
  }

  return {
    wants,
    refuse: (edition) => refused.set(editionOf(edition), clock.monotonic() + REFUSED_MS),
    forget: () => refused.clear(),
  }
}

export const wantedOf = (head: {
  readonly author: Uint8Array
  readonly kind: string
  readonly slot: string
  readonly version: number
  readonly digest: Uint8Array
  readonly hints: Uint8Array
}): Wanted => ({ ...head, author: formatNodeId(head.author), publicKey: head.author })
