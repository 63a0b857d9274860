// The room of totals: gives this machine's shares when a bucket is over, adds up what others gave, and shows what was released.

import { type Bucket, bucketOfSlot, slotOfBucket } from '../../../protocols/buckets.ts'
import { type ShownStatement, STATEMENTS_MAX } from '../../../protocols/messages/release.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { FrameError } from '../../../protocols/reject.ts'
import { createSerial } from '../../base/async/limiter.ts'
import { createRecent } from '../../base/recent.ts'
import type { Room } from '../../base/run/room.ts'
import { readStatement, type Stated, shownOf } from '../aggregates/index.ts'
import { createContributor } from './contributor.ts'
import type { TotalsDeps } from './deps.ts'
import { createOwnPart } from './own-part.ts'
import type { TotalsParts } from './parts.ts'
import { authorsUnder, bucketsUnder, isDrawn, type Plan } from './plan.ts'
import { type ContributionPreviews, createPreviews } from './preview.ts'
import { createReader } from './reader.ts'
import { createReleases } from './releases.ts'
import { rosterOf } from './roster.ts'
import { createTallier } from './tallier.ts'
import type { ReleasesShown, TotalsReader } from './types.ts'

export type TotalsRoom = Room & TotalsReader & ReleasesShown & ContributionPreviews

/** Between two looks at what is due: buckets that are over, tallies that waited long enough. */
const EVERY_MS = 60_000
/** Documents after which there may be something to do. */
const GOES_ON: ReadonlySet<string> = new Set(['share', 'check', 'tally', 'counted', 'release'])
/** After something came, others are waited for so long, so that a hundred shares are one round. */
const GATHER_MS = 1_000

export function createTotals(deps: TotalsDeps): TotalsRoom {
  const { documents, clock, timers, measures, plan } = deps
  const log = deps.log.child({ room: 'totals' })
  const layouts = new Map(measures.map(({ type, layout }) => [type, layout]))
  const releases = createReleases({ ...deps, log })
  const parts = { ...deps, log, layouts, releases, roster: () => rosterOf(deps) }
  const contributor = createContributor(parts)
  const previews = createPreviews({ ...parts, given: contributor.given })
  const tallier = createTallier(parts)
  const ownPart = createOwnPart(parts)
  const ahead = createAhead(parts)
  const reader = createReader(parts)
  const shown = createShown(parts)
  let stopTimer = (): void => {}
  /** Monotonic, ms. */
  let dueAt = Number.POSITIVE_INFINITY
  let unsubscribe = (): void => {}
  const serial = createSerial()
  let running = Promise.resolve()
  let stopped = true

  /** One round at a time; what happens during one makes another one follow. */
  function look(): void {
    if (serial.pending() < 2) running = serial(goOn)
  }

  async function goOn(): Promise<void> {
    const now = plan()
    if (now === undefined || stopped) return
    // Neither waits for the other: a machine that cannot give goes on adding up what others gave.
    for (const { round } of [contributor, tallier, ownPart, ahead]) {
      await round(now).catch((error: unknown) => {
        if (!stopped) log.error({ error: String(error) }, 'totals did not go on; it is tried again')
      })
    }
  }

  /** A look that is due earlier stays: shares that come one after the other must not put it off for ever. */
  function within(ms: number): void {
    const at = clock.monotonic() + ms
    if (at >= dueAt) return
    stopTimer()
    dueAt = at
    stopTimer = timers.after(ms, () => {
      dueAt = Number.POSITIVE_INFINITY
      look()
      within(EVERY_MS)
    })
  }

  return {
    name: 'totals',
    async start() {
      stopped = false
      const ends = [
        documents.onKept(({ kind, author, slot }) => {
          if (kind === 'release') ahead.came(author, slot)
          if (GOES_ON.has(kind)) within(GATHER_MS)
        }),
        documents.onCompared(() => within(GATHER_MS)),
        // Another consent, or another policy of the mesh.
        deps.sharing.onChange(() => within(GATHER_MS)),
      ]
      unsubscribe = () => {
        for (const end of ends) end()
      }
      within(GATHER_MS)
    },
    async stop() {
      stopped = true
      stopTimer()
      unsubscribe()
      await running
    },
    ...reader,
    ...shown,
    ...previews,
  }
}

// Reads releases before anybody asks for them: to open and check one takes milliseconds, and a question is about several.

/** The newest are read ahead: two of each of a month's days for one role. What is older is read when it is asked for. */
const AHEAD_MAX = 62

export function createAhead({ documents, releases }: TotalsParts) {
  const done = createRecent<string, true>(2 * AHEAD_MAX)
  const nameOf = (author: NodeId, slot: string): string => `${author} ${slot}`

  return {
    /** Reads the newest releases that were not read yet, with a turn of the event loop between two. What does not open is left out. */
    async round(plan: Plan) {
      const all = authorsUnder(plan).flatMap((author) =>
        documents.slots(author, 'release').map((slot) => ({ author, slot, end: endOf(slot) })),
      )
      const newest = all.sort((a, b) => b.end - a.end).slice(0, AHEAD_MAX)
      const missing = newest.filter(({ author, slot }) => !done.has(nameOf(author, slot)))
      for (const { author, slot } of missing) {
        done.set(nameOf(author, slot), true)
        for (const document of await documents.of(author, 'release', (one) => one === slot))
          releases.read(plan, document)
      }
    },
    /** Another edition has come. */
    came: (author: NodeId, slot: string) => void done.delete(nameOf(author, slot)),
  }
}

/** A release is of `<bucket>:<audience>`. */
const endOf = (slot: string): number => bucketOfSlot(slot.split(':').slice(0, 2).join(':'))?.end ?? 0

// Releases shown to others: what a holder gives to a node that may read it, and how that node checks it before it counts.

/** Of one answer; its frame has room for 63 KiB with everything around them. */
const SHOWN_BYTES = 56 * 1024
/** Of a signature, and of the names around it and around its statement. */
const BESIDE_BYTES = 128
/** Buckets that are looked up at once: a question about a year must not open a year of releases for one answer. */
const AT_ONCE = 16

export function createShown({ identity, plan, releases, roster, clock }: TotalsParts): ReleasesShown {
  const self = identity.nodeId
  async function of(now: Plan, buckets: readonly Bucket[], audience: string, type: string) {
    const held = await releases.held(now, audience, new Set(buckets.map(slotOfBucket)), type)
    return held
      .flatMap((said) => {
        const shown = shownOf(said, type)
        return shown === undefined ? [] : [{ shown, start: said[0]?.content.start ?? 0 }]
      })
      .sort((a, b) => b.start - a.start)
  }

  return {
    async show({ audience, type, range }) {
      const now = plan()
      if (now === undefined) return { statements: [], more: false }
      const statements: ShownStatement[] = []
      let size = 0
      const buckets = bucketsUnder(now, range, clock.now()).toReversed()
      for (let at = 0; at < buckets.length; at += AT_ONCE) {
        for (const { shown } of await of(now, buckets.slice(at, at + AT_ONCE), audience, type)) {
          size += shown.statement.length + (1 + shown.signatures.length) * BESIDE_BYTES
          if (size > SHOWN_BYTES || statements.length === STATEMENTS_MAX) return { statements, more: true }
          statements.push(shown)
        }
      }
      return { statements, more: false }
    },

    check(statements, { audience, type, range }) {
      const now = plan()
      if (now === undefined) throw new FrameError('malformed', 'this node is in no mesh that has totals')
      const wanted = new Set(bucketsUnder(now, range, clock.now()).map(slotOfBucket))
      const seen = new Set<string>()
      return statements.map((shown): Stated => {
        const stated = readStatement(shown, type)
        const { content } = stated
        const slot = slotOfBucket(content)
        const name = JSON.stringify([slot, content.pair.map((key) => formatNodeId(key))])
        const isAsked =
          Buffer.compare(content.mesh, now.mesh) === 0 && content.audience === audience && wanted.has(slot)
        if (!isAsked) throw new FrameError('malformed', 'a release of another mesh, role or time')
        if (!isDrawn(now, content, content.pair)) {
          throw new FrameError('malformed', 'a release of two that were not drawn for its bucket')
        }
        if (seen.has(name)) throw new FrameError('malformed', 'a release twice')
        seen.add(name)
        return stated
      })
    },

    holders(audience) {
      const now = plan()
      if (now === undefined) return []
      const nodes = [
        ...authorsUnder(now),
        ...roster()
          .principals(audience)
          .map(({ node_id }) => node_id),
      ]
      return [...new Set(nodes)].filter((node) => node !== self)
    },
  }
}
