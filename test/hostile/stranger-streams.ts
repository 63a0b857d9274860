// A stranger that opens streams and resets them as fast as it can, and connects anew whenever it is hung up on.
import { rawPeer } from '../support/mesh/raw-peer.ts'
import { type Attack, turn } from './attack.ts'
import { deafen, openedAndReset, write } from './yamux.ts'

export const strangerStreams: Attack = {
  name: 'stranger-streams',
  by: 'stranger',
  attackers: 4,
  does: 'opens streams and resets them at once, over and over',
  async run({ address }, signal, begun) {
    const done = { connections: 0, bursts: 0 }
    while (!signal.aborted) {
      const peer = await rawPeer()
      try {
        const connection = await peer.dial(address)
        done.connections++
        deafen(connection)
        for (let n = 0; connection.status === 'open' && !signal.aborted; n++) {
          write(connection, openedAndReset(n))
          done.bursts++
          // Not before it was hung up on and came again: a busy machine takes as long for that as the whole trial.
          if (done.connections > 1) begun()
          await turn()
        }
      } catch {
        // Refused at the door, or hung up on in the middle of a burst.
      } finally {
        await peer.stop()
      }
    }
    return done
  },
}
