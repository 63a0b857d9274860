// Who may have one of the places at the machine's control socket, so that nobody can take all of them.
import type { Socket } from 'node:net'
import { createFairShare } from './fair-share.ts'

/** Places that only root and the daemon's own user get, so that a machine can be managed whatever others do. */
const KEPT_FREE = 16

export interface Places {
  /** Ends the connection if its person, or all without an account together, have as many as they may. */
  seat(uid: number | undefined, socket: Socket): void
}

export function createPlaces(deps: {
  /** Of the whole socket. */
  readonly most: number
  readonly ownUid: number
  /** False if no account has this uid: anybody with subordinate uids may have thousands of such uids. */
  readonly hasAccount: (uid: number) => Promise<boolean>
}): Places {
  const { most, ownUid, hasAccount } = deps
  const shares = createFairShare()
  const withoutAccount = createFairShare()
  let taken = 0
  return {
    seat(uid, socket) {
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
