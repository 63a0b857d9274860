// Multicast of mDNS (RFC 6762): one socket of each family hears the group; over IPv6 a packet goes out from one own address, on its interface.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'

/** What comes from another port is no mDNS (RFC 6762, section 6). */
export const MDNS_PORT = 5353
export const MDNS_GROUP = { 4: '224.0.0.251', 6: 'ff02::fb' } as const

/** An own address, and the interface that has it. */
export interface Place6 {
  readonly address: string
  readonly interface: string
}

/**
 * The packet comes from this address, so that whoever hears it need not believe an address that is written in it. Null when it went
 * out, else what hinders it.
 */
export function send6(place: Place6, bytes: Buffer): Promise<Error | null> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: 'udp6', reuseAddr: true })
    const end = (error: Error | null): void => {
      socket.close()
      resolve(error)
    }
    socket.once('error', end)
    socket.bind(MDNS_PORT, place.address, () => {
      try {
        socket.setMulticastInterface(`::%${place.interface}`)
        socket.setMulticastTTL(255)
        socket.send(bytes, MDNS_PORT, `${MDNS_GROUP[6]}%${place.interface}`, (error) => end(error))
      } catch (error) {
        end(error as Error)
      }
    })
  })
}

interface Heard {
  onMessage(bytes: Buffer, from: RemoteInfo): void
  /** Nothing is heard: the system refuses the socket. */
  onError(error: Error): void
  /** Nothing is heard on one interface. */
  onTrouble(error: Error): void
}

/** Nothing is opened before the first interface. */
export function hearGroup(family: 4 | 6, { onMessage, onError, onTrouble }: Heard) {
  let socket: Socket | undefined
  let joined = new Set<string>()
  let bound: Promise<void> | undefined
  const placeOf = (name: string): string => (family === 4 ? name : `::%${name}`)

  const open = (): Socket => {
    const made = createSocket({ type: `udp${family}`, reuseAddr: true, ipv6Only: family === 6 })
    made.on('error', onError)
    made.on('message', onMessage)
    bound = new Promise((resolve) => {
      made.once('error', () => resolve())
      made.bind(MDNS_PORT, family === 4 ? '0.0.0.0' : '::', () => resolve())
    })
    return made
  }

  const joinOn = (on: Socket, name: string): void => {
    try {
      on.addMembership(MDNS_GROUP[family], placeOf(name))
      joined.add(name)
    } catch (error) {
      // Where an address came back to its interface, the socket never left the group there.
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') joined.add(name)
      else onTrouble(error as Error)
    }
  }

  return {
    /**
     * Hears what comes on these interfaces too, named by an own address of each over IPv4 and by their names over IPv6. The kernel
     * leaves the group on an interface that goes; named again after it was missing, it is joined again. Resolves when it hears.
     */
    async join(interfaces: readonly string[]) {
      if (interfaces.length === 0 && socket === undefined) return
      socket ??= open()
      const on = socket
      await bound
      if (socket !== on) return
      joined = new Set([...joined].filter((name) => interfaces.includes(name)))
      for (const name of interfaces) if (!joined.has(name)) joinOn(on, name)
    },
    close() {
      const closing = socket
      socket = undefined
      return new Promise<void>((resolve) =>
        closing === undefined ? resolve() : closing.close(() => resolve()),
      )
    },
  }
}
