// Places for strangers: how many unadmitted inbound connections there may be, and which gives way to a newcomer.
import { leadsHere } from '../admission/endpoint.ts'

export interface LobbyLimits {
  /** Strangers of one address; loopback, where one person may run many nodes, has only `total`. */
  readonly perAddress: number
  readonly total: number
}

export const LOBBY: LobbyLimits = { perAddress: 2, total: 8 }

export function createLobby<T>(limits: LobbyLimits) {
  /** In order of arrival. */
  const guests = new Map<T, string>()

  return {
    /** Takes a place. Returns the connection that has to leave for it: the oldest of that address, or of all. */
    enter(guest: T, address: string): readonly T[] {
      const leaving: T[] = []
      const neighbours = [...guests].filter(([, at]) => at === address).map(([other]) => other)
      if (!leadsHere(address)) leaving.push(...neighbours.slice(0, neighbours.length - limits.perAddress + 1))
      for (const [other] of guests) {
        if (guests.size - leaving.length < limits.total) break
        if (!leaving.includes(other)) leaving.push(other)
      }
      for (const other of leaving) guests.delete(other)
      guests.set(guest, address)
      return leaving
    },
    leave: (guest: T) => void guests.delete(guest),
  }
}
