// Members that tell of ever new members whom they have invented.
import { presence } from '../../protocols/registry.ts'
import { inventedPresence, rawGossip } from '../support/mesh/raw-gossip.ts'
import { type Attack, asMember, turn } from './attack.ts'

/** In one message of the router: the next ones are made when these have left. */
const AT_ONCE = 20
/** Bytes that wait to be read by the other side, before more are made. */
const WAITING_MAX = 64 * 1024

export const memberPresences: Attack = {
  name: 'member-presences',
  by: 'member',
  attackers: 5,
  does: 'tell of members that they have invented, as fast as they can sign',
  async run(place, signal, begun) {
    const done = { connections: 0, presences: 0 }
    await asMember(place, signal, async (peer, connection) => {
      const gossip = await rawGossip(peer, connection)
      done.connections++
      gossip.subscribe(presence.id)
      while (!signal.aborted && gossip.stream.open()) {
        gossip.publish(presence, ...Array.from({ length: AT_ONCE }, (_, i) => inventedPresence(`m${i}`)))
        done.presences += AT_ONCE
        begun()
        while (!signal.aborted && gossip.stream.stream.writeBufferLength > WAITING_MAX) await turn()
        await turn()
      }
    })
    return done
  },
}
