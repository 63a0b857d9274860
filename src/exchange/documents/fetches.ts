// What neighbours fetched from this node: somebody may wait for that, before the node stops sending to them; and own documents that
// nobody fetched are announced again, once this node is no longer alone.
import type { DocumentHeadBody } from '../../../protocols/messages/sync.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Announcer } from './announcer.ts'
import { type Entry, keyOf } from './catalog.ts'
import type { DocumentsParts } from './deps.ts'
import { DOCUMENT_KINDS, KINDS, RELAYED_MS } from './kinds.ts'
import { type Edition, editionOf } from './read.ts'

/** Waits of each kind under way; more end at once. */
const WAITS_MAX = 16

/** After the first link came up: its neighbours are heard by then, and have had their turn to look. */
const AFTER_MS = 15_000
/** The newest; two messages or three, as after a restart it is not known who got what. */
const REMINDED_MAX = 64

/** Which of those that are waited for this is; undefined: none. */
type Awaited = (peer: NodeId, edition: Edition) => string | undefined
type Waits = Set<{ readonly awaited: Awaited; readonly left: Set<string>; readonly done: () => void }>

interface FetchesDeps extends DocumentsParts {
  readonly announce: Announcer['remind']
}

export function createFetches({
  self,
  catalog,
  repository,
  clock,
  random,
  timers,
  log,
  announce,
}: FetchesDeps) {
  const spreads: Waits = new Set()
  const slotted: Waits = new Set()
  const linked = new Set<NodeId>()
  /** Entries, which are new with every edition. */
  const given = new WeakSet<Entry>()
  let cancelReminder = (): void => {}

  async function wait(waits: Waits, keys: readonly string[], ms: number, awaited: Awaited): Promise<number> {
    if (keys.length === 0 || waits.size >= WAITS_MAX) return 0
    const { promise, resolve } = Promise.withResolvers<void>()
    const one = { awaited, left: new Set(keys), done: resolve }
    waits.add(one)
    const cancel = timers.after(ms, resolve)
    await promise
    cancel()
    waits.delete(one)
    return keys.length - one.left.size
  }

  async function remind(): Promise<void> {
    if (linked.size === 0) return
    const since = clock.now() - RELAYED_MS
    const entries = DOCUMENT_KINDS.filter((kind) => KINDS[kind].audience === 'recipients')
      .flatMap((kind) => catalog.shelf(self, kind))
      .filter((entry) => entry.version > since && !given.has(entry))
      .sort((a, b) => b.version - a.version)
      .slice(0, REMINDED_MAX)
    const rows = await repository.rows(entries.map(keyOf))
    const heads: DocumentHeadBody[] = []
    for (const [at, row] of rows.entries()) {
      // An edition that was replaced meanwhile needs no reminder: its successor was announced.
      if (row === undefined || !catalog.has(entries[at] as Entry)) continue
      const { author, kind, slot, version, digest, hints } = row
      heads.push({ author, kind, slot, version, digest, hints })
    }
    announce(heads)
  }

  return {
    up(peer: NodeId) {
      linked.add(peer)
      if (linked.size > 1) return
      cancelReminder()
      cancelReminder = timers.after(AFTER_MS * (0.75 + random.float() / 2), () => {
        remind().catch((error: unknown) => log.warn({ reason: String(error) }, 'own heads could not be read'))
      })
    },
    down: (peer: NodeId) => void linked.delete(peer),
    /** A neighbour got that edition, of whatever author, from this node. */
    gave(entry: Entry, peer: NodeId) {
      if (entry.role === 'own') given.add(entry)
      const { author, kind } = entry.shelf
      const edition = { author, kind, slot: entry.slot, version: entry.version }
      for (const { awaited, left, done } of [...spreads, ...slotted]) {
        const key = awaited(peer, edition)
        if (key !== undefined && left.delete(key) && left.size === 0) done()
      }
    },
    /**
     * Resolves when each of `peers` has got the edition from this node; after `ms` at the latest. With how many did, not counting
     * before the call.
     */
    spread(edition: Edition, peers: readonly NodeId[], ms: number) {
      const name = editionOf(edition)
      return wait(spreads, peers, ms, (peer, one) => (editionOf(one) === name ? peer : undefined))
    },
    /** Resolves with how many of this node's `slots` it fetched, in an edition of `since` (ms since the epoch) or later; within `ms`. */
    fetched: (peer: NodeId, slots: readonly string[], since: number, ms: number) =>
      wait(slotted, slots, ms, (by, { author, slot, version }) =>
        by === peer && author === self && version >= since ? slot : undefined,
      ),
    stop: () => cancelReminder(),
  }
}
