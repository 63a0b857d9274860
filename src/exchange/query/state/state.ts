// The query router as one state machine: events in, commands and facts out, timers as values; no I/O, no clock of its own.
import type { NodeId } from '../../../../protocols/node-id.ts'
import { createAsker } from './asker.ts'
import { createOften } from './often.ts'
import { createOwner, type OwnerDeps } from './owner.ts'
import { createRelay, type RelayDeps } from './relay.ts'
import type { AskId, EventOf, OpenAnswer, QueryAction, QueryEvent, QueryFact, QueryTimer } from './types.ts'

interface QueryStateDeps extends Omit<OwnerDeps, 'relay' | 'often' | 'emit'>, Pick<RelayDeps, 'admits'> {
  /** `[overlay] full_mesh_up_to`. */
  readonly fullMeshUpTo: number
  /** Neighbours whose link is usable now. */
  readonly peers: () => readonly NodeId[]
  readonly open: OpenAnswer
}

export type QueryState = ReturnType<typeof createQueryState>

export function createQueryState(deps: QueryStateDeps) {
  /** What the event under way has led to so far; every part adds to it. */
  let actions: QueryAction[] = []
  const emit = (action: QueryAction): void => void actions.push(action)
  const relay = createRelay({ ...deps, emit })
  const often = createOften(deps.clock, deps.fullMeshUpTo)
  const owner = createOwner({ ...deps, relay, often, emit })
  const asker = createAsker({ ...deps, relay, often, emit })

  function ring(timer: QueryTimer): void {
    const [what, of = ''] = timer.split(' ') as [string, AskId?]
    if (what === 'echo') relay.timeIsOver(of)
    else asker[what as 'tree' | 'deadline' | 'progress' | 'ahead' | 'late'](of)
  }

  const handlers: { readonly [On in QueryEvent['on']]: (event: EventOf<On>) => void } = {
    load: ({ marks }) => owner.load(marks),
    hop: owner.hop,
    response({ from, signer, response, bytes }) {
      if (!relay.response(from, signer, response, bytes)) asker.response(from, signer, response)
    },
    answer: ({ from, signer, answer }) => asker.response(from, signer, answer),
    done({ from, done }) {
      if (done.graft === true) {
        relay.graft(from, done)
        return
      }
      // The asker comes first: the relay may make it ask this neighbour anew, and this ending is not that question's.
      asker.done(from, done)
      relay.done(from, done)
      owner.done(from, done)
    },
    down({ node }) {
      relay.down(node)
      asker.down(node)
    },
    changed: owner.changed,
    timer: ({ timer }) => ring(timer),
    worked: owner.worked,
    ask: asker.ask,
    own: asker.own,
    slow: asker.slow,
    silent: asker.silent,
    dialed: asker.dialed,
    cancel: asker.cancel,
    stop() {
      asker.stop()
      relay.stop()
    },
  }

  /** What one part has done is an event to the others. */
  function tell(fact: QueryFact): void {
    if (fact.did === 'echo') asker.echoed(fact.question, fact.echo)
  }

  return {
    /**
     * Takes one event. The actions are to be performed in their order, before the next event is handed in. Throws nothing
     * but the FrameErrors of `read`, for a `hop`: the neighbour has broken a rule, and nothing has changed here.
     */
    handle(event: QueryEvent) {
      ;(handlers[event.on] as (event: QueryEvent) => void)(event)
      // Grows while it is walked through.
      for (const action of actions) if ('did' in action) tell(action)
      const done = actions
      actions = []
      return done
    },
    /** True while this neighbour works on a question it was handed, waits for one it handed on, or asks often. */
    inUse: (node: NodeId) => relay.inUse(node) || often.keeps(node),
    counts: () => ({ ...relay.counts(), answering: owner.working() }),
  }
}
