// The query room: the state machine that decides, and around it the edge that performs on one link protocol what it says.
import { bodyOf } from '../../../protocols/frame.ts'
import { DirectAnswer, QueryDone, QueryHop, Response } from '../../../protocols/messages/query.ts'
import { formatNodeId } from '../../../protocols/node-id.ts'
import { query as queryStream } from '../../../protocols/registry.ts'
import { within } from '../../base/async/deadline.ts'
import { createMailbox } from '../../base/async/mailbox.ts'
import { createAlarms } from '../../base/timers.ts'
import { createPrincipals } from '../../trust/operators/index.ts'
import { createWorker } from './answering/work.ts'
import { createAskerEdge } from './asking/ask.ts'
import { authorOf, readQuestion } from './document.ts'
import { createQueryState } from './state/state.ts'
import type { QueryAction, QueryCommand, QueryEvent, QueryFact, QueryTimer } from './state/types.ts'
import type { QueryDeps } from './types.ts'

/** When the room stops, answers under way get this long. */
const DRAIN_MS = 1_000

type Table<Kind extends string, All extends QueryAction> = {
  readonly [K in Kind]: (action: Extract<All, { readonly do: K } | { readonly did: K }>) => void
}

/**
 * Registers its protocol with the mesh, and starts before it (after the store): no question may come in before the ones
 * already taken up are known.
 */
export function createQuery(deps: QueryDeps) {
  const log = deps.log.child({ room: 'query' })
  const { mesh, trust, sharing, replay, clock, timers } = deps
  const { put, open, hold } = createMailbox<QueryEvent>()
  const link = mesh.link(queryStream)
  const alarms = createAlarms<QueryTimer>(timers, (timer) => put({ on: 'timer', timer }))
  const changed = (): void => put({ on: 'changed' })
  const stopWatching = [trust.onChange(changed), sharing.onChange(changed)]
  const principals = createPrincipals({ opinion: trust.opinion, operators: deps.operators, clock })
  const worker = createWorker({ ...deps, principals, log, link, put })
  const asker = createAskerEdge({ ...deps, log, put })
  const state = createQueryState({
    self: formatNodeId(deps.identity.publicKey),
    fullMeshUpTo: deps.config.overlay.full_mesh_up_to,
    peers: () => link.peers().map(({ nodeId }) => nodeId),
    linked: link.has,
    clock,
    read: readQuestion,
    authorOf,
    open: asker.open,
    memberOf: trust.memberOf,
    admits: trust.admits,
  })

  const commands: Table<QueryCommand['do'], QueryCommand> = {
    timer: alarms.set,
    hand: ({ to, hop, trace }) => void link.sendHop(to, QueryHop, hop, trace),
    end: ({ to, done }) => void link.sendHop(to, QueryDone, done),
    answer: worker.give,
    pass: ({ to, bytes }) => void link.sendDocument(to, bytes),
    work: worker.work,
    refuse: worker.refuse,
    dial: asker.dial,
    doubt({ ask, node }) {
      if (mesh.doubt(node)) put({ on: 'silent', ask, node })
    },
    look: asker.look,
    link_all: ({ ms }) => mesh.linkAll(ms),
    tell: asker.tell,
  }
  const facts: Table<QueryFact['did'], QueryFact> = {
    echo({ echo: { silent, answered, lost } }) {
      log.debug({ answered, lost, silent: silent.size }, 'the echo is over')
    },
    answer: worker.answered,
    give_up: worker.gaveUp,
    turn_away: ({ from }) => worker.turnedAway(from),
    refuse_answer: asker.refused,
    conclude: asker.concluded,
  }
  const handle = (event: QueryEvent): void => {
    for (const action of state.handle(event)) {
      if ('do' in action) (commands[action.do] as (command: QueryCommand) => void)(action)
      else (facts[action.did] as (fact: QueryFact) => void)(action)
    }
  }
  open(handle)

  link.serve({
    frame({ nodeId: from, publicKey: signer }, frame) {
      // A question is handled before this returns, because the link has to hear of one that breaks a rule.
      if (frame.message === QueryHop) hold(() => handle({ on: 'hop', from, hop: bodyOf(frame, QueryHop) }))
      else if (frame.message === QueryDone) put({ on: 'done', from, done: bodyOf(frame, QueryDone) })
      else if (frame.message === Response) {
        const { bytes, envelope } = frame
        put({ on: 'response', from, signer: envelope.sender, response: bodyOf(frame, Response), bytes })
      } else if (frame.message === DirectAnswer) {
        put({ on: 'answer', from, signer, answer: bodyOf(frame, DirectAnswer) })
      }
    },
    down: ({ nodeId: node }) => put({ on: 'down', node }),
    // A neighbour is kept while an echo goes over it, because the answers of owners that refuse the asker come no other way,
    // and while it asks often, because its questions cost least over its own link.
    inUse: state.inUse,
  })

  return {
    name: 'query',
    async start() {
      put({ on: 'load', marks: await replay.load(clock.now()) })
    },
    async stop() {
      for (const stop of stopWatching) stop()
      asker.stop()
      const { relayed, dropped } = state.counts()
      log.info({ relayed, dropped }, 'answers carried for others')
      put({ on: 'stop' })
      await within(worker.idle(), DRAIN_MS)
    },
    /**
     * Asks every known member and this node itself. Resolves with a complete result, at the latest at the deadline,
     * when cancelled too, as it is when the login of `acting` ends. KaroErrors: bad_request, refused (the login does not cover
     * this type), rate_limited (too many at once), unavailable (stopping).
     */
    ask: asker.ask,
    /**
     * `asking`: this node's own questions under way. `answering`: questions of other nodes that are worked on here. `relayed` and
     * `relay_dropped`: answers passed on for other nodes since the start, and those that a bound kept back.
     */
    status() {
      const { relayed, dropped, answering } = state.counts()
      return { asking: asker.asking(), answering, relayed, relay_dropped: dropped }
    },
  }
}

export type Query = ReturnType<typeof createQuery>
