// Reading the ledger: entries of one kind, who asked for what, and the lines of an export that others can verify.
import { formatNodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import type { AuditRepository, AuditRow } from '../../store/tables/audit.ts'
import type { Identity } from '../identity/index.ts'
import { NO_BASE, readRow } from './entry.ts'
import { mayRead } from './entry-types.ts'
import { headerOf } from './exported.ts'
import { readHead } from './head.ts'
import type { Times } from './times.ts'
import type { Audit, AuditEntry, ExportEntry, LedgerEntry } from './types.ts'
import { createWhoAsked } from './who-asked.ts'

export interface ReadingDeps {
  readonly repository: AuditRepository
  readonly identity: Pick<Identity, 'publicKey'>
  readonly clock: Clock
  readonly times: Pick<Times, 'olderThrough'>
  /** Resolves when everything recorded before is written. */
  readonly settle: () => Promise<void>
  /** Resolves when a signed head covers the newest entry. */
  readonly sign: () => Promise<void>
}

export function createReading(deps: ReadingDeps): Pick<Audit, 'log' | 'after' | 'whoAsked' | 'export'> {
  const { repository, identity, clock, times, settle, sign } = deps

  /** What this person may read, back to `since`, the newest first. */
  async function* newest(since: number | undefined, uid: number | undefined) {
    await settle()
    const through = since === undefined ? 0 : await times.olderThrough(since)
    for await (const { seq, row } of repository.backwards()) {
      if (seq <= through) return
      const entry = row && readRow(row)
      if (entry === undefined) continue
      // No end yet: a clock that was set back leaves older times behind newer ones.
      if (since !== undefined && entry.ts < since) continue
      if (uid !== undefined && !mayRead(uid, entry.type, entry.details.uid)) continue
      yield entry
    }
  }

  return {
    async log({ limit, type, peer, since, uid }) {
      const entries: AuditEntry[] = []
      if (limit <= 0) return entries
      for await (const entry of newest(since, uid)) {
        if (type !== undefined && entry.type !== type) continue
        if (peer !== undefined && entry.peer !== peer) continue
        entries.push(entry)
        if (entries.length >= limit) break
      }
      return entries
    },

    async after(seq, limit) {
      const entries: LedgerEntry[] = []
      for await (const place of repository.forwards(seq)) {
        if (entries.length >= limit) break
        const entry = place.row && readRow(place.row)
        entries.push(entry ?? { seq: place.seq, damaged: true })
      }
      return entries
    },

    async whoAsked({ since, uid, memberOf }) {
      const asked = createWhoAsked(memberOf)
      for await (const entry of newest(since, uid)) asked.add(entry)
      return asked.result()
    },

    async *export({ since = 0, until = Number.POSITIVE_INFINITY }) {
      const own = formatNodeId(identity.publicKey)
      await sign()
      const heads = new Map((await repository.heads()).map((head) => [head.seq, head.frame]))
      const newestHead = Math.max(...heads.keys())
      let base = (await repository.base()) ?? NO_BASE
      const removed = base.seq
      let begun = false
      for await (const { seq, row } of repository.forwards()) {
        // Decisions from before there: the chain they stood in is gone, so they prove nothing elsewhere.
        if (seq <= removed) continue
        // A damaged entry has no time, so it is reported at its position.
        if (!begun && row !== undefined && row.ts < since) {
          base = { seq, hash: row.hash }
          continue
        }
        if (!begun) yield headerOf(identity.publicKey, clock.now(), base)
        begun = true
        yield lineOf(seq, row)
        const frame = heads.get(seq)
        if (frame === undefined) continue
        yield { head: { seq, frame: Buffer.from(frame).toString('base64url') } }
        // Entries written since then are not covered by a signature yet.
        if (seq === newestHead) return
        // A part under the signature of an earlier key alone would prove nothing of this node.
        if (row !== undefined && row.ts >= until && readHead({ seq, frame })?.signer === own) return
      }
      if (!begun) yield headerOf(identity.publicKey, clock.now(), base)
    },
  }
}

function lineOf(seq: number, row: AuditRow | undefined): ExportEntry {
  const entry = row && readRow(row)
  if (entry === undefined) return { seq, damaged: true }
  const { ts, ...rest } = entry
  return { ...rest, timestamp: new Date(ts).toISOString() }
}
