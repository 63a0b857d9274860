// Members that tell of ever new members whom they have invented.

import { presences } from '../../protocols/registry.ts'
import { createQuota } from '../../src/base/quota.ts'
import { inventedPresence, tellNotices } from '../support/mesh/raw-notices.ts'
import { type Attack, asMember, pause } from './attack.ts'

/** Twenty times what a node takes of one neighbour: more would take its processors, which attackers of a test share with it. */
const PACE = { frames: 100, perMs: 1_000 }
/** In one message. */
const AT_ONCE = 20
/** Bytes that wait to be read by the other side, before more are made. */
const WAITING_MAX = 64 * 1024

export const memberPresences: Attack = {
  name: 'member-presences',
  by: 'member',
  attackers: 5,
  does: 'tell of members that they have invented, 100 a second each',
  async run(place, signal, begun) {
    const done = { connections: 0, presences: 0 }
    await asMember(place, signal, async (_peer, _connection, control) => {
      done.connections++
      const quota = createQuota(PACE)
      while (!signal.aborted && control.open()) {
        tellNotices(
          control,
          presences,
          Array.from({ length: AT_ONCE }, (_, i) => inventedPresence(`m${i}`)),
        )
        done.presences += AT_ONCE
        begun()
        quota.charge(performance.now(), AT_ONCE)
        const isHeld = () =>
          control.stream.writeBufferLength > WAITING_MAX || quota.wait(performance.now()) > 0
        do await pause()
        while (!signal.aborted && isHeld())
      }
    })
    return done
  },
}
