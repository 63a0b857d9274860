// Presences as a hostile member tells them: it names them, and brings them without being asked.
import { randomBytes } from 'node:crypto'
import { decodeFrame, encodeFrame } from '../../../protocols/frame.ts'
import { KEY_BYTES, LINK_BYTES, Presence, Presences, Roster } from '../../../protocols/messages/presence.ts'
import { formatNodeId, type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import { MESSAGES } from '../../../protocols/registry.ts'
import { fingerprintOf } from '../../../src/trust/identity/index.ts'
import { testIdentity } from './mesh-node.ts'
import type { RawStream } from './raw-peer.ts'

/** How a Roster names this presence. */
export function keyOf({
  author,
  body,
}: {
  readonly author: NodeId
  readonly body: { readonly version: number }
}): Uint8Array {
  const key = Buffer.alloc(KEY_BYTES)
  key.write(fingerprintOf(parseNodeId(author) as Uint8Array), 'hex')
  key.writeUIntBE(body.version, LINK_BYTES, KEY_BYTES - LINK_BYTES)
  return key
}

/** Over the control stream of a peer that joined. */
export function tellPresences(control: RawStream, frames: readonly Uint8Array[]): void {
  const keys = frames.map((frame) => {
    const { envelope, body } = decodeFrame(frame, { messages: MESSAGES, verify: () => true })
    return keyOf({ author: formatNodeId(envelope.sender), body: body as { version: number } })
  })
  control.send(control.frame(Roster, { keys: new Uint8Array(Buffer.concat(keys)) }))
  control.send(control.frame(Presences, { frames }))
}

/** A member that there is not, and what it says of itself. */
export function inventedPresence(name: string): Uint8Array {
  const author = testIdentity(randomBytes(32))
  const now = Date.now()
  const capabilities = {
    protocol_version: 1,
    karo_version: '0.1.0',
    can_aggregate: false,
    supports_level1: true,
    supports_level2: false,
  }
  return encodeFrame(
    Presence,
    { sender: author.publicKey, ts: now, nonce: randomBytes(16), seq: 0 },
    { version: now, state: 'online', name, capabilities, listen: [], lost: [] },
    (bytes) => author.sign(bytes),
  )
}
