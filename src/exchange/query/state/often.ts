// Who asks often in a mesh too large for links to all: this node, which then wants links to all, and neighbours, whose links it keeps.
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Clock } from '../../../base/clock.ts'
import { createRecent } from '../../../base/recent.ts'

/** A node asks often after so many questions within `OFTEN_MS`, and until as long after the last one. */
const OFTEN = 3
const OFTEN_MS = 10 * 60_000
/** Neighbours whose links are kept because they ask: those that asked last. A member gets one of these places for each of its keys. */
const ASKERS_KEPT = 16
/** Longer than an asker wants its links, so that the asker gives them up first: it does not dial again whoever turned it away. */
const ASKER_KEPT_MS = 2 * OFTEN_MS

/** One question of this node: how many members it is for, and how many members this node knows. */
interface Asked {
  readonly members: { readonly size: number }
  readonly known: number
}

export type Often = ReturnType<typeof createOften>

/** `fullMeshUpTo`: `[overlay] full_mesh_up_to`; in a mesh of up to so many members there are links to all in any case. */
export function createOften(clock: Clock, fullMeshUpTo: number) {
  /** When this node asked its last questions; monotonic, at most `OFTEN` of them. */
  let times: readonly number[] = []
  const askers = createRecent<NodeId, number>(ASKERS_KEPT)

  return {
    /** This node asks. Returns for how many milliseconds from now it wants links to all members; undefined: it needs none. */
    asks({ members, known }: Asked): number | undefined {
      // A question to few members is dialed for, and needs no link to anybody else.
      if (known <= fullMeshUpTo || members.size * 2 < known) return undefined
      const now = clock.monotonic()
      times = [...times, now].slice(-OFTEN)
      const first = times[0] as number
      return times.length === OFTEN && now - first < OFTEN_MS ? OFTEN_MS : undefined
    },
    /** This neighbour has asked a question of its own over its link. */
    asked: (neighbour: NodeId) => askers.set(neighbour, clock.monotonic()),
    /** The link is kept, because the neighbour has asked lately, and no more than 15 others have asked since. */
    keeps(neighbour: NodeId): boolean {
      const at = askers.peek(neighbour)
      return at !== undefined && clock.monotonic() - at < ASKER_KEPT_MS
    },
  }
}
