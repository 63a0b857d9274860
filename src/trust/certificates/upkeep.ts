// Periodic work: renewing certificates of nodes that are present, and looking for the issuer of this node's invite.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Room } from '../../base/run/room.ts'
import type { Fleet } from './fleet.ts'

/** Between two looks for the inviter: as often as a person who waits would try again. */
const SEEK_MS = 2_000
/**
 * This node introduces itself again to a stranger at most this often; each try costs a dial if the stranger never
 * answers.
 */
const MEET_EVERY_MS = 15_000

export interface UpkeepDeps extends Pick<Ambient, 'clock' | 'timers' | 'log'> {
  readonly fleet: Pick<Fleet, 'look' | 'everyMs' | 'seeks' | 'state' | 'onJoining'>
  /** Every node that is known. */
  readonly known: () => readonly NodeId[]
  /** Whether the node is a member that is not refused, and was heard of lately. */
  readonly isHere: (node: NodeId) => boolean
  /** Makes this node introduce itself to `who`: a node, or the node at `host:port`. */
  readonly meet: (who: NodeId | { readonly place: string }) => void
  /** Further periodic work. Must not throw. */
  readonly alsoLook: () => void
}

export function createUpkeep({ fleet, known, isHere, meet, alsoLook, clock, timers, log }: UpkeepDeps): Room {
  let cancelLook = (): void => {}
  let cancelSeek = (): void => {}
  let forget = (): void => {}
  const metAt = new Map<NodeId, number>()
  const visited = new Set<string>()
  let attempt: number | undefined

  function look(): void {
    cancelLook = timers.after(fleet.everyMs, look)
    alsoLook()
    fleet.look(isHere).catch((error: unknown) => {
      log.warn({ reason: String(error) }, 'certificates could not be renewed')
    })
  }

  function seek(): void {
    const { joining } = fleet.state()
    cancelSeek()
    // The node that looks for nobody does not wake for it.
    if (joining !== null) cancelSeek = timers.after(SEEK_MS, seek)
    if (joining === null || joining.attempt !== attempt) {
      // The issuer was met a moment ago for another invite, and does not know of this one yet.
      metAt.clear()
      visited.clear()
      attempt = joining?.attempt
    }
    if (joining === null) return
    for (const place of joining.places) {
      if (visited.has(place)) continue
      visited.add(place)
      meet({ place })
    }
    for (const node of known()) {
      if (!fleet.seeks(node)) continue
      const now = clock.monotonic()
      if (now - (metAt.get(node) ?? Number.NEGATIVE_INFINITY) < MEET_EVERY_MS) continue
      metAt.set(node, now)
      meet(node)
    }
  }

  return {
    name: 'upkeep',
    async start() {
      forget = fleet.onJoining(seek)
      look()
      seek()
    },
    async stop() {
      forget()
      cancelLook()
      cancelSeek()
    },
  }
}
