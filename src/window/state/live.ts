// What the page knows of the moment: whether the daemon answers, its status, and the events that it tells.
import { computed, effect, signal } from '@preact/signals'
import type { Problem } from '../../api/contract/client/page.ts'
import type { EventType } from '../../api/contract/constants.ts'
import { getEvents } from '../../api/contract/operations/events.ts'
import { getStatus } from '../../api/contract/operations/status.ts'
import type { FeedEvent, StatusShape } from '../../api/contract/shapes.ts'
import { client, heardAt, isHeard, noted, session } from './session.ts'

/** While the page is looked at, the status is asked for so often; that also keeps the session open. */
const STATUS_MS = 15_000
/** Without the stream of events, everything is asked for anew so often. */
const POLL_MS = 5_000
/** Older than this, what is shown is called old: a suspended machine, a daemon that hangs. */
const STALE_MS = 45_000
/** After a stream broke, the next attempt comes after the least time, and after twice the time before if it fails as well. */
export const RETRY_MS = { least: 1_000, most: 15_000 } as const
/** Events that come within this time are shown together: a busy node tells of dozens a second. */
const GATHER_MS = 300
/** Most events that the page keeps. */
const KEPT_MAX = 100

export const status = signal<StatusShape | undefined>(undefined)
export const statusProblem = signal<Problem | undefined>(undefined)
/** Local time in ms, every few seconds; what says "3 min ago" follows it. */
export const now = signal(Date.now())
/** `poll`: there may have been events that nobody told; `refresh`: the person wants everything anew. */
type Happened = EventType | 'poll' | 'refresh'
const listeners = new Set<(what: Happened) => void>()
/** The newest events first. */
export const recent = signal<readonly FeedEvent[]>([])
const streaming = signal(false)

/** `polling`: no stream of events, so what is shown may be a few seconds old. `stale`: nothing was heard for long. */
export const link = computed<'live' | 'polling' | 'stale' | 'lost'>(() => {
  if (!isHeard.value) return 'lost'
  const silent = performance.now() - heardAt.value > STALE_MS
  // Reading `now` makes this be computed anew as time passes.
  if (now.value > 0 && silent) return 'stale'
  return streaming.value ? 'live' : 'polling'
})
/** Nothing may be changed from what is shown, because it may not be so any more. */
export const isLocked = computed(() => link.value === 'lost' || link.value === 'stale')
/** Commands of agents cannot run, because no jail can be started. */
export const isMuscleLocked = computed(() => status.value?.agents.state === 'locked')
/** Why a button that runs something is locked then. */
export const noJail = (): string | undefined =>
  isMuscleLocked.value ? 'Locked: no jail can be started (karo doctor)' : undefined

const isHidden = (): boolean => document.visibilityState === 'hidden'

export async function refreshStatus(): Promise<void> {
  if (session.value !== 'open') return
  try {
    status.value = await client.call(getStatus)
    statusProblem.value = undefined
  } catch (error) {
    statusProblem.value = noted(error)
  }
}

/** Resolves when the page is looked at; at once if it is. */
export const untilLookedAt = (): Promise<void> =>
  new Promise((resolve) => {
    if (!isHidden()) resolve()
    else document.addEventListener('visibilitychange', () => resolve(), { once: true })
  })

/** Tells `listener` what happens from now on, and nothing of before; returns what ends that. */
export function onHappened(listener: (what: Happened) => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/**
 * A page that nobody looks at asks for nothing, so that its session ends in time. When it is shown again, it tells `poll`;
 * a listener that leaves `poll` out hears nothing of what happened meanwhile.
 */
export function tell(what: Happened): void {
  if (!isHidden()) for (const listener of listeners) listener(what)
}

/** Follows the node until the page is closed. `heard` is told of each event by itself; signals tell only of the newest. */
export function follow(heard: (event: FeedEvent) => void): void {
  const look = (): void => {
    now.value = Date.now()
    if (!isHidden()) void refreshStatus()
  }
  setInterval(() => (now.value = Date.now()), POLL_MS)
  setInterval(look, STATUS_MS)
  setInterval(() => {
    if (link.value === 'polling') tell('poll')
  }, POLL_MS)
  setInterval(() => {
    if (isLocked.value && !isHidden()) void refreshStatus()
  }, POLL_MS)
  document.addEventListener('visibilitychange', () => {
    if (isHidden()) return
    look()
    tell('poll')
  })
  effect(() => {
    if (session.value !== 'open') return
    void refreshStatus()
    const ending = new AbortController()
    void readEvents(ending.signal, heard)
    return () => ending.abort(new Error('the session has ended'))
  })
}

/** Reads the stream again and again, each time after the last event that was read. */
async function readEvents(signal: AbortSignal, heard: (event: FeedEvent) => void): Promise<void> {
  let since: string | undefined
  let waitMs: number = RETRY_MS.least
  while (!signal.aborted) {
    try {
      const query = since === undefined ? {} : { since }
      for await (const { id, event } of client.events(getEvents, { query, signal })) {
        since = id
        waitMs = RETRY_MS.least
        heardAt.value = performance.now()
        if (!streaming.value) {
          streaming.value = true
          // What happened while there was no stream is in no event.
          tell('poll')
        }
        if (event !== undefined) {
          take(event)
          heard(event)
        }
      }
    } catch (error) {
      streaming.value = false
      if (signal.aborted) return
      const problem = noted(error)
      // A daemon that was restarted knows nothing of our last event.
      if (problem.code === 'bad_request') since = undefined
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    waitMs = Math.min(2 * waitMs, RETRY_MS.most)
  }
}

/** The newest first. */
let gathered: readonly FeedEvent[] = []

function gather(event: FeedEvent): void {
  if (gathered.length === 0)
    setTimeout(() => {
      recent.value = [...gathered, ...recent.value].slice(0, KEPT_MAX)
      gathered = []
    }, GATHER_MS)
  gathered = [event, ...gathered].slice(0, KEPT_MAX)
}

function take(event: FeedEvent): void {
  gather(event)
  tell(event.type === 'lost' ? 'poll' : event.type)
  if (CHANGES_STATUS.has(event.type) && !isHidden()) void refreshStatus()
}

const CHANGES_STATUS: ReadonlySet<EventType> = new Set([
  'peer_connected',
  'peer_gone',
  'peer_pending',
  'trust_changed',
  'health_changed',
  'anomaly_found',
  'alert_raised',
  'agent_state',
])
