// Connections of one person among those of everybody: nobody keeps the others off the control socket.
import type { Socket } from 'node:net'

/** A quarter of the places: enough for a dashboard, a few followers and a shell's commands at once. */
const EACH_MAX = 16

/** Called with each connection as it is accepted; ends it when `whose` says that this person has too many. */
export function fairShare(
  whose: (socket: Socket) => number | undefined,
  most: number = EACH_MAX,
): (socket: Socket) => void {
  /** By uid; those whom nobody knows share one place. */
  const held = new Map<number | undefined, number>()
  return (socket) => {
    const uid = whose(socket)
    const now = held.get(uid) ?? 0
    if (now >= most) {
      socket.destroy()
      return
    }
    held.set(uid, now + 1)
    socket.once('close', () => {
      const left = held.get(uid)! - 1
      if (left > 0) held.set(uid, left)
      else held.delete(uid)
    })
  }
}
