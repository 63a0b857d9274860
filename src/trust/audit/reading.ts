// Reading the ledger: entries of one kind, who asked for what, and the lines of an export that others can verify.
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import type { AuditRepository, AuditRow } from '../../store/tables/audit.ts'
import type { Identity } from '../identity/index.ts'
import { NO_BASE, readRow } from './entry.ts'
import { type AuditType, mayRead } from './entry-types.ts'
import { headerOf } from './exported.ts'
import { readHead } from './head.ts'
import type { Times } from './times.ts'
import type { Asked, AuditEntry, ExportEntry, LedgerEntry } from './types.ts'

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

export function createReading(deps: ReadingDeps) {
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
    /** Newest first; `uid`: only entries that this person, who is not an administrator, may read (AUDIT_KINDS). */
    async log({
      limit,
      type,
      peer,
      since,
      uid,
    }: {
      limit: number
      type?: AuditType
      peer?: NodeId
      since?: number
      uid?: number
    }): Promise<readonly AuditEntry[]> {
      const entries: AuditEntry[] = []
      if (limit <= 0) return entries
      for await (const entry of newest(since, uid)) {
        if (type && entry.type !== type) continue
        if (peer && entry.peer !== peer) continue
        entries.push(entry)
        if (entries.length >= limit) break
      }
      return entries
    },

    /** Entries that are on disk, oldest first, from the first one after the number `seq`; at most `limit`. */
    async after(seq: number, limit: number) {
      const entries: LedgerEntry[] = []
      for await (const place of repository.forwards(seq)) {
        if (entries.length >= limit) break
        const entry = place.row && readRow(place.row)
        entries.push(entry ?? { seq: place.seq, damaged: true })
      }
      return entries
    },

    /**
     * Questions since `since` (ms since the epoch), by author and kind; `uid` as for `log`. `memberOf`: the first key of a
     * node, by which the keys that it had count as one author.
     */
    async whoAsked({
      since,
      uid,
      memberOf,
    }: {
      since: number
      uid?: number
      memberOf: (peer: NodeId) => NodeId
    }) {
      const asked = createWhoAsked(memberOf)
      for await (const entry of newest(since, uid)) asked.add(entry)
      return asked.result()
    },

    /**
     * The ledger for somebody else to verify: header, entries, signed heads. From the first entry at or after `since` to
     * the first signed head at or after `until`; without `until` to the newest entry, which is signed for it. As of the
     * first step.
     */
    async *export({ since = 0, until = Number.POSITIVE_INFINITY }: { since?: number; until?: number }) {
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
        if (!begun && row && row.ts < since) {
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
        if (row && row.ts >= until && readHead({ seq, frame })?.signer === own) return
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

// Who asked this node about what: the questions of the ledger, counted by author and kind.

/**
 * At most so many pairs of author and type of question. A node that floods is one author, and unnamed authors are
 * refused.
 */
const GROUPS_MAX = 10_000
const RULES_MAX = 8

type Counting = { -readonly [K in keyof Asked]: Asked[K] } & { rules: string[] }

function addRule({ rules }: Counting, rule: unknown): void {
  if (typeof rule === 'string' && !rules.includes(rule) && rules.length < RULES_MAX) rules.push(rule)
}

function operatorOf({ operator, operator_name }: AuditEntry['details']): Asked['operator'] {
  if (typeof operator !== 'string') return null
  return { id: operator, name: typeof operator_name === 'string' ? operator_name : '' }
}

/**
 * Entries from the newest on; the newest asker first. `memberOf`: the first key of a lineage, so that a node that rotated
 * its key is one asker; it is named by the key of its newest question.
 */
export function createWhoAsked(memberOf: (peer: NodeId) => NodeId) {
  const groups = new Map<string, Counting>()

  function groupOf({ peer, details, ts }: AuditEntry): Counting | undefined {
    if (peer === undefined) return undefined
    const query_type = typeof details.query_type === 'string' ? details.query_type : null
    const operator = operatorOf(details)
    const key = `${memberOf(peer)} ${query_type} ${operator?.id ?? ''}`
    const found = groups.get(key)
    // Entries with counts have no name.
    if (found?.operator?.name === '') found.operator = operator
    if (found !== undefined || groups.size >= GROUPS_MAX) return found
    const made = {
      peer,
      operator,
      query_type,
      asked: 0,
      allowed: 0,
      refused: 0,
      busy: 0,
      rules: [],
      first: ts,
      last: ts,
    }
    groups.set(key, made)
    return made
  }

  return {
    add(entry: AuditEntry) {
      if (entry.type !== 'query_received' && entry.type !== 'query_responded') return
      const group = groupOf(entry)
      if (group === undefined) return
      const { details, ts } = entry
      const times = typeof details.times === 'number' ? details.times : 1
      group.first = Math.min(group.first, ts)
      group.last = Math.max(group.last, ts)
      if (entry.type === 'query_received') {
        if (entry.success) group.asked += times
        else if (details.reason === 'author_not_admitted') {
          // Handed on by this peer, for authors that may have nothing here: read, and refused.
          group.asked += times
          group.refused += times
          addRule(group, details.reason)
        } else group.busy += times
        return
      }
      if (details.decision === 'allow') group.allowed += times
      else group.refused += times
      addRule(group, details.rule)
    },
    result: (): readonly Asked[] => [...groups.values()].sort((a, b) => b.last - a.last),
  }
}
