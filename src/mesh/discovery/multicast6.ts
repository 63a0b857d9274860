// mDNS over IPv6 (RFC 6762): each packet goes out from one own address and on its interface; one socket hears them all.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'

const MDNS_PORT = 5353
const GROUP = 'ff02::fb'

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
        socket.send(bytes, MDNS_PORT, `${GROUP}%${place.interface}`, (error) => end(error))
      } catch (error) {
        end(error as Error)
      }
    })
  })
}

export interface Hearing6 {
  /** Hears what comes on these interfaces too; those that have gone are forgotten. */
  join(interfaces: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** Nothing is opened before the first interface. `onTrouble` gets what the system refuses. */
export function hear6(
  onMessage: (bytes: Buffer, from: RemoteInfo) => void,
  onTrouble: (error: Error) => void,
): Hearing6 {
  let socket: Socket | undefined
  let joined = new Set<string>()
  let bound: Promise<void> | undefined

  const open = (): Socket => {
    const made = createSocket({ type: 'udp6', reuseAddr: true, ipv6Only: true })
    made.on('error', onTrouble)
    made.on('message', onMessage)
    bound = new Promise((resolve) => {
      made.once('error', () => resolve())
      made.bind(MDNS_PORT, '::', () => resolve())
    })
    return made
  }

  const joinOn = (on: Socket, name: string): void => {
    try {
      on.addMembership(GROUP, `::%${name}`)
      joined.add(name)
    } catch (error) {
      onTrouble(error as Error)
    }
  }

  return {
    async join(interfaces) {
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
      return new Promise((resolve) => (closing === undefined ? resolve() : closing.close(() => resolve())))
    },
  }
}
