// A member that sends every kind of bad frame in turn, and opens a new stream after each refusal.
import { ATTACKS, type Attack as Bad, linkOf } from '../support/mesh/attacks.ts'
import { randomOf } from '../support/run/random.ts'
import { type Attack, asMember, turn } from './attack.ts'

export const memberMalformed: Attack = {
  name: 'member-malformed',
  by: 'member',
  attackers: 1,
  does: 'sends malformed, forged and repeated frames, each on a new stream',
  async run(place, signal, begun) {
    const done = { connections: 0, frames: 0 }
    const random = randomOf(place.seed)
    await asMember(place, signal, async (peer, connection) => {
      done.connections++
      while (!signal.aborted && connection.status === 'open') {
        const attack = ATTACKS[done.frames % ATTACKS.length] as Bad
        const protocol = linkOf(attack)
        const stream = await peer.open(connection, protocol.id)
        attack.strike({ peer, protocol, stream }, random)
        done.frames++
        begun()
        while (!signal.aborted && stream.open()) await turn()
      }
    })
    return done
  },
}
