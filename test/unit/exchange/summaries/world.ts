// A node with people, consents, known nodes and a shelf of documents in memory, and the real summaries room on it.

import { bodyOf, decodeFrame, messageTable } from '../../../../protocols/frame.ts'
import { SealedSummary, type SealedSummaryBody } from '../../../../protocols/messages/summary.ts'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import { slotOf } from '../../../../protocols/periods.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { blake3 } from '../../../../src/base/hash.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import type { TrustLevel } from '../../../../src/base/words/trust-levels.ts'
import type { StoredDocument } from '../../../../src/exchange/documents/index.ts'
import { SUMMARIZED } from '../../../../src/exchange/query/index.ts'
import { createReader } from '../../../../src/exchange/summaries/cover.ts'
import { createPublisher } from '../../../../src/exchange/summaries/publisher.ts'
import { createInsight } from '../../../../src/insight/statistics/index.ts'
import {
  createEventRepository,
  type EventInput,
  type GuardNote,
} from '../../../../src/store/events/events.ts'
import { createRollupRepository } from '../../../../src/store/rollups/rollups.ts'
import type { AuditRecord } from '../../../../src/trust/audit/index.ts'
import { createHints, isFuture } from '../../../../src/trust/identity/index.ts'
import type { Consent } from '../../../../src/trust/policy/index.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { eventOf, positionAt, type Sketch } from '../../../support/data/events.ts'
import { NO_ANOMALIES } from '../../../support/data/no-anomalies.ts'
import { opinionOf } from '../../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { plainPolicy } from '../../../support/mesh/policy.ts'
import { verifyEd25519 } from '../../../support/mesh/vectors.ts'
import { consent } from '../../trust/policy/requests.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
/** A Friday, half past ten. */
export const NOW = Date.parse('2026-11-20T10:30:00Z')

const NO_CONSENT = consent({ allow_peers: [], allow_supervisors: [] })

const NOT_TRUSTED = { level: 'untrusted', teams: [], roles: [], denied: false } as const

export const nodeOf = (n: number): NodeId => testIdentity(n).nodeId

/** Documents as that room keeps them: the highest version of each slot. */
export function createShelf() {
  const bySlot = new Map<string, StoredDocument>()
  const editions: SealedSummaryBody[] = []
  let failing = false
  let now = () => Number.POSITIVE_INFINITY
  let reads = 0
  return {
    /** Everything that was ever published, in order. */
    editions,
    bySlot,
    fail: (how: boolean) => {
      failing = how
    },
    /** From now on it keeps no edition from the future, and lets one that it has be replaced, as the keeper of documents does. */
    goBy: (clock: { now(): number }) => {
      now = clock.now
    },
    async publish(_: unknown, bytes: Uint8Array): Promise<void> {
      if (failing) throw new Error('the disk is full')
      const frame = decodeFrame(bytes, { messages: messageTable([SealedSummary]), verify: verifyEd25519 })
      const body = bodyOf(frame, SealedSummary)
      const slot = slotOf(body)
      const older = bySlot.get(slot)
      if (isFuture(body.version, now())) throw new Error(`an edition of ${slot} from the future`)
      const isAhead = older !== undefined && isFuture(older.head.version, now())
      if (older !== undefined && !isAhead && older.head.version >= body.version)
        throw new Error(`an old edition of ${slot}`)
      const author = formatNodeId(frame.envelope.sender)
      const head = { author, kind: 'summary' as const, slot, version: body.version, digest: blake3([bytes]) }
      bySlot.set(slot, { head, bytes, received_at: 0 })
      editions.push(body)
    },
    of: async (
      author: NodeId,
      _kind: string,
      slots: (slot: string) => boolean = () => true,
    ): Promise<readonly StoredDocument[]> => {
      const found = [...bySlot.values()].filter(({ head }) => head.author === author && slots(head.slot))
      reads += found.length
      return found
    },
    withdrawn: (): readonly Pick<StoredDocument['head'], 'slot' | 'version'>[] => [],
    fetched: async () => 0,
    /** Documents that were read. */
    reads: () => reads,
  }
}
export type Shelf = ReturnType<typeof createShelf>

export async function createWorld({
  number = 1,
  shelf = createShelf(),
}: {
  number?: number
  shelf?: Shelf
} = {}) {
  const db = await temporaryDatabase()
  const events = createEventRepository(db)
  const identity = testIdentity(number)
  const time = { now: NOW, monotonic: 0 }
  const clock = { now: () => time.now, monotonic: () => time.monotonic }
  const consents = new Map<number, Consent>()
  const trusted = new Map<
    NodeId,
    { level: TrustLevel; teams: readonly string[]; roles: readonly string[]; denied: boolean }
  >()
  const listeners = new Set<() => void>()
  const audits: AuditRecord[] = []
  const said: Uint8Array[] = []
  let tag = 0
  let broken = false
  const node = { nodeId: identity.nodeId, fingerprint: identity.fingerprint, name: 'self', version: '1.0.0' }
  const insight = createInsight({
    rollups: createRollupRepository(db),
    countBetween: createEventRepository(db).countBetween,
    guardAllowed: () => true,
    hookedShells: () => [],
    silentHooks: () => [],
    clock,
    node,
    anomalies: NO_ANOMALIES,
  })
  const onChange = (listener: () => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  const deps = {
    identity,
    insight,
    documents: shelf,
    policy: plainPolicy(),
    sharing: {
      onChange,
      consentOf: async (uid: number) => {
        if (broken) throw new Error('the store is closed')
        return consents.get(uid) ?? NO_CONSENT
      },
    },
    trust: {
      onChange: (listener: (node: NodeId) => void) => onChange(listener as () => void),
      known: () => [...trusted.keys()],
      member: () => undefined,
      keysOf: (node: NodeId) => [node],
      opinion: (id: NodeId) => {
        const { level, teams, roles, denied } = trusted.get(id) ?? NOT_TRUSTED
        const trust_level = denied ? 'untrusted' : level
        return opinionOf(id, { name: `node ${id.slice(-4)}`, trust_level, roles, teams, why: 'tofu', denied })
      },
    },
    audit: {
      record: async (entry: AuditRecord) => {
        audits.push(entry)
      },
    },
    clock,
    random: systemRandom,
    log: silentLog,
    measures: SUMMARIZED,
    onEncoded: (bytes: Uint8Array) => said.push(bytes),
  }

  let revision = 0
  listeners.add(() => revision++)
  const self = { identity, hints: createHints(identity.agree) }

  /** The part that publishes, as after a start. */
  function publisher() {
    const made = createPublisher({ ...deps, nodeId: identity.nodeId, self, revision: () => revision })
    return { ...made, round: () => made.round(new AbortController().signal) }
  }

  return {
    identity,
    insight,
    shelf,
    time,
    audits,
    said,
    deps,
    self,
    publisher,
    reader: (of: Shelf = shelf) =>
      createReader([self], of, { log: silentLog, clock, keysOf: deps.trust.keysOf }),
    breakStore: (how: boolean) => {
      broken = how
    },
    trust(
      n: number,
      level: TrustLevel,
      more: { teams?: readonly string[]; roles?: readonly string[]; denied?: boolean } = {},
    ) {
      trusted.set(nodeOf(n), { level, teams: [], roles: [], denied: false, ...more })
      for (const listener of listeners) listener()
    },
    consent(uid: number, to: Partial<Consent>) {
      consents.set(uid, { ...NO_CONSENT, ...to })
      for (const listener of listeners) listener()
    },
    /** Commands typed `ago` ms before now, by the clock of UTC. */
    async type(...sketches: readonly (Sketch & { readonly ago?: number })[]): Promise<void> {
      const typed: EventInput[] = sketches.map(({ ago = 0, ...sketch }) => {
        const at = time.now - ago
        const local = { day: Math.floor(at / DAY), hour: Math.floor((at % DAY) / HOUR) }
        return eventOf(0, { ...sketch, tag: tag++, start_us: at * 1000, local })
      })
      await events.ingest({ events: typed, position: positionAt(tag), dropped: 0 })
    },
    /** The guard did that now, and nothing ran. */
    async guarded(uid: number, outcome: GuardNote['outcome']): Promise<void> {
      const local = { day: Math.floor(time.now / DAY), hour: Math.floor((time.now % DAY) / HOUR) }
      const note: GuardNote = { uid, at_us: time.now * 1000, outcome, risk_level: 'high', local }
      await events.ingest({ events: [], guarded: [note], position: positionAt(tag), dropped: 0 })
    },
  }
}
export type World = Awaited<ReturnType<typeof createWorld>>
