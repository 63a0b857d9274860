// Descriptors: one plain object per message and per stream, from which limits, quotas, docs and schemas follow.
import type { z } from 'zod'

/**
 * What can travel. A level 0 value is an opaque interface, so it is none of these: a body that holds one
 * does not compile.
 */
export type WireValue = null | boolean | number | string | Uint8Array | readonly WireValue[] | WireBody
export type WireBody = { readonly [key: string]: WireValue | undefined }

export interface Message<B extends WireBody = WireBody> {
  /** Message number, 2 bytes (docs/protocols.md lists them). */
  readonly type: number
  readonly name: string
  /** One sentence: what it says and when it is sent. */
  readonly purpose: string
  /** Most payload bytes a decoder accepts for this type. */
  readonly limit: number
  /**
   * `hop`: signed by the stream's own peer; clock window, nonce and sequence apply.
   * `document`: may travel through others; judged by signature, its own validity and its author's version.
   */
  readonly carried: 'hop' | 'document'
  readonly body: z.ZodType<B>
}

export interface Stream {
  /** `/karo/<name>/<version>`. */
  readonly id: `/karo/${string}/${number}`
  readonly purpose: string
  /** Who may open it: anybody in the lobby, or only peers admitted by both ends. */
  readonly admits: 'lobby' | 'member'
  /** Frames a peer may send: a sustained `frames` per `perMs`, which is also the burst (GCRA). */
  readonly quota: { readonly frames: number; readonly perMs: number }
  /** `link`: one per neighbour while connected. `exchange`: one request, then closed. */
  readonly lifetime: 'link' | 'exchange'
  /**
   * What a hop message rests on: the signature of its sender (absent), or the encrypted connection alone, which has proven the
   * neighbour's key. Its signature is then 64 zero bytes, and its nonce is not remembered: a connection plays nothing again.
   */
  readonly proof?: 'connection'
  readonly timeouts: {
    /** From opening to the first frame; null on links where silence is normal. */
    readonly firstByteMs: number | null
    /** From the first byte of a frame to its last; a slower peer is reset. */
    readonly frameMs: number
  }
  /** Bytes waiting to be written to one peer before frames to it are dropped and the link is reset. */
  readonly sendBufferBytes: number
  readonly messages: Readonly<Record<string, Message>>
}

/** What is told to all members as notices: frames that their authors signed, and that neighbours find out about and get from each other. */
export interface Topic {
  /** `/karo/<name>/<version>`. */
  readonly id: `/karo/${string}/${number}`
  readonly purpose: string
  /** Notices of one author: a sustained `messages` per `perMs`, which is also the burst (GCRA). */
  readonly quota: { readonly messages: number; readonly perMs: number }
  /** For so long a neighbour that lacks a notice is told of it. */
  readonly toldForMs: number
  /** The longest that a node waits for other news before it tells of a notice. */
  readonly waitMs: number
  /** Notices that a node remembers; beyond, the oldest are forgotten. */
  readonly kept: number
  /** Of each author only the newest is told: the one with the highest `version` in its body. */
  readonly newest?: boolean
  readonly messages: Readonly<Record<string, Message>>
}

export function defineMessage<B extends WireBody>(message: Message<B>): Message<B> {
  if (!Number.isInteger(message.type) || message.type < 1 || message.type > 0xffff) {
    throw new RangeError(`${message.name}: a message type is 1 to 0xFFFF`)
  }
  return Object.freeze(message)
}

export function defineStream<const S extends Stream>(stream: S): S {
  return Object.freeze(stream)
}

export function defineTopic<const T extends Topic>(topic: T): T {
  return Object.freeze(topic)
}
