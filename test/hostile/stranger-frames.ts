// A stranger that tries every flood below all protocols in turn: pings, window updates, data for nobody, huge frames.
import { rawPeer } from '../support/mesh/raw-peer.ts'
import { type Attack, turn } from './attack.ts'
import { BURSTS, deafen, write, writeEmpty } from './yamux.ts'

const KINDS = Object.values(BURSTS)
/** More than one connection is ever let send. */
const BURSTS_EACH = 5_000

export const strangerFrames: Attack = {
  name: 'stranger-frames',
  by: 'stranger',
  attackers: 2,
  does: 'floods the muxer and the encryption with frames that mean nothing',
  async run({ address, seed }, signal, begun) {
    const done = { connections: 0, bursts: 0 }
    for (let kind = seed; !signal.aborted; kind++) {
      const peer = await rawPeer()
      try {
        const connection = await peer.dial(address)
        done.connections++
        deafen(connection)
        const burst = KINDS[kind % (KINDS.length + 1)]
        for (let n = 0; n < BURSTS_EACH && connection.status === 'open' && !signal.aborted; n++) {
          if (burst === undefined) writeEmpty(connection, 64)
          else write(connection, burst(n))
          done.bursts++
          begun()
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
