// Announces this node's own documents again that no node has fetched, once this node is no longer alone.
import type { DocumentHeadBody } from '../../../protocols/messages/sync.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Announcer } from './announcer.ts'
import { type Entry, keyOf } from './catalog.ts'
import { DOCUMENT_KINDS, KINDS, RELAYED_MS } from './kinds.ts'
import type { DocumentsParts } from './parts.ts'

/** After the first link came up: its neighbours are heard by then, and have had their turn to look. */
const AFTER_MS = 15_000
/** The newest; two messages or three, as after a restart it is not known who got what. */
const REMINDED_MAX = 64

export interface ReminderDeps extends DocumentsParts {
  readonly announce: Announcer['remind']
}

export function createReminder(deps: ReminderDeps) {
  const { self, catalog, clock, timers } = deps
  const linked = new Set<NodeId>()
  /** Entries, which are new with every edition. */
  const given = new WeakSet<Entry>()
  let cancel = (): void => {}

  async function remind(): Promise<void> {
    if (linked.size === 0) return
    const since = clock.now() - RELAYED_MS
    const entries = DOCUMENT_KINDS.filter((kind) => KINDS[kind].audience === 'recipients')
      .flatMap((kind) => catalog.shelf(self, kind))
      .filter((entry) => entry.version > since && !given.has(entry))
      .sort((a, b) => b.version - a.version)
      .slice(0, REMINDED_MAX)
    const rows = await deps.repository.rows(entries.map(keyOf))
    const heads: DocumentHeadBody[] = []
    for (const [at, row] of rows.entries()) {
      // An edition that was replaced meanwhile needs no reminder: its successor was announced.
      if (row === undefined || !catalog.has(entries[at] as Entry)) continue
      const { author, kind, slot, version, digest, hints } = row
      heads.push({ author, kind, slot, version, digest, hints })
    }
    deps.announce(heads)
  }

  return {
    up(peer: NodeId) {
      linked.add(peer)
      if (linked.size > 1) return
      cancel()
      cancel = timers.after(AFTER_MS * (0.75 + deps.random.float() / 2), () => {
        remind().catch((error: unknown) =>
          deps.log.warn({ reason: String(error) }, 'own heads could not be read'),
        )
      })
    },
    down: (peer: NodeId) => void linked.delete(peer),
    /** A neighbour got it from this node. */
    gave: (entry: Entry) => void (entry.role === 'own' && given.add(entry)),
    stop: () => cancel(),
  }
}
