// Whether multicast works: asks an mDNS question on each interface and listens for itself and for others.

import { randomInt } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { BlockList, isIP } from 'node:net'
import type { Timers } from '../../base/clock.ts'
import { QUESTIONS, SERVICE_LABEL } from './mdns-packet.ts'
import { hearGroup, MDNS_GROUP, MDNS_PORT, send6 } from './multicast.ts'

/**
 * The check listens for twice this time. Other nodes answer within a quarter of a second, and the rest is for what a busy machine or Wi-Fi adds.
 * What came while this process waited for a processor through the first time is read in the second.
 */
const LISTEN_MS = 1_000
/** Different senders that are counted on one interface. */
const OTHERS_MAX = 256

/** One address of this node that mDNS is spoken from. */
interface MulticastPlace {
  readonly address: string
  readonly interface: string
  /** `10.0.0.5/24` */
  readonly cidr: string
}

export interface MulticastOutcome {
  readonly address: string
  readonly interface: string
  /** The system's code, `EPERM`; null when the question went out. */
  readonly not_sent: string | null
  readonly heard_itself: boolean
  readonly heard_others: number
  readonly heard_nodes: number
}

interface Heard {
  itself: boolean
  notSent: string | null
  readonly others: Set<string>
  readonly nodes: Set<string>
}

export interface MulticastCheckOptions {
  readonly places: readonly MulticastPlace[]
  /** Every own address: what comes from them is no other's word. */
  readonly own: readonly string[]
  readonly timers: Timers
  readonly listenMs?: number
}

/**
 * One socket beside the daemon's own, on the same port, so that every packet of the group reaches it too. Ends early once
 * everybody has heard themselves and others. Never throws: an interface that cannot be used says why.
 */
export async function checkMulticast({
  places,
  own,
  timers,
  listenMs = LISTEN_MS,
}: MulticastCheckOptions): Promise<readonly MulticastOutcome[]> {
  const heard = new Map<string, Heard>(
    places.map(({ address }) => [
      address,
      { itself: false, notSent: null, others: new Set(), nodes: new Set() },
    ]),
  )
  const networks = places.map((place) => ({ ...place, contains: containsOf(place.cidr) }))
  const ours = new Set(own)
  // RFC 6762, section 18.1: the id of a multicast question means nothing to others, so it can carry our mark.
  const mark = randomInt(1, 0x10000)
  const question = Buffer.from(QUESTIONS.all)
  question.writeUInt16BE(mark, 0)

  const { promise: enough, resolve } = Promise.withResolvers<void>()
  const look = (): void => {
    const done = (one: Heard): boolean => one.notSent !== null || (one.itself && one.nodes.size > 0)
    if ([...heard.values()].every(done)) resolve()
  }
  const onMessage = (bytes: Buffer, { address, port }: RemoteInfo): void => {
    if (port !== MDNS_PORT || bytes.length < 12) return
    const own = heard.get(address)
    if (own && bytes.equals(question)) own.itself = true
    if (!ours.has(address)) {
      const place = networks.find(({ contains }) => contains(address))
      const at = place && heard.get(place.address)
      if (at && at.others.size < OTHERS_MAX) {
        at.others.add(address)
        const isAnswer = (bytes.readUInt16BE(2) & 0x8000) !== 0
        if (isAnswer && bytes.includes(SERVICE_LABEL)) at.nodes.add(address)
      }
    }
    look()
  }

  let socket: Socket | undefined
  const hearing = hearGroup(6, { onMessage, onError: () => {}, onTrouble: () => {} })
  try {
    const over6 = places.filter(({ address }) => isIP(address) === 6)
    await hearing.join(over6.map((place) => place.interface))
    if (over6.length < places.length) socket = await bound(onMessage)
    for (const place of places) {
      const at = heard.get(place.address) as Heard
      if (socket && isIP(place.address) === 4) at.notSent = await ask(socket, place.address, question)
      else {
        const error = await send6(place, question)
        at.notSent = error === null ? null : codeOf(error)
      }
    }
    look()
    const unwait = timers.after(listenMs, () => timers.after(listenMs, resolve))
    await enough
    unwait()
  } catch (error) {
    for (const at of heard.values()) at.notSent ??= codeOf(error)
  } finally {
    socket?.close()
    await hearing.close()
  }
  return places.map(({ address, interface: name }) => {
    const { itself, notSent, others, nodes } = heard.get(address) as Heard
    return {
      address,
      interface: name,
      not_sent: notSent,
      heard_itself: itself,
      heard_others: others.size,
      heard_nodes: nodes.size,
    }
  })
}

async function bound(onMessage: (bytes: Buffer, from: RemoteInfo) => void): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  // A later failure shows itself as a packet that is not heard.
  socket.on('error', () => {})
  socket.on('message', onMessage)
  try {
    await once(socket.bind(MDNS_PORT), 'listening')
    socket.setMulticastTTL(255)
    socket.setMulticastLoopback(true)
    return socket
  } catch (error) {
    socket.close()
    throw error
  }
}

/** Null when it went out, else the system's code. */
function ask(socket: Socket, address: string, question: Buffer): Promise<string | null> {
  return new Promise((resolve) => {
    try {
      socket.addMembership(MDNS_GROUP[4], address)
      socket.setMulticastInterface(address)
      socket.send(question, MDNS_PORT, MDNS_GROUP[4], (error) => resolve(error ? codeOf(error) : null))
    } catch (error) {
      resolve(codeOf(error))
    }
  })
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)

function containsOf(cidr: string): (ip: string) => boolean {
  const list = new BlockList()
  const [network = '', prefix] = cidr.split('/')
  const type = isIP(network) === 4 ? 'ipv4' : 'ipv6'
  list.addSubnet(network, Number(prefix), type)
  return (ip) => `ipv${isIP(ip)}` === type && !ip.includes('%') && list.check(ip, type)
}
