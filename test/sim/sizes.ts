// How many bytes a message takes on the wire, without the cost of its signature.
import type { Message, WireBody } from '../../protocols/define.ts'
import { type Envelope, encodeFrame } from '../../protocols/frame.ts'
import { Goodbye, Hello, HelloAck, Ping, Pong } from '../../protocols/messages/hello.ts'
import { NoticeKeys, Notices } from '../../protocols/messages/notices.ts'
import type { Said } from '../../src/mesh/state/types.ts'

/** What is sent: the name of the message, and its bytes. */
export interface Sent {
  readonly name: string
  readonly bytes: number
}

const UNSIGNED = new Uint8Array(64)
/** Of the usual size: every envelope has a key, a time, a nonce and a number. */
const ENVELOPE: Envelope = {
  sender: new Uint8Array(32),
  ts: Date.UTC(2026, 0),
  nonce: new Uint8Array(16),
  seq: 1_000,
}

/** A frame with zeros in the place of its signature. Throws FrameError where the body is above the message's limit. */
export const unsignedFrame = <B extends WireBody>(
  message: Message<B>,
  body: NoInfer<B>,
  envelope = ENVELOPE,
) => encodeFrame(message, envelope, body, () => UNSIGNED)

const frameBytes = <B extends WireBody>(message: Message<B>, body: NoInfer<B>): number =>
  unsignedFrame(message, body).length

/** Of messages that are equally long, field by field, one is measured: a simulation sends some hundred thousand of them. */
const measured = new Map<string, Sent>()

const lengths = (body: NonNullable<unknown>): string =>
  Object.entries(body)
    .map(([name, value]) => `${name} ${value instanceof Uint8Array ? value.length : ''}`)
    .join()

export function controlBytes(said: Said): Sent {
  let kind = Object.keys(said)[0] as string
  if ('keys' in said) kind += lengths(said.keys)
  else if ('notices' in said) kind += `${said.notices.map((frame) => frame.length)} ${said.to?.length}`
  const sent = measured.get(kind) ?? measure(said)
  measured.set(kind, sent)
  return sent
}

function measure(said: Said): Sent {
  if ('keys' in said) return { name: 'NoticeKeys', bytes: frameBytes(NoticeKeys, said.keys) }
  if ('notices' in said) {
    const { notices: frames, to } = said
    return { name: 'Notices', bytes: frameBytes(Notices, { frames, ...(to === undefined ? {} : { to }) }) }
  }
  if ('hello' in said) return { name: 'Hello', bytes: frameBytes(Hello, said.hello) }
  if ('ack' in said)
    return { name: 'HelloAck', bytes: frameBytes(HelloAck, { stage: said.ack, skew_ms: 12 }) }
  if ('ping' in said) return { name: 'Ping', bytes: frameBytes(Ping, { id: 1 << 30 }) }
  if ('pong' in said) return { name: 'Pong', bytes: frameBytes(Pong, { id: 1 << 30 }) }
  return { name: 'Goodbye', bytes: 'goodbye' in said ? frameBytes(Goodbye, { reason: said.goodbye }) : 0 }
}
