// Questions and answers as signed documents: written, read and bound to each other; no I/O, no state.
import { decodeAnswer, encodeAnswer } from '../../../protocols/answer.ts'
import {
  bodyOf,
  decodeFrame,
  type Envelope,
  encodeFrame,
  FrameError,
  messageTable,
  NONCE_BYTES,
} from '../../../protocols/frame.ts'
import {
  isQueryType,
  MeshQuery,
  type MeshQueryBody,
  QUERY_LIFE_MS,
  type QueryFilter,
  type QueryType,
  Response,
  type SealedAnswer,
} from '../../../protocols/messages/query.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import {
  type Identity,
  isFuture,
  isSame,
  newSealingKey,
  openSealed,
  type SealingKey,
  sealTo,
  verifySignature,
} from '../../trust/identity/index.ts'
import { type Acting, delegationDigest } from '../../trust/operators/index.ts'
import { queryType } from './query-types/index.ts'

const QUERY_ID_BYTES = 16

export interface Author extends Pick<Ambient, 'clock' | 'random'> {
  readonly identity: Pick<Identity, 'publicKey' | 'sign'>
  /** Sees the plaintext of every answer before it is sealed. */
  readonly onEncoded?: ((bytes: Uint8Array) => void) | undefined
}

/** A question of this node, and the key its answers are sealed to. Without the key nobody can open them. */
export interface OwnQuestion {
  readonly bytes: Uint8Array
  readonly body: MeshQueryBody
  readonly key: SealingKey
}

export function writeQuestion(
  author: Author,
  ask: {
    readonly query_type: string
    readonly level: 1 | 2 | undefined
    readonly time_range: { readonly start: number; readonly end: number }
    readonly filters?: readonly QueryFilter[]
    /** Absent: this node asks for itself. */
    readonly acting?: Pick<Acting, 'audience' | 'delegation' | 'chain'> | undefined
  },
  trace: Uint8Array,
): OwnQuestion {
  const { acting } = ask
  const key = acting?.audience ?? newSealingKey(author.random)
  const created_at = author.clock.now()
  const body: MeshQueryBody = {
    query_id: author.random.bytes(QUERY_ID_BYTES),
    query_type: ask.query_type,
    level: ask.level,
    time_range: ask.time_range,
    filters: ask.filters ?? [],
    audience_key: key.publicKey,
    operator: acting && { delegation: acting.delegation, chain: acting.chain },
    created_at,
    // The question expires after its longest life, not after the asker's wait, because owners' clocks differ from the asker's.
    expires_at: created_at + QUERY_LIFE_MS,
  }
  return { bytes: encodeFrame(MeshQuery, envelopeOf(author, trace), body, author.identity.sign), body, key }
}

/** Another node's question as the owner of the data reads it. */
export interface Question {
  readonly author: Uint8Array
  readonly authorId: NodeId
  readonly body: MeshQueryBody
  readonly trace: Uint8Array | undefined
}

/**
 * The type of a question as the ledger, the log and metrics name it. All names that this release does not know are one
 * word, because their author chose them: each could otherwise have counts of its own.
 */
export const typeWord = ({ query_type }: Pick<MeshQueryBody, 'query_type'>): QueryType | 'unknown' =>
  isQueryType(query_type) ? query_type : 'unknown'

const QUESTIONS = messageTable([MeshQuery])

/**
 * The question in a hop frame. Judged as a document: its author's signature and its own validity at `now`.
 * FrameErrors: those of decodeFrame; `stale` when it expired or comes from the future; `malformed` when the hop
 * speaks of another query id.
 */
export function readQuestion(document: Uint8Array, queryId: Uint8Array, now: number): Question {
  const frame = decodeFrame(document, { messages: QUESTIONS, verify: verifySignature })
  const body = bodyOf(frame, MeshQuery)
  if (now >= body.expires_at) throw new FrameError('stale', 'the question expired')
  // The author's clock may be ahead of this node's by as much as a hop frame's.
  if (isFuture(body.created_at, now)) throw new FrameError('stale', 'a question from the future')
  if (!isSame(body.query_id, queryId)) throw new FrameError('malformed', 'the hop names another question')
  const author = frame.envelope.sender
  return { author, authorId: formatNodeId(author), body, trace: frame.envelope.trace }
}

type AnswerBody = DistributiveOmit<SealedAnswer, 'responder' | 'query_id' | 'as_of' | 'delegation'>
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

export type { AnswerBody }

/** The bytes of this node's answer, for `sealAnswer` or a DirectAnswer. FrameError when it does not fit its schema or its limit. */
export function writeAnswer(owner: Author, question: Question, answer: AnswerBody): Uint8Array {
  const { query_id, operator } = question.body
  const responder = owner.identity.publicKey
  const judged = operator === undefined ? {} : { delegation: delegationDigest(operator.delegation) }
  const plain = encodeAnswer({ ...answer, ...judged, responder, query_id, as_of: owner.clock.now() })
  owner.onEncoded?.(plain)
  return plain
}

/**
 * A Response frame: the answer sealed to the question's audience key, signed by this node. The seal is bound to the
 * question, its author and this node, so it opens nowhere else. Throws KaroError when the audience key is unusable.
 */
export function sealAnswer(owner: Author, question: Question, plain: Uint8Array): Uint8Array {
  const { query_id, audience_key } = question.body
  const responder = owner.identity.publicKey
  const sealed = sealTo(audience_key, plain, binding(query_id, question.author, responder), owner.random)
  const body = { query_id, author: question.author, sealed }
  return encodeFrame(Response, envelopeOf(owner, question.trace), body, owner.identity.sign)
}

/**
 * Opens what `responder` signed. `bad_signature`: not sealed by it for this question of `author`, or altered.
 * `malformed`: its own answer, but not one to this question.
 */
export function openAnswer(
  question: OwnQuestion,
  author: Uint8Array,
  responder: Uint8Array,
  sealed: Uint8Array,
): SealedAnswer {
  const { query_id } = question.body
  const plain = openSealed(question.key.privateKey, sealed, binding(query_id, author, responder))
  if (plain === undefined) throw new FrameError('bad_signature', 'the answer does not open')
  return readAnswer(question, responder, plain)
}

/** The same for an answer that came over the owner's own link: the connection has proven `responder`. */
export function readAnswer(question: OwnQuestion, responder: Uint8Array, plain: Uint8Array): SealedAnswer {
  const { query_id, query_type, level, filters, operator } = question.body
  const answer = decodeAnswer(plain)
  if (!isSame(answer.responder, responder) || !isSame(answer.query_id, query_id)) {
    throw new FrameError('malformed', 'the answer names another owner or question')
  }
  // It judged the node and not the operator: what it says or gives is not for the operator.
  if (operator !== undefined && !isAbout(answer, operator.delegation)) {
    const { responder: owner, query_id: id, as_of } = answer
    return { responder: owner, query_id: id, as_of, level: answer.level, status: 'not_supported' }
  }
  if (level !== undefined && answer.level !== level) throw new FrameError('malformed', 'another level')
  // Releases answer questions at level 2 alone. A question about single nodes, or without a level, asked for none.
  if (answer.status === 'released' && level !== 2) throw new FrameError('malformed', 'releases at level 1')
  if (answer.status === 'success') checkData(answer, query_type, responder, filters.length > 0)
  return answer
}

/** Whether the owner judged this delegation; that it was too busy to judge anything says nothing about its release. */
function isAbout({ status, delegation }: SealedAnswer, asked: Uint8Array): boolean {
  if (status === 'busy' || status === 'error') return true
  return delegation !== undefined && isSame(delegation, delegationDigest(asked))
}

function checkData(
  answer: Extract<SealedAnswer, { status: 'success' }>,
  asked: string,
  responder: Uint8Array,
  filtered: boolean,
): void {
  const { data } = answer
  if (data.query_type !== asked) throw new FrameError('malformed', 'another query type')
  // Level 2 has no single owner's numbers: plain ones in their place are refused.
  if (answer.level !== 1) throw new FrameError('malformed', 'numbers at level 2')
  const about = { responder: formatNodeId(responder), filtered }
  if (!queryType(data.query_type).plausible(data, about)) {
    throw new FrameError('malformed', 'numbers that cannot be')
  }
}

/** The author that a MeshQuery frame names. Its signature is not checked, to save time. FrameErrors: those of decodeFrame. */
export const authorOf = (document: Uint8Array): Uint8Array =>
  decodeFrame(document, { messages: QUESTIONS, verify: () => true }).envelope.sender

/** Associated data of an answer: query id 16 ‖ author 32 ‖ responder 32. */
function binding(queryId: Uint8Array, author: Uint8Array, responder: Uint8Array): Uint8Array {
  return Buffer.concat([queryId, author, responder])
}

function envelopeOf({ identity, clock, random }: Author, trace: Uint8Array | undefined): Envelope {
  return {
    sender: identity.publicKey,
    ts: clock.now(),
    nonce: random.bytes(NONCE_BYTES),
    seq: 0,
    trace,
  }
}
