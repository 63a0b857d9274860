// Limits how many connections one person has at once, so that nobody takes the places of the others.
import type { Socket } from 'node:net'

/** Most connections of one person, a quarter of all: enough for a dashboard, a few event streams and the commands of a shell. */
const EACH_MAX = 16

export interface FairShare {
  /** Counts `socket` for the person `uid` until it closes. False if the person already has as many as allowed. */
  take(uid: number | undefined, socket: Socket): boolean
}

export function createFairShare(most: number = EACH_MAX): FairShare {
  /** Open connections by uid; all connections without a known uid count together. */
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
