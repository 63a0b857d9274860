// Looks again, every few seconds and when something changed, whether what was let through may go on: tasks, and agents whose grant
// ended, whose starter lost the right, or whose manifest was changed.
import type { Timers } from '../../base/clock.ts'
import type { Log } from '../../base/run/log.ts'
import { isOutside } from '../manifest/wanted.ts'
import type { Action, Denial, Gates } from '../types.ts'
import type { Known } from './registry.ts'
import type { Session } from './session.ts'

/** Milliseconds between two looks: within this time what rests on a grant or a certificate is over with it. */
const EVERY_MS = 5_000

type Look = () => Promise<void>

export interface LooksDeps {
  readonly timers: Timers
  readonly log: Log
  readonly agents: () => readonly Known[]
  readonly gates: Pick<Gates, 'lost' | 'ended'>
  /**
   * Until when the agent has a grant for every place that it sees, or the port it speaks to, in milliseconds since the epoch; undefined
   * where it has not. A grant for one use counts until it expires. Infinity where it needs none.
   */
  readonly grantedUntil: (action: Pick<Action, 'agent' | 'argv' | 'binds' | 'connect'>) => number | undefined
  /** Its start, as its own person would ask for it. Rejects with KaroError if the manifest differs from the signed one. */
  readonly startOf: (known: Known) => Promise<Action>
}

export type Looks = ReturnType<typeof createLooks>

export function createLooks({ timers, log, agents, gates, grantedUntil, startOf }: LooksDeps) {
  const all = new Set<Look>()
  let stopped = false
  /** Ends the wait for the next look; undefined while none is waited for. */
  let cancel: (() => void) | undefined
  let running: Promise<void> | undefined
  /** Those that follow, because something changed while they ran. */
  let next: Promise<void> | undefined
  const lets = new WeakMap<Session, Action>()
  /** Agents that once had all their grants. One that only reads, in a jail, may also be started before anything is granted to it. */
  const granted = new WeakSet<Known>()

  const tried = (look: Look): Promise<void> =>
    look().catch((error: Error) =>
      log.error({ reason: error.message }, 'could not check whether a task or an agent may continue'),
    )

  async function lookAtAll(): Promise<void> {
    await Promise.all([...all].map(tried))
    await Promise.all(agents().map((known) => tried(() => lookAt(known))))
  }

  async function lookAt(known: Known): Promise<void> {
    const session = known.agent.session()
    if (session === undefined) return
    const own = await startOf(known).catch((error: Error) => error)
    if (own instanceof Error) {
      await known.agent.stop(own.message)
      known.agent.refuse(own.message)
      return
    }
    const by = lets.get(session)
    const denial = by === undefined ? overOf(own, known) : await gates.lost(by)
    // Somebody may have stopped it meanwhile.
    if (denial === undefined || known.agent.session() !== session) return
    await gates.ended(by ?? own, denial)
    await known.agent.stop(`it may no longer run: ${denial.reason}`)
  }

  function overOf(own: Action, known: Known): Denial | undefined {
    if (grantedUntil(own) !== undefined) granted.add(known)
    else if (granted.has(known) || isOutside(own)) {
      const what = isOutside(own) ? 'the port of its server' : 'what it sees and connects to'
      const reason = `${own.agent} was granted ${what}, and that is over`
      return { outcome: 'deny', class: 'low', gate: 'capability', reason }
    }
    return undefined
  }

  function begin(): Promise<void> {
    running = lookAtAll().finally(() => {
      running = undefined
      arm()
    })
    return running
  }

  function now(): Promise<void> {
    if (running === undefined) return begin()
    next ??= running.then(() => {
      next = undefined
      return begin()
    })
    return next
  }

  /** A look that is waited for already stays where it is: however often something begins, none is put off. */
  function arm(): void {
    if (cancel !== undefined || stopped) return
    if (all.size === 0 && agents().every(({ agent }) => agent.session() === undefined)) return
    cancel = timers.after(EVERY_MS, () => {
      cancel = undefined
      void now()
    })
  }

  return {
    /** Something changed; resolves when all were called after that, and then each agent that runs was looked at. */
    now,
    /** `look` is called again and again, until the function that is returned is called. */
    add(look: Look) {
      all.add(look)
      arm()
      return () => void all.delete(look)
    },
    /** A person started the agent; `action`: as the gates let that through, undefined where they were not asked. */
    started(known: Known, session: Session, action: Action | undefined) {
      if (action === undefined) granted.delete(known)
      else lets.set(session, action)
    },
    stop() {
      stopped = true
      cancel?.()
    },
  }
}
