// One agent and its supervision: started when it is needed, restarted when it crashes, stopped when it crashes again and again.
import { once } from 'node:events'
import { within } from '../../base/async/deadline.ts'
import { createSerial } from '../../base/async/limiter.ts'
import { singleFlight } from '../../base/async/single-flight.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { JobSpec } from '../muscle/client.ts'
import type { Muscle } from '../muscle/muscle.ts'
import type { AgentId, Pin } from '../types.ts'
import { createAgentLog } from './agent-log.ts'
import type { AgentState } from './agent-states.ts'
import { type Mask, maskOf } from './mask.ts'
import { checkOffers, type Pins } from './offers.ts'
import { beginSession, type CallOptions, type CallOutcome, type Session, type Tool } from './session.ts'
import { openerOf } from './spec.ts'
import { ENDED } from './transport.ts'
import type { WayOutDeps } from './way-out.ts'

/** Milliseconds before each further attempt to start; half of it up to all of it, by chance. */
const RETRY_MS = [100, 700, 5_000]
/** Milliseconds before a crashed agent is started again: doubled with each crash, up to the second number. */
const RESTART_MS = { first: 1_000, most: 60_000 }
/** As many crashes within so many milliseconds end the restarting. */
const CRASH_LOOP = { crashes: 5, withinMs: 600_000 }
/** Milliseconds between looks at whether a lost Muscle is back. */
const MUSCLE_BACK_MS = 500
/** Calls that may wait for one agent. */
const MOST_WAITING = 32

export interface AgentStatus {
  readonly state: AgentState
  /** For people: why it is in this state. */
  readonly detail: string
  /** Starts again after a crash, since it was started last. */
  readonly restarts: number
  /** Milliseconds since the epoch; null while it does not run. */
  readonly since: number | null
}

/** Which program it is, and whose. */
export interface AgentOf {
  readonly id: AgentId
  readonly name: string
  /** The person who added it, by number. */
  readonly person: number
  /** As it is in the store now. Rejects with KaroError `refused`. */
  manifest(): Promise<Manifest>
}

export interface AgentDeps extends Ambient {
  readonly muscle: Pick<Muscle, 'state' | 'client'>
  /** The secrets in the manifest; overwritten after they are sent. Rejects with KaroError if one is not available. */
  readonly secrets: (person: number, manifest: Manifest, traceId: string) => Promise<JobSpec['secrets']>
  /** Of all that this person's vault holds and that can be read now. */
  readonly mask: (person: number) => Mask | undefined
  readonly grants: Pins
  readonly addressOf: WayOutDeps['addressOf']
  /** Hears of what it connects to. */
  readonly connected: (manifest: Manifest, traceId: string, what: Parameters<WayOutDeps['told']>[0]) => void
  /** Whether it is started again by itself after a crash. Rejects as `manifest`. */
  readonly mayRestart: (of: AgentOf) => Promise<boolean>
  /** Fires with each change of the state. */
  readonly onState: (of: AgentOf, status: AgentStatus) => void
}

export type Agent = ReturnType<typeof createAgent>

export function createAgent(of: AgentOf, deps: AgentDeps) {
  const { id, person } = of
  const { muscle, grants, clock, timers, random, log } = deps
  const errors = createAgentLog(clock.now)
  const oneByOne = createSerial()
  let session: Session | undefined
  let status: AgentStatus = {
    state: 'stopped',
    detail: 'it has not been needed yet',
    restarts: 0,
    since: null,
  }
  let crashes: number[] = []
  let crashLoop = false
  /** The last one to end by itself was killed because it did not stop a call. */
  let killed = false
  let gone = false
  let cancel = (): void => {}
  /** Aborted by each stop and made anew, so that what began before the stop does nothing any more. */
  let stopping = new AbortController()
  let beginning: Promise<Session> | undefined

  const set = (state: AgentState, detail: string): void => {
    const since = state === 'running' ? clock.now() : null
    status = { state, detail, since, restarts: state === 'stopped' ? 0 : status.restarts }
    deps.onState(of, status)
  }

  /** Rejects with KaroError; tries again what may pass. */
  async function begin(traceId: string, through: Pin['code']): Promise<Session> {
    const { signal } = stopping
    // No attempt begins after so many milliseconds: one of a silent agent takes a minute, and a person waits for all of them.
    const until = clock.monotonic() + 30_000
    for (let attempt = 0; ; attempt += 1) {
      let started: Session | undefined
      let failure: unknown
      try {
        const manifest = await of.manifest()
        const client = await muscle.client()
        const secrets = await deps.secrets(person, manifest, traceId)
        const mask = maskOf(secrets, () => deps.mask(person))
        errors.hide(mask.text)
        started = await beginSession({
          ...openerOf(manifest, {
            ...deps,
            client,
            secrets,
            code: grants.pinOf(id)?.code ?? through,
            traceId,
            onErrors: errors.push,
            told(what) {
              if (what.refused !== undefined) errors.note(what.refused)
              deps.connected(manifest, traceId, mask.value(what))
            },
          }),
          mask,
          timers,
          signal,
        })
        if (!signal.aborted) await checkOffers(grants, id, started.tools)
        if (!signal.aborted) return started
      } catch (error) {
        failure = error
      }
      await started?.end(ENDED)
      errors.end()
      if (signal.aborted) throw new KaroError('unavailable', `${id} was stopped meanwhile`)
      if (failure instanceof KaroError) throw failure
      const { message } = failure as Error
      errors.note(`it did not start: ${message}`)
      const wait = RETRY_MS[attempt]
      if (wait === undefined || clock.monotonic() > until)
        throw new KaroError('unavailable', `${id} does not start: ${message}`, {
          hint: `karo agent logs ${id.slice(id.indexOf(':') + 1)} shows what it says.`,
        })
      await within(once(signal, 'abort'), wait * (0.5 + random.float() / 2), timers)
    }
  }

  const start = singleFlight(async (traceId: string, through: Pin['code'] = []): Promise<Session> => {
    cancel()
    set('starting', 'it is being started')
    try {
      beginning = begin(traceId, through)
      const begun = await beginning
      session = begun
      set('running', `${begun.tools.length} ${begun.tools.length === 1 ? 'tool' : 'tools'}`)
      log.info({ agent: id, job: begun.job, trace_id: traceId }, 'an agent runs')
      void begun.over.then((why) => ended(begun, why))
      return begun
    } catch (error) {
      if (status.state === 'starting') failed(error as Error)
      throw error
    } finally {
      beginning = undefined
    }
  })

  function failed(error: Error): void {
    if (error instanceof KaroError && error.where === 'manifest') set('refused', error.message)
    else if (muscle.state().state !== 'ready') locked()
    else set('failed', error.message)
  }

  function ended(which: Session, why: string): void {
    errors.end()
    if (session !== which) return
    session = undefined
    killed = which.endedForCall()
    errors.note(why)
    log.warn({ agent: id, job: which.job, reason: why }, 'an agent has ended')
    if (muscle.state().state !== 'ready') locked()
    else if (killed) restart(why)
    else {
      const now = clock.monotonic()
      crashes = [...crashes.filter((at) => at > now - CRASH_LOOP.withinMs), now]
      crashLoop = crashes.length >= CRASH_LOOP.crashes
      if (crashLoop) set('failed', `it ended ${crashes.length} times within 10 minutes, at last: ${why}`)
      else restart(why)
    }
  }

  function restart(why: string): void {
    const ms = Math.min(RESTART_MS.most, RESTART_MS.first * 2 ** Math.max(0, crashes.length - 1))
    set('waiting', why)
    cancel = timers.after(ms * (0.5 + random.float() / 2), () => void again(why))
  }

  async function again(why: string): Promise<void> {
    const { signal } = stopping
    const may = await deps.mayRestart(of).catch(() => false)
    // Somebody stopped it meanwhile, or a task starts it.
    if (signal.aborted || session !== undefined || beginning !== undefined) return
    if (!may) return set('stopped', why)
    status = { ...status, restarts: status.restarts + 1 }
    // What became of it is the state.
    await start(toHex(random.bytes(16))).catch(() => {})
  }

  /** There is no Muscle, so there is no jail. Starts the agent when it is back. */
  function locked(): void {
    set('locked', muscle.state().detail)
    const look = (): void => {
      if (status.state !== 'locked') return
      if (muscle.state().state === 'ready') void again('karo-exec was lost')
      else cancel = timers.after(MUSCLE_BACK_MS, look)
    }
    cancel = timers.after(MUSCLE_BACK_MS, look)
  }

  async function stop(why: string): Promise<void> {
    cancel()
    stopping.abort()
    stopping = new AbortController()
    crashLoop = false
    killed = false
    const last = session
    session = undefined
    set('stopped', why)
    await beginning?.catch(() => {})
    await last?.end(why)
  }

  return {
    errors,
    /** Resolves when no process of it is left. It is not started again by itself. */
    stop,
    /** Its stored manifest differs from the signed one. */
    refuse: (why: string) => set('refused', why),
    /** Like `stop`, and final: a caller that still holds the agent can no longer start it. */
    async retire() {
      gone = true
      await stop('it was removed')
    },
    /** The tools of the running agent; undefined while it does not run. */
    session: () => session,
    status: (): AgentStatus => {
      const { state, detail } = muscle.state()
      // The lock is shown before the agent itself has heard of it.
      if (state === 'ready' || status.state === 'refused') return status
      return { ...status, state: state === 'off' ? 'stopped' : 'locked', detail, since: null }
    },
    /**
     * Starts it unless it runs. Rejects with KaroError: `refused` (manifest, a path, no sandbox, agents are off), `unavailable` (the
     * Muscle is lost, or the agent does not start); with OtherCode. `byPerson`: also after it crashed too often. `code`: what it was let through with.
     */
    async start({
      traceId,
      byPerson,
      code,
    }: {
      readonly traceId: string
      readonly byPerson: boolean
      readonly code?: Pin['code']
    }) {
      if (gone) throw new KaroError('not_found', `${id} was removed`)
      if (session !== undefined) return session
      if (crashLoop && !byPerson)
        throw new KaroError('unavailable', `${id} is stopped: ${status.detail}`, {
          hint: `karo agent start ${id.slice(id.indexOf(':') + 1)} starts it again.`,
        })
      if (byPerson) {
        crashes = []
        crashLoop = false
      }
      return start(traceId, code)
    },
    /**
     * Calls a tool after the calls before it, and tells `onWait` if there are any; the agent has to run. `onBegin` is waited for right
     * before the tool is called, with the tool as it is then; if it rejects, nothing is called. `start` starts the agent where it was killed because it did not stop the
     * call before. Rejects with `rate_limited`, `unavailable`, or as `onBegin` and `start` did.
     */
    async call(
      name: string,
      input: Readonly<Record<string, unknown>>,
      options: CallOptions & {
        readonly onWait?: () => void
        readonly start: () => Promise<unknown>
        readonly onBegin: (tool: Tool | undefined) => Promise<void>
      },
    ) {
      if (oneByOne.pending() > MOST_WAITING)
        throw new KaroError('rate_limited', `too many calls of ${id} wait`)
      if (oneByOne.pending() > 0) options.onWait?.()
      let begun = false
      const work = oneByOne(async (): Promise<CallOutcome> => {
        // After a crash it is not started at once: the next call that waits may be what crashes it again.
        if (killed && session === undefined && !options.signal.aborted) await options.start()
        if (options.signal.aborted) return { kind: 'canceled' }
        if (session === undefined)
          throw new KaroError('unavailable', `${id} has ended before it was called: ${status.detail}`)
        begun = true
        const running = session
        await options.onBegin(running.tools.find((tool) => tool.name === name))
        return running.call(name, input, options)
      })
      // One that still waits for its turn need not wait any longer.
      const early = new Promise<CallOutcome>((resolve) => {
        options.signal.addEventListener('abort', () => begun || resolve({ kind: 'canceled' }), { once: true })
      })
      return Promise.race([work, early])
    },
  }
}
