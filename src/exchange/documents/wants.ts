// Judges by heads alone which documents this node wants: in which role it would keep one, or why it has to see it.
import type { NodeId } from '../../../protocols/node-id.ts'
import { createRecent } from '../../base/recent.ts'
import { createHints, type Hints, isFuture, namesOne } from '../../trust/identity/index.ts'
import { type Entry, type Role, tagOf } from './catalog.ts'
import type { DocumentsParts } from './deps.ts'
import { type DocumentKind, isGoingOn, KINDS, RELAYED_MS } from './kinds.ts'
import { type Edition, editionOf, isKind, type Wanted } from './read.ts'

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

type Want = Role | 'proof' | 'witness' | 'shown'

export interface WantsDeps extends DocumentsParts {
  /** True when the author is known to have signed two documents of that version. */
  readonly isProven: (held: Entry) => boolean
}

export type Wants = ReturnType<typeof createWants>

export function createWants(deps: WantsDeps) {
  const { self, identity, catalog, members, carrier, witness, clock, ports, isProven } = deps
  /** When it may be fetched again (monotonic, ms). */
  const refused = createRecent<string, number>(REFUSED_MAX)

  const own = [identity, ...identity.former].map(({ agree }) => recalling(createHints(agree)))
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
    const entries = members.keysOf(author).map((key) => catalog.get(key, kind, slot))
    return entries.find((entry) => entry !== undefined)
  }

  /**
   * As what this node would keep a document of that head; undefined: it does not want it, or has it. `own`: one of its own
   * that it lost, of a final kind. `proof`: it has another one of that version, and wants to see whether its author signed both.
   * `witness`: a head of its own ledger that it does not have itself. `shown`: a document of its own that it does not have, of a
   * kind that has to go on from what it said.
   */
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
      return twin && !isProven(held) ? 'proof' : undefined
    }
    if (isRefused(head)) return undefined
    if (KINDS[kind].audience === 'all' || isRecipient(head)) return 'received'
    const relays = (): boolean =>
      version + RELAYED_MS > now &&
      (carrier.carries(head) || members.holders(author, publicKey, kind, slot).includes(self))
    // An edition that is not for this node any more still replaces the older edition that was.
    const before = held ?? heldBefore(author, kind, slot)
    if (before?.role === 'received' || before?.role === 'withdrawn') return 'withdrawn'
    return held !== undefined || relays() ? 'relayed' : undefined
  }

  return {
    wants,
    /** There was no room for that edition, or it was looked at: it is not wanted for an hour. */
    refuse: (edition: Edition) => refused.set(editionOf(edition), clock.monotonic() + REFUSED_MS),
    /** There is room again. */
    forget: () => refused.clear(),
  }
}
