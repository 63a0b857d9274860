// Where this node dials on somebody's word alone: at plausible ports, and so often for one address and for all of them.
import { createQuota, createQuotas, type Rate } from '../base/quota.ts'
import { KEYS } from '../config/table.ts'
import { type Endpoint, isLoopback } from './admission/endpoint.ts'

/**
 * Below this are the ports of other services (SSH, mail, the web), which a program listens on with special rights only.
 * A node that does is dialed at an address of the configuration, and once its key has answered there.
 */
export const PORT_MIN = 1_024
/** Linux gives ports from here on to programs that ask for any (`mesh.port = 0`). */
const DYNAMIC_PORT_MIN = 32_768

/**
 * Connections to addresses that members are said to have, and that no key was proven at. In a mesh of hundreds that
 * starts, each node opens some 32 links; whoever makes all nodes dial one machine gets one connection in 10 s of each.
 */
export const MEMBERS_DIALED = {
  together: { frames: 64, perMs: 8_000 },
  perAddress: { frames: 8, perMs: 80_000 },
} as const

/** The same for strangers, who are dialed so that both sides see each other as pending; they dial us as well. */
export const STRANGERS_DIALED = {
  together: { frames: 16, perMs: 64_000 },
  perAddress: { frames: 4, perMs: 60_000 },
} as const

/** Addresses whose rate is remembered: more than are dialed in the time that a rate takes to fill. */
const ADDRESSES_MAX = 2_048

/** Both count when they say yes. Loopback has no rate: only somebody on this machine can name it, who needs no help. */
export interface Caution {
  /** A member is said to be there, and its key was never proven there. */
  member(endpoint: Endpoint): boolean
  /** A stranger is said to be there. */
  stranger(endpoint: Endpoint): boolean
}

interface Rates {
  readonly together: Rate
  readonly perAddress: Rate
}

/** `meshPort` is where this node listens: the others of its mesh probably do too. `now` is monotonic, in ms. */
export function createCaution(meshPort: number, now: () => number): Caution {
  const strangersAt = new Set([KEYS.meshPort.default, meshPort])

  const createRate = ({ together, perAddress }: Rates): ((ip: string) => boolean) => {
    const all = createQuota(together)
    const each = createQuotas<string>(perAddress, ADDRESSES_MAX)
    return (ip) => {
      if (isLoopback(ip)) return true
      const time = now()
      // First its own: an address that is named too often uses up nothing of the others.
      return each(ip).take(time) && all.take(time)
    }
  }
  const membersDialed = createRate(MEMBERS_DIALED)
  const strangersDialed = createRate(STRANGERS_DIALED)

  return {
    member: ({ ip, port }) => port >= PORT_MIN && membersDialed(ip),
    stranger: ({ ip, port }) =>
      (strangersAt.has(port) || port >= DYNAMIC_PORT_MIN) && port >= PORT_MIN && strangersDialed(ip),
  }
}
