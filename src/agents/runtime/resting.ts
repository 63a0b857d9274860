// Stops agents that may not run any more: a grant ended, the person who started it lost the right, or its manifest was changed.
import { isOutside } from '../manifest/outside.ts'
import type { Action, Gates, Verdict } from '../types.ts'
import type { Known } from './registry.ts'
import type { Session } from './session.ts'

export interface RestingDeps {
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

type Denial = Extract<Verdict, { readonly outcome: 'deny' }>

interface Resting {
  /** A person started it; `action`: as the gates let that through, undefined where they were not asked. */
  started(known: Known, session: Session, action: Action | undefined): void
  look(): Promise<void>
}

export function createResting({ agents, gates, grantedUntil, startOf }: RestingDeps): Resting {
  const lets = new WeakMap<Session, Action>()
  /** Agents that once had all their grants. One that only reads, in a jail, may also be started before anything is granted to it. */
  const granted = new WeakSet<Known>()

  async function lookAt(known: Known, session: Session): Promise<void> {
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

  return {
    started(known, session, action) {
      if (action === undefined) granted.delete(known)
      else lets.set(session, action)
    },
    async look() {
      await Promise.all(
        agents().map(async (known) => {
          const session = known.agent.session()
          if (session !== undefined) await lookAt(known, session)
        }),
      )
    },
  }
}
