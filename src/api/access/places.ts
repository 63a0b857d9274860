// Who may have one of the places at a socket, so that nobody can take all of them: each person's share, and at the machine's control
// socket a few that are kept free.
import type { Socket } from 'node:net'

/** Places that only root and the daemon's own user get, so that a machine can be managed whatever others do. */
const KEPT_FREE = 16
/** Most connections of one person, a quarter of all: enough for a dashboard, a few event streams and the commands of a shell. */
const EACH_MAX = 16

export function createPlaces(deps: {
  /** Of the whole socket. */
  readonly most: number
  readonly ownUid: number
  /** False if no account has this uid: anybody with subordinate uids may have thousands of such uids. */
  readonly hasAccount: (uid: number) => Promise<boolean>
}) {
  const { most, ownUid, hasAccount } = deps
  const shares = createFairShare()
  const withoutAccount = createFairShare()
  let taken = 0
  return {
    /** Ends the connection if its person, or all without an account together, have as many as they may. */
    seat(uid: number | undefined, socket: Socket): void {
      taken++
      socket.once('close', () => taken--)
      if (uid === 0 || uid === ownUid) return
      if (taken > most - KEPT_FREE || !shares.take(uid, socket)) {
        socket.destroy()
        return
      }
      if (uid === undefined) return
      hasAccount(uid).then(
        (has) => has || socket.destroyed || withoutAccount.take(undefined, socket) || socket.destroy(),
        () => socket.destroy(),
      )
    },
  }
}

/** Limits how many connections one person has at once. */
export function createFairShare() {
  /** Open connections by uid; all connections without a known uid count together. */
  const held = new Map<number | undefined, number>()
  return {
    /** Counts `socket` for the person `uid` until it closes. False if the person already has as many as allowed. */
    take(uid: number | undefined, socket: Socket): boolean {
      const now = held.get(uid) ?? 0
      if (now >= EACH_MAX) return false
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
