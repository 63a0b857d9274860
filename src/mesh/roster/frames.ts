// Presences as signed frames: signs this node's own, and verifies those of others that a neighbour brings.
import type { Topic } from '../../../protocols/define.ts'
import { bodyOf, encodeFrame, NONCE_BYTES } from '../../../protocols/frame.ts'
import { Presence, type PresenceBody } from '../../../protocols/messages/presence.ts'
import { formatNodeId } from '../../../protocols/node-id.ts'
import { hello } from '../../../protocols/registry.ts'
import type { Intake } from '../gossip/intake.ts'
import type { ChannelDeps } from '../link/channel.ts'
import { type RosterDeps, TOLD_FOR_MS } from './roster.ts'

const PRESENCES: Topic = {
  id: hello.id,
  purpose: 'Presences, whoever brings them.',
  // A node says one presence every few minutes, and more for a while where nodes and links come and go.
  quota: { messages: 20, perMs: 60_000 },
  messages: { Presence },
}

export function createPresences(deps: {
  readonly channel: Pick<ChannelDeps, 'identity' | 'clock' | 'random'>
  readonly intake: Pick<Intake, 'open'>
}) {
  const { identity, clock, random } = deps.channel
  return {
    seal: (body: PresenceBody): Uint8Array =>
      encodeFrame(
        Presence,
        { sender: identity.publicKey, ts: clock.now(), nonce: random.bytes(NONCE_BYTES), seq: 0 },
        body,
        (signed) => identity.sign(signed),
      ),
    open: ((bytes, from, isExpected) => {
      const frame = deps.intake.open(PRESENCES, bytes, from, isExpected, TOLD_FOR_MS)
      return frame && { author: formatNodeId(frame.envelope.sender), body: bodyOf(frame, Presence) }
    }) satisfies RosterDeps['open'],
  }
}
