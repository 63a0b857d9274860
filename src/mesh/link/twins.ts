// One key on two machines: a restored backup or a cloned disk beside the original, noticed at both of them and at others.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import { placesInWords } from '../../base/places.ts'
import { createRecent, type Recent } from '../../base/recent.ts'
import type { Log } from '../../base/run/log.ts'
import type { Audit } from '../../trust/audit/index.ts'
import { formatEndpoint, leadsHere, parseEndpoints, readable } from '../admission/endpoint.ts'

/**
 * Two machines with one key take each other's place at every neighbour, every few seconds. One machine that moves, or
 * has two networks, replaces its connections too; but nobody takes its place, and it does not come and go between the
 * same two places so often within this time.
 */
const WITHIN_MS = 10 * 60_000
const OFTEN = 3
/** Nodes that are watched; who did nothing of the kind for longest is forgotten. */
const NODES_MAX = 1_024
/** Places one node was at last. */
const PLACES = 4

/** Where a node says it listens, as people write it; loopback, which each machine has, only where there is nothing else. */
export function placesOf(listen: readonly string[]): readonly string[] {
  const all = parseEndpoints(listen)
  const lan = all.filter(({ ip }) => !leadsHere(ip))
  return (lan.length > 0 ? lan : all).map((one) => readable(formatEndpoint(one))).toSorted()
}

export type Twins = ReturnType<typeof createTwins>

interface Watched {
  /** Monotonic times of what speaks for two, newest last. */
  readonly times: number[]
  readonly places: string[]
  told: boolean
}

export function createTwins({
  audit,
  clock,
  log,
}: {
  readonly audit: Pick<Audit, 'record'>
  readonly clock: Clock
  readonly log: Log
}) {
  const others = createRecent<NodeId, Watched>(NODES_MAX)
  const here = createRecent<NodeId, Watched>(NODES_MAX)

  const touch = (all: Recent<NodeId, Watched>, node: NodeId): Watched =>
    all.getOrInsert(node, () => ({ times: [], places: [], told: false }))

  const isOne = ({ times }: Watched): boolean => {
    const at = times.at(-OFTEN)
    return at !== undefined && clock.monotonic() - at <= WITHIN_MS
  }

  /** Counts it; says so once, until it has stopped. */
  const count = (one: Watched, peer: NodeId, reason: string, says: string): void => {
    if (!isOne(one)) one.told = false
    one.times.push(clock.monotonic())
    if (one.times.length > OFTEN) one.times.shift()
    if (one.told || !isOne(one)) return
    one.told = true
    log.warn({ peer }, `several places have the key of ${says}; karo doctor says what to do`)
    void audit.record({ type: 'policy_violation', success: false, peer, details: { reason } })
  }

  const came = (node: NodeId, place: string): void => {
    const one = touch(others, node)
    if (one.places.at(-1) === place) return
    const returns = one.places.includes(place)
    one.places.push(place)
    if (one.places.length > PLACES) one.places.shift()
    if (returns) count(one, node, 'key_at_two_places', `this peer: ${placesInWords(one.places)}`)
  }

  return {
    /** A connection of this node is the neighbour's now; `place` is where it says it listens. */
    came,
    /**
     * A presence of this member says that it listens at `places`, `ip:port` each: also of one that has no connection here, so that
     * members far from both hear of them, too. A presence that repeats one of the addresses says nothing new, because
     * one machine's networks come and go.
     */
    heard(node: NodeId, places: readonly string[]): void {
      const last = others.peek(node)?.places.at(-1)?.split(', ')
      if (places.length > 0 && !places.some((place) => last?.includes(place))) came(node, places.join(', '))
    },
    /**
     * The key of `node`, which is this one, was proven at an address that another machine announced: `places` has the addresses of
     * both. Clones that nobody trusts yet have no neighbour at which they could take each other's place. A machine that passes
     * connections on to this one looks the same.
     */
    proved(node: NodeId, places: readonly string[]): void {
      const one = touch(others, node)
      one.places.splice(0, PLACES, ...places)
      // A proof counts for as many signs as it takes.
      for (let sign = 0; sign < OFTEN; sign++)
        count(one, node, 'own_key_elsewhere', `this node: ${placesInWords(places)}`)
    },
    /** This neighbour has let this node go for another connection of this node's key, and this node has no other to it. */
    displaced(by: NodeId): void {
      count(touch(here, by), by, 'own_key_elsewhere', 'this node: another one takes its place at this peer')
    },
    /** The state now: nodes whose key is used at two places, and neighbours at which another machine takes this node's place. */
    state() {
      const now = (all: Recent<NodeId, Watched>) => [...all].filter(([, one]) => isOne(one))
      return {
        others: now(others).map(([node_id, { places }]) => ({ node_id, places: [...new Set(places)] })),
        here: now(here).map(([node]) => node),
      }
    },
  }
}
