// Connections that have not yet proven a key: how many there may be, and how fast one host may open them.
import { createQuota, createQuotas, type Rate } from '../../base/quota.ts'
import { leadsHere } from './endpoint.ts'

export interface DoorLimits {
  /** Connections one host may open in a second, which is also the burst. */
  readonly perSecond: number
  /** Connections of one host that are still in their handshake. */
  readonly pendingPerHost: number
  /** Connections of all strange hosts together that are still in their handshake. */
  readonly pendingTotal: number
  /** Connections of all strange hosts together: so many at once, and in the long run. */
  readonly together: Rate
}

/** libp2p's own 5 a second and 10 pending let 200 silent sockets lock newcomers out for good. */
/**
 * One machine can have any number of addresses, so that a rate for each bounds nothing. A handshake takes some 3 ms of
 * a processor: strangers get about a fifth of one.
 */
export const LAN_DOOR: DoorLimits = {
  perSecond: 20,
  pendingPerHost: 16,
  pendingTotal: 128,
  together: { frames: 128, perMs: 2_000 },
}
/** Many nodes of one person may share a machine, so loopback gets more. */
export const LOOPBACK_DOOR: DoorLimits = {
  perSecond: 1_000,
  pendingPerHost: 256,
  pendingTotal: 256,
  together: { frames: 512, perMs: 4_000 },
}
/** Hosts whose rate is remembered; the host that was quiet longest is forgotten first. */
const RATES_MAX = 1_024

export type Doorkeeper = ReturnType<typeof createDoorkeeper>

/** `now` is monotonic, in milliseconds. */
export function createDoorkeeper(now: () => number, lan = LAN_DOOR, loopback = LOOPBACK_DOOR) {
  const pending = new Map<string, number>()
  // Loopback has a rate of its own, so that a program on this machine cannot close the door for the LAN.
  const totals = { local: 0, remote: 0 }
  const together = { local: createQuota(loopback.together), remote: createQuota(lan.together) }
  const ratesOf = ({ perSecond }: DoorLimits) =>
    createQuotas<string>({ frames: perSecond, perMs: 1_000 }, RATES_MAX)
  const rates = { local: ratesOf(loopback), remote: ratesOf(lan) }

  return {
    /**
     * Whether this host (an IP address) may begin a handshake now. If so, `left` must be called once when it is over.
     * `knows` says whether members live there; it is asked when the answer depends on it and nothing else.
     */
    enters(host: string, knows: (host: string) => boolean) {
      const side = leadsHere(host) ? 'local' : 'remote'
      const limits = side === 'local' ? loopback : lan
      const here = pending.get(host) ?? 0
      if (here >= limits.pendingPerHost || !rates[side](host).take(now())) return false
      // Addresses of members are let in when strangers have filled the house.
      const full = totals[side] >= limits.pendingTotal || !together[side].take(now())
      if (full && (side === 'local' || !knows(host))) return false
      pending.set(host, here + 1)
      totals[side]++
      return true
    },
    left(host: string) {
      const here = pending.get(host)
      if (here === undefined) return
      totals[leadsHere(host) ? 'local' : 'remote']--
      if (here === 1) pending.delete(host)
      else pending.set(host, here - 1)
    },
  }
}
