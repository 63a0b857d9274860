// Bounds dials that rest on another node's word alone: plausible ports only, with a rate for each address and for all.
import { createQuota, createQuotas, type Rate } from '../../base/quota.ts'
import { DEFAULTS } from '../../config/table.ts'
import { type Endpoint, leadsHere } from '../admission/endpoint.ts'

/**
 * Below this are the ports of other services (SSH, mail, the web), which a program listens on with special rights only.
 * A node that does is dialed at an address of the configuration, and once its key has answered there.
 */
export const PORT_MIN = 1_024
/** Linux gives ports from here on to programs that ask for any (`mesh.port = 0`). */
const DYNAMIC_PORT_MIN = 32_768

/**
 * Limits on dials of addresses that members announced and at which no key was proven. In a mesh of hundreds of nodes
 * that starts, each node opens some 32 links; an attacker who makes all nodes dial one machine gets one connection in
 * 10 s from each. `together` counts dials, each of which may try up to twelve addresses; `perAddress` counts
 * connections.
 */
export const MEMBERS_DIALED = {
  together: { frames: 64, perMs: 8_000 },
  perAddress: { frames: 8, perMs: 80_000 },
} as const

/** The rate for strangers. They are dialed so that both sides see each other as pending, and they dial this node as well. */
export const STRANGERS_DIALED = {
  together: { frames: 16, perMs: 64_000 },
  perAddress: { frames: 4, perMs: 60_000 },
} as const

/**
 * IPv6 addresses that packets of one IPv4 source may name: mDNS is received over IPv4 only, so nothing proves that such
 * an address belongs to the source. A machine with fifty nodes names fifty in some minutes.
 */
export const NAMED_BY_SOURCE = { frames: 16, perMs: 64_000 } as const

/** Addresses whose rate is remembered: more than are dialed in the time that a rate takes to fill. */
const ADDRESSES_MAX = 2_048

/**
 * Each method counts when it says yes. Loopback has no rate: only somebody on this machine can name it, who needs no
 * help. Addresses of this machine's own interfaces have no rate of their own, since many nodes of one machine share
 * them; anybody can name them, so dials there count together with all others.
 */
export type Caution = ReturnType<typeof createCaution>

/**
 * `meshPort` is where this node listens: the others of its mesh probably do too. `isOwn` says whether an IP address is
 * one of this machine's. `now` is monotonic, in milliseconds.
 */
export function createCaution(meshPort: number, isOwn: (ip: string) => boolean, now: () => number) {
  const strangersAt = new Set([DEFAULTS.mesh.port, meshPort])

  const createEach = (rate: Rate): ((ip: string) => boolean) => {
    const each = createQuotas<string>(rate, ADDRESSES_MAX)
    return (ip) => leadsHere(ip) || isOwn(ip) || each(ip).take(now())
  }
  const members = { all: createQuota(MEMBERS_DIALED.together), at: createEach(MEMBERS_DIALED.perAddress) }
  const strangers = {
    all: createQuota(STRANGERS_DIALED.together),
    at: createEach(STRANGERS_DIALED.perAddress),
  }

  return {
    /** Members are said to be at these endpoints, where no key was proven. Those of them that one dial may try now. */
    member(endpoints: readonly Endpoint[]) {
      // First its own rate: an address that is named too often uses up nothing of the others.
      const allowed = endpoints.filter(({ ip, port }) => port >= PORT_MIN && members.at(ip))
      const isFree = allowed.every(({ ip }) => leadsHere(ip))
      return isFree || members.all.take(now()) ? allowed : allowed.filter(({ ip }) => leadsHere(ip))
    },
    /** Discovery reported a stranger at this endpoint. True if it may be dialed now. */
    stranger: ({ ip, port }: Endpoint) =>
      (strangersAt.has(port) || port >= DYNAMIC_PORT_MIN) &&
      port >= PORT_MIN &&
      strangers.at(ip) &&
      (leadsHere(ip) || strangers.all.take(now())),
    /** A packet from `source` names an address that cannot be told to be the source's. */
    named: createEach(NAMED_BY_SOURCE),
  }
}
