// Notices as a hostile member tells them: it names them, and brings them without being asked.
import { randomBytes } from 'node:crypto'
import type { Topic } from '../../../protocols/define.ts'
import { decodeFrame, encodeFrame, FrameError, messageTable } from '../../../protocols/frame.ts'
import { KEY_BYTES, NAME_BYTES, NoticeKeys, Notices } from '../../../protocols/messages/notices.ts'
import { Presence } from '../../../protocols/messages/presence.ts'
import { blake3 } from '../../../src/base/hash.ts'
import { toHex } from '../../../src/base/hex.ts'
import { noticeOf } from '../../../src/mesh/notices/intake.ts'
import { CAPABILITIES } from './capabilities.ts'
import { testIdentity } from './identity.ts'
import type { RawStream } from './raw-peer.ts'

interface Named {
  readonly name: string
  readonly version: number
}

/** How a NoticeKeys names this notice. */
export function keyOf({ name, version }: Named): Uint8Array {
  const key = Buffer.alloc(KEY_BYTES)
  key.write(name, 'hex')
  key.writeUIntBE(version, NAME_BYTES, KEY_BYTES - NAME_BYTES)
  return key
}

/** What cannot be read is named by its bytes all the same. */
function nameOf(topic: Topic, bytes: Uint8Array): Named {
  const messages = messageTable(Object.values(topic.messages))
  try {
    return noticeOf(topic, decodeFrame(bytes, { messages, verify: () => true }))
  } catch (error) {
    if (!(error instanceof FrameError)) throw error
    return { name: toHex(blake3([bytes], NAME_BYTES)), version: Date.now() }
  }
}

/** Over the control stream of a peer that joined. */
export function tellNotices(control: RawStream, topic: Topic, frames: readonly Uint8Array[]): void {
  const keys = frames.map((frame) => keyOf(nameOf(topic, frame)))
  control.send(control.frame(NoticeKeys, { keys: new Uint8Array(Buffer.concat(keys)) }))
  control.send(control.frame(Notices, { frames }))
}

/** A member that there is not, and what it says of itself. */
export function inventedPresence(name: string): Uint8Array {
  const author = testIdentity(randomBytes(32))
  const now = Date.now()
  return encodeFrame(
    Presence,
    { sender: author.publicKey, ts: now, nonce: randomBytes(16), seq: 0 },
    { version: now, state: 'online', again_s: 300, name, capabilities: CAPABILITIES, listen: [], lost: [] },
    (bytes) => author.sign(bytes),
  )
}
