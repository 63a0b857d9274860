// The room of totals: gives this machine's shares when a bucket is over, adds up what others gave, and shows what was released.
import { createSerial } from '../../base/async/limiter.ts'
import type { Room } from '../../base/run/room.ts'
import { createAhead } from './ahead.ts'
import { createContributor } from './contributor.ts'
import type { TotalsDeps } from './deps.ts'
import { createOwnPart } from './own-part.ts'
import { type ContributionPreviews, createPreviews } from './preview.ts'
import { createReader } from './reader.ts'
import { createReleases } from './releases.ts'
import { rosterOf } from './roster.ts'
import { createShown } from './shown.ts'
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
    async start(signal) {
      signal.throwIfAborted()
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
