// Answers that anybody may make up, as an honest owner would give them but for what a test says.

import { encodeAnswer } from '../../../../protocols/answer.ts'
import { bodyOf, decodeFrame, encodeFrame, type Frame, messageTable } from '../../../../protocols/frame.ts'
import {
  MeshQuery,
  type MeshQueryBody,
  QueryHop,
  Response,
  type SealedAnswer,
} from '../../../../protocols/messages/query.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { type Identity, sealTo, verifySignature } from '../../../../src/trust/identity/index.ts'
import { uses } from './network.ts'

export interface Asked {
  readonly body: MeshQueryBody
  readonly author: Uint8Array
  readonly document: Uint8Array
}

/** The question that a neighbour is handed. */
export function readHop(frame: Frame): Asked {
  const { document } = bodyOf(frame, QueryHop)
  const question = decodeFrame(document, { messages: messageTable([MeshQuery]), verify: verifySignature })
  return { body: bodyOf(question, MeshQuery), author: question.envelope.sender, document }
}

export interface Forgery {
  /** Who signs the Response. */
  readonly signer?: Identity
  /** What the seal is bound to. */
  readonly bound?: { queryId?: Uint8Array; author?: Uint8Array; responder?: Uint8Array }
  readonly answer?: Partial<SealedAnswer> & Record<string, unknown>
  readonly queryId?: Uint8Array
  readonly author?: Uint8Array
  readonly alter?: (sealed: Uint8Array) => Uint8Array
  /** Any bytes in the place of the plaintext. */
  readonly plain?: Uint8Array
}

/** An answer as an honest owner would give it, but for what the forgery says. */
export function forge({ body, author }: Asked, me: Identity, forgery: Forgery = {}): Uint8Array {
  const signer = forgery.signer ?? me
  const plain =
    forgery.plain ??
    encodeAnswer({
      responder: me.publicKey,
      query_id: body.query_id,
      level: 1,
      as_of: Date.now(),
      status: 'success',
      data: { query_type: 'ToolUsage', tools: [uses('evil', 666)] },
      ...forgery.answer,
    } as SealedAnswer)
  const aad = Buffer.concat([
    forgery.bound?.queryId ?? body.query_id,
    forgery.bound?.author ?? author,
    forgery.bound?.responder ?? signer.publicKey,
  ])
  const sealed = sealTo(body.audience_key, plain, aad, systemRandom)
  return encodeFrame(
    Response,
    { sender: signer.publicKey, ts: Date.now(), nonce: new Uint8Array(16).fill(9), seq: 0 },
    {
      query_id: forgery.queryId ?? body.query_id,
      author: forgery.author ?? author,
      sealed: forgery.alter?.(sealed) ?? sealed,
    },
    signer.sign,
  )
}
