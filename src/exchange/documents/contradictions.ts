// Records authors that contradict themselves: two documents of one version, or a newer one that takes back an older one.
import type { NodeId } from '../../../protocols/node-id.ts'
import { toHex } from '../../base/hex.ts'
import { createRecent } from '../../base/recent.ts'
import { createSparing, REST } from '../../base/sparing.ts'
import { type Entry, keyOf } from './catalog.ts'
import type { DocumentsDeps } from './deps.ts'
import { KINDS } from './kinds.ts'
import { type Document, rereadDocument } from './read.ts'

/** Editions that are remembered for having a twin, and authors that were told on for it. */
const REMEMBERED = 1_024
/**
 * An author that keeps contradicting itself in the same way is reported at once, then after an hour, two, four, up to a
 * day.
 */
const TOLD = { everyMs: 3_600_000, mostMs: 24 * 3_600_000 }

export function createContradictions({ repository, audit, clock, log }: DocumentsDeps) {
  const conflicts = createSparing({ clock, ...TOLD })
  const proven = createRecent<string, true>(REMEMBERED)
  const told = createRecent<NodeId, true>(REMEMBERED)
  let count = 0

  const editionOf = (entry: Entry): string =>
    `${entry.shelf.author} ${entry.shelf.kind} ${entry.slot} ${entry.version}`

  return {
    isProven: (held: Entry) => proven.has(editionOf(held)),
    /** Twins so far. */
    count: () => count,

    /** The author signed a second document of that version. Each is counted, and logged once per author. */
    twin(held: Entry) {
      const { author, kind } = held.shelf
      count++
      proven.set(editionOf(held), true)
      if (told.has(author)) return
      told.set(author, true)
      const fields = { kind, slot: held.slot, version: held.version }
      log.warn(
        { peer: author, ...fields },
        'a node signed two documents under one version; the first is kept',
      )
      void audit.record({
        type: 'policy_violation',
        success: false,
        peer: author,
        details: { reason: 'two_documents_of_one_version', ...fields },
      })
    },

    /**
     * Compares the document that is about to replace `held` with it. One that takes something back goes into the ledger.
     * True: it does.
     */
    async compare(held: Entry, document: Document) {
      const { contradicts } = KINDS[document.kind]
      if (contradicts === undefined || held.role === 'own') return false
      const bytes = await repository.frame(keyOf(held))
      const older = bytes === undefined ? undefined : rereadDocument(bytes)
      const reason = older === undefined ? undefined : contradicts(older, document.frame)
      if (older === undefined || reason === undefined) return false
      const { author } = document.head
      const told = conflicts.times(`${author} ${reason}`)
      if (told === undefined) return true
      // Authors beyond those that are listed separately share one count.
      const count = told.key === REST ? { of_others: told.times - 1 } : { times: told.times }
      log.warn({ peer: author, reason }, 'a member signed a contradiction to an earlier document')
      await audit.record({
        type: 'ledger_conflict',
        success: false,
        peer: author,
        details: {
          reason,
          ...(told.times > 1 ? count : {}),
          ...facts('before', older.body),
          ...facts('now', document.frame.body),
        },
      })
      return true
    },
  }
}

/** Numbers and digests of a body, for the ledger. */
function facts(prefix: string, body: unknown): Record<string, string | number> {
  const out: Record<string, string | number> = {}
  for (const [name, value] of Object.entries(body as object)) {
    if (typeof value === 'number') out[`${name}_${prefix}`] = value
    else if (value instanceof Uint8Array) out[`${name}_${prefix}`] = toHex(value)
  }
  return out
}
