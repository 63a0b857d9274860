// The requester's side: whom a question of this node is for, what counts as an answer, and when the question is over.
import { FrameError } from '../../../../protocols/frame.ts'
import type { AnswerStatus } from '../../../../protocols/messages/query.ts'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import { toHex } from '../../../base/hex.ts'
import type { Outcome } from '../schema.ts'
import type { Often } from './often.ts'
import { createOutreach, type Outreach, type OutreachDeps } from './outreach.ts'
import { createWays } from './trees.ts'
import type {
  AskId,
  Collected,
  Direct,
  Done,
  Echo,
  EndedBy,
  EventOf,
  Live,
  NewQuestion,
  OpenAnswer,
  RoutedId,
  Sealed,
} from './types.ts'

/** Progress is reported at most ten times a second. */
const PROGRESS_EVERY_MS = 100
/**
 * Summaries of members that have not answered are looked up this long before the deadline, or at half of the time where
 * that is shorter.
 */
const AHEAD_MS = 300
/** Neighbours that have not answered after this long are doubted, or at half of the time where that is shorter. */
const LATE_MS = 1_000

const OUTCOME_OF: Readonly<Record<AnswerStatus, Outcome>> = {
  success: 'answered',
  released: 'answered',
  no_data: 'answered',
  access_denied: 'denied',
  withheld: 'withheld',
  not_supported: 'not_supported',
  busy: 'busy',
  error: 'error',
}

/** The owner could not answer this copy of the question; another copy may have found it with time. */
const PROVISIONAL: ReadonlySet<AnswerStatus> = new Set(['busy', 'error'])

/** What a member comes to if nothing more is heard of it. */
export const soFar = ({ collected, provisional }: Live, node: NodeId): Collected =>
  collected.get(node) ?? provisional.get(node) ?? { outcome: 'unreachable' }

/** Members of whom nothing was heard. */
export const unreachedIn = (live: Live): readonly NodeId[] =>
  [...live.members.keys()].filter((node) => soFar(live, node).outcome === 'unreachable')

export interface AskerDeps extends Omit<OutreachDeps, 'ways'> {
  readonly self: NodeId
  readonly often: Often
  readonly open: OpenAnswer
}

interface Entry {
  readonly live: Live
  readonly outreach: Outreach
  ownIsThere: boolean
  /** `told`: nothing changed since; `changed`: something did, and is told when the timer rings. */
  progress: 'quiet' | 'told' | 'changed'
}

export function createAsker(deps: AskerDeps) {
  const { self, clock, emit, open } = deps
  /** An answer to any other question is late, or was never asked for. */
  const asks = new Map<AskId, Entry>()
  const ways = createWays(clock)

  function changed(entry: Entry): void {
    if (entry.progress === 'quiet') tell(entry)
    else entry.progress = 'changed'
  }

  function tell(entry: Entry): void {
    entry.progress = 'told'
    emit({ do: 'tell', live: entry.live })
    emit({ do: 'timer', timer: `progress ${entry.live.ask}`, ms: PROGRESS_EVERY_MS })
  }

  /** The first word about a member stands, except for a provisional one. */
  function settle(entry: Entry, node: NodeId, collected: Collected): void {
    const { live, outreach } = entry
    if (!asks.has(live.ask) || live.collected.has(node)) return
    live.collected.set(node, collected)
    outreach.settled(node)
    changed(entry)
    endIfAllDone(entry)
  }

  function endIfAllDone(entry: Entry): void {
    const { collected, members } = entry.live
    if (entry.ownIsThere && collected.size === members.size) end(entry, 'all_done')
  }

  function end({ live, outreach }: Entry, by: EndedBy): void {
    const { ask } = live
    if (!asks.delete(ask)) return
    for (const what of ['deadline', 'progress', 'ahead', 'late'] as const)
      emit({ do: 'timer', timer: `${what} ${ask}`, ms: undefined })
    // When everybody has answered, the neighbours that carried the question end by themselves.
    outreach.end(by !== 'all_done')
    emit({ did: 'conclude', live, by })
  }

  const endIfThere = (ask: AskId, by: EndedBy): void => {
    const entry = asks.get(ask)
    if (entry !== undefined) end(entry, by)
  }

  return {
    ask(question: NewQuestion) {
      const live: Live = { ...question, collected: new Map(), provisional: new Map() }
      const { ask, deadlineAt } = live
      const outreach = createOutreach({ ...deps, ways }, live, (node, busy) =>
        settle(entry, node, busy ? { outcome: 'busy' } : soFar(live, node)),
      )
      const entry: Entry = { live, outreach, ownIsThere: false, progress: 'quiet' }
      asks.set(ask, entry)
      const left = Math.max(0, deadlineAt - clock.monotonic())
      emit({ do: 'timer', timer: `deadline ${ask}`, ms: left })
      emit({ do: 'timer', timer: `late ${ask}`, ms: Math.min(LATE_MS, left / 2) })
      if (live.summaries)
        emit({ do: 'timer', timer: `ahead ${ask}`, ms: left - Math.min(AHEAD_MS, left / 2) })
      outreach.start()
      // After the question is on its way: the links are for the next one.
      const ms = deps.often.asks(live)
      if (ms !== undefined) emit({ do: 'link_all', ms })
      changed(entry)
    },
    /** This node's own part of its question is there. */
    own({ ask }: EventOf<'own'>) {
      const entry = asks.get(ask)
      if (entry === undefined) return
      entry.ownIsThere = true
      endIfAllDone(entry)
    },
    /** An answer to a question of this node; `signer` of one over the owner's own link is the neighbour that the connection proves. */
    response(from: NodeId, signer: Uint8Array, response: Sealed | Direct) {
      const entry = asks.get(toHex(response.query_id))
      if (entry === undefined) return
      const { live, outreach } = entry
      const owner = formatNodeId(signer)
      // A neighbour that was asked for itself, and hands in what another node signed, has not answered.
      const node = outreach.carriedBy(from) ? owner : from
      // Coverage counts the members known when the query began, each once.
      if (!live.members.has(node) || live.collected.has(node)) return
      const at_ms = clock.monotonic() - live.startedAt
      try {
        if (owner !== node)
          throw new FrameError('bad_signature', 'the answer is not by the member that was asked')
        const answer = open(live.ask, signer, response)
        const collected: Collected = { outcome: OUTCOME_OF[answer.status], answer, at_ms }
        // The neighbour that brings such an answer may have caused it, by using up its own quota at the owner first.
        if (from !== node && PROVISIONAL.has(answer.status)) {
          live.provisional.set(node, collected)
          changed(entry)
        } else {
          settle(entry, node, collected)
        }
      } catch (error) {
        if (!(error instanceof FrameError)) throw error
        emit({ did: 'refuse_answer', live, node, code: error.code })
        settle(entry, node, { outcome: error.code === 'bad_signature' ? 'bad_signature' : 'error', at_ms })
      }
    },
    /** A neighbour is done with a question. */
    done(from: NodeId, { author, query_id, answered, lost }: Done) {
      if (formatNodeId(author) !== self) return
      // A member that was asked for itself, gave nothing and lost one has lost itself: it had no time (owner.ts).
      asks.get(toHex(query_id))?.outreach.done(from, answered === 0 && lost === 1)
    },
    down(node: NodeId) {
      for (const { outreach } of [...asks.values()]) outreach.down(node)
    },
    echoed({ query_id, tree }: RoutedId, echo: Echo) {
      asks.get(toHex(query_id))?.outreach.echoed(echo, tree !== undefined)
    },
    slow: ({ ask, node }: EventOf<'slow'>) => asks.get(ask)?.outreach.slow(node),
    silent: ({ ask, node }: EventOf<'silent'>) => asks.get(ask)?.outreach.silent(node),
    dialed: ({ ask, node, reached }: EventOf<'dialed'>) => asks.get(ask)?.outreach.dialed(node, reached),
    tree: (ask: AskId) => asks.get(ask)?.outreach.treeIsLate(),
    deadline: (ask: AskId) => endIfThere(ask, 'deadline'),
    progress(ask: AskId) {
      const entry = asks.get(ask)
      if (entry?.progress === 'changed') tell(entry)
      else if (entry !== undefined) entry.progress = 'quiet'
    },
    ahead(ask: AskId) {
      const live = asks.get(ask)?.live
      if (live === undefined) return
      emit({ do: 'look', live, nodes: unreachedIn(live) })
    },
    late: (ask: AskId) => asks.get(ask)?.outreach.late(),
    cancel: ({ ask }: EventOf<'cancel'>) => endIfThere(ask, 'cancelled'),
    /** Ends every question of this node as cancelled. */
    stop() {
      for (const entry of [...asks.values()]) end(entry, 'cancelled')
    },
  }
}
