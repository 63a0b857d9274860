// What goes into the query router's state machine and what comes out of it, as values: events, commands, facts and timers.
import type {
  AnswerStatus,
  DirectAnswer,
  QueryDone,
  QueryHop,
  Response,
  SealedAnswer,
} from '../../../../protocols/messages/query.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { TimerRequest } from '../../../base/timers.ts'
import type { ReplayMark } from '../../../store/tables/replay.ts'
import type { Member } from '../../../trust/peers/index.ts'
import type { Question } from '../document.ts'
import type { Outcome, QueryResult } from '../schema.ts'

type BodyOf<M extends { readonly body: { readonly _output: unknown } }> = M['body']['_output']
export type Hop = BodyOf<typeof QueryHop>
export type Done = BodyOf<typeof QueryDone>
export type Sealed = BodyOf<typeof Response>
export type Direct = BodyOf<typeof DirectAnswer>

/** A question as it is handed on. */
export interface Routed {
  readonly author: Uint8Array
  readonly query_id: Uint8Array
  /** The MeshQuery frame as its author signed it. */
  readonly document: Uint8Array
  readonly trace: Uint8Array | undefined
}
/**
 * What names a question on its way: authors choose ids, so two authors may have chosen the same one; and over a tree it
 * travels apart from the echo that may follow.
 */
export interface RoutedId extends Pick<Routed, 'author' | 'query_id'> {
  /** The tree it goes over; absent: an echo over every link. */
  readonly tree?: Uint8Array | undefined
}

/** One of this node's own questions: its query id in 32 hex digits. */
export type AskId = string
/** One piece of work on another node's question; a number is never used twice. */
export type WorkId = number
export type EndedBy = QueryResult['ended_by']

/** The edge's data about a question of this node at its beginning. */
export interface NewQuestion {
  readonly ask: AskId
  readonly question: Routed
  /** The members known now; answers of other nodes do not count. */
  readonly members: ReadonlyMap<NodeId, Member>
  /** How many members this node knows, whether they are asked or not. */
  readonly known: number
  /** Monotonic, ms. */
  readonly startedAt: number
  readonly deadlineAt: number
  /** Published summaries may stand in for members that do not answer. */
  readonly summaries: boolean
}

/** The outcome of one member. */
export interface Collected {
  readonly outcome: Outcome
  readonly answer?: SealedAnswer
  /** Since the query began. Absent: it said nothing. */
  readonly at_ms?: number
}

/** A question of this node while it is under way. */
export interface Live extends NewQuestion {
  readonly collected: Map<NodeId, Collected>
  /** Of members that are not settled: `busy` or `error`, brought by others. Stands when nothing better comes. */
  readonly provisional: Map<NodeId, Collected>
}

/** An answer of this node as the edge wrote it. `about`: what the edge wants back with the fact `answered`. */
export interface Written<About = unknown> {
  /** As it is before it is sealed. */
  readonly plain: Uint8Array
  /** The Response frame, sealed and signed; the same bytes each time. Throws KaroError when the audience key is unusable. */
  readonly sealed: () => Uint8Array
  readonly status: AnswerStatus
  readonly about: About
}

export type QueryTimer =
  /** The neighbours' time for a question that was handed to them is over. */
  | `echo ${string}`
  | `deadline ${AskId}`
  /** The question went over a tree, and an echo follows where somebody is still missing. */
  | `tree ${AskId}`
  /** Neighbours that have not answered by then are doubted. */
  | `late ${AskId}`
  /** The next progress may be told. */
  | `progress ${AskId}`
  /** Summaries of the members that are still missing are to be looked up. */
  | `ahead ${AskId}`

export type QueryEvent =
  /** Questions that were taken up before a restart. */
  | { readonly on: 'load'; readonly marks: readonly ReplayMark[] }
  | { readonly on: 'hop'; readonly from: NodeId; readonly hop: Hop }
  /** `signer`: the key that signed the answer; `bytes`: the whole frame. */
  | {
      readonly on: 'response'
      readonly from: NodeId
      readonly signer: Uint8Array
      readonly response: Sealed
      readonly bytes: Uint8Array
    }
  /** A neighbour's own answer to a question of this node, over its own link. */
  | { readonly on: 'answer'; readonly from: NodeId; readonly signer: Uint8Array; readonly answer: Direct }
  | { readonly on: 'done'; readonly from: NodeId; readonly done: Done }
  /** The link to this neighbour is gone. */
  | { readonly on: 'down'; readonly node: NodeId }
  /** Somebody's consent changed, or the trust in somebody. */
  | { readonly on: 'changed' }
  | { readonly on: 'timer'; readonly timer: QueryTimer }
  /** The edge has written the answer that a `work` command asked for, or could not. */
  | { readonly on: 'worked'; readonly work: WorkId; readonly answer: Written | undefined }
  | ({ readonly on: 'ask' } & NewQuestion)
  /** This node's own part of its question is there, whatever became of it. */
  | { readonly on: 'own'; readonly ask: AskId }
  /** The machine of a node that is dialed has answered, and the rest takes longer than a dial usually does. */
  | { readonly on: 'slow'; readonly ask: AskId; readonly node: NodeId }
  /** This neighbour does not even say that it is there. */
  | { readonly on: 'silent'; readonly ask: AskId; readonly node: NodeId }
  | { readonly on: 'dialed'; readonly ask: AskId; readonly node: NodeId; readonly reached: boolean }
  /** The person takes the question back. */
  | { readonly on: 'cancel'; readonly ask: AskId }
  | { readonly on: 'stop' }

/** What the edge is to do. */
export type QueryCommand =
  | ({ readonly do: 'timer' } & TimerRequest<QueryTimer>)
  | { readonly do: 'hand'; readonly to: NodeId; readonly hop: Hop; readonly trace: Uint8Array | undefined }
  | { readonly do: 'end'; readonly to: NodeId; readonly done: Done }
  /** Sends this node's own answer: as it is to the asker itself, sealed to everybody else. */
  | {
      readonly do: 'answer'
      readonly to: NodeId
      readonly question: Question
      readonly answer: Pick<Written, 'plain' | 'sealed'>
    }
  /** Sends another owner's answer as that one signed it. */
  | { readonly do: 'pass'; readonly to: NodeId; readonly bytes: Uint8Array }
  /**
   * Gathers, seals and signs this node's answer to a question that `from` handed on; `worked` follows. `isNew`: the mark
   * of the question has to be on disk before. `attempt`: 0, then one more whenever consent or trust changed meanwhile.
   */
  | {
      readonly do: 'work'
      readonly work: WorkId
      readonly question: Question
      readonly from: NodeId
      readonly isNew: boolean
      readonly attempt: number
    }
  /** Seals, signs and sends a refusal that says nothing but its status. */
  | {
      readonly do: 'refuse'
      readonly question: Question
      readonly status: 'busy' | 'error'
      readonly to: readonly NodeId[]
    }
  /**
   * One dial; `dialed` follows. Each `ms` milliseconds it is looked at: it goes on while the other machine answers, at most
   * as long as the question, which the first look tells by `slow`; else it ends.
   */
  | { readonly do: 'dial'; readonly ask: AskId; readonly node: NodeId; readonly ms: number }
  /** This neighbour owes an answer; `silent` may follow. */
  | { readonly do: 'doubt'; readonly ask: AskId; readonly node: NodeId }
  /** Summaries of these members are to be looked up, because no answer of theirs has come. */
  | { readonly do: 'look'; readonly live: Live; readonly nodes: readonly NodeId[] }
  /** This node asks often: for so long it wants links to all members. */
  | { readonly do: 'link_all'; readonly ms: number }
  /** Tells the person how far the question has come. */
  | { readonly do: 'tell'; readonly live: Live }

/** What has happened: told to the other parts of the machine, and to the edge for ledger, log and metrics. */
export type QueryFact =
  /** An own question that travelled over a tree, or as an echo, came back. */
  | { readonly did: 'echo'; readonly question: RoutedId; readonly echo: Echo }
  /** This node's answer to a question is written, and what has to be sent of it was commanded before: `answer`, if anything. */
  | { readonly did: 'answer'; readonly question: Question; readonly answer: Written }
  /** Consent or trust kept changing, so no answer could be given. */
  | { readonly did: 'give_up'; readonly question: Question }
  /** A question of this neighbour was refused because of a bound. */
  | { readonly did: 'turn_away'; readonly from: NodeId }
  /** An answer to an own question was refused. */
  | { readonly did: 'refuse_answer'; readonly live: Live; readonly node: NodeId; readonly code: string }
  /** An own question is over: its dials are stopped, and the result can be made. */
  | { readonly did: 'conclude'; readonly live: Live; readonly by: EndedBy }

export type QueryAction = QueryCommand | QueryFact
export type EventOf<On extends QueryEvent['on']> = Extract<QueryEvent, { readonly on: On }>
export type Command<Do extends QueryCommand['do']> = Extract<QueryCommand, { readonly do: Do }>
export type Fact<Did extends QueryFact['did']> = Extract<QueryFact, { readonly did: Did }>
/** Takes one action; the machine's parts share one list of them. */
export type Emit = (action: QueryAction) => void

/** How an own question came back. */
export interface Echo {
  /** Neighbours with a link that did not end by themselves. */
  readonly silent: ReadonlySet<NodeId>
  /** The neighbours' word, for the log only: answers they handed to this node, and neighbours of theirs that did not end. */
  readonly answered: number
  readonly lost: number
}

/** Opens an answer to an own question. Throws FrameError `bad_signature` or another one for an answer that cannot be. */
export type OpenAnswer = (ask: AskId, responder: Uint8Array, response: Sealed | Direct) => SealedAnswer
