// How soon a node goes over all of its members again: the more they are the later, so that looking costs the same in any mesh. Pure.
import type { Clock } from '../../base/clock.ts'

/**
 * A round of dials looks at every member, and in a mesh where machines come and go each presence may lead to one. With a pause
 * that grows with the members, a node spends about the same on its rounds however many there are.
 */
const PAUSE_MS_PER_MEMBER = 2
/** A round is never further away than this. */
const PAUSE_MOST_MS = 2_000

export function createPace(clock: Pick<Clock, 'monotonic'>) {
  let next = Number.NEGATIVE_INFINITY
  return {
    /** Until a round may begin, ms; 0: now. */
    left: () => Math.max(0, next - clock.monotonic()),
    /** A round over so many members begins. */
    begun(members: number): void {
      next = clock.monotonic() + Math.min(members * PAUSE_MS_PER_MEMBER, PAUSE_MOST_MS)
    },
  }
}
