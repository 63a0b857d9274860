// Connections of one person among those of everybody: nobody keeps the others out.
import type { Socket } from 'node:net'

/** A quarter of the places: enough for a dashboard, a few followers and a shell's commands at once. */
const EACH_MAX = 16

export interface FairShare {
  /** Counts this connection as one of theirs until it closes; false when they have as many as they may. */
  take(uid: number | undefined, socket: Socket): boolean
}

export function createFairShare(most: number = EACH_MAX): FairShare {
  /** By uid; those whom nobody knows share one place. */
  const held = new Map<number | undefined, number>()
  return {
    take(uid, socket) {
      const now = held.get(uid) ?? 0
      if (now >= most) return false
      held.set(uid, now + 1)
      socket.once('close', () => {
        const left = held.get(uid)! - 1
        if (left > 0) held.set(uid, left)
        else held.delete(uid)
      })
      return true
    },
  }
}
