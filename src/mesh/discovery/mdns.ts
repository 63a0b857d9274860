// Discovery by mDNS: tells where this node listens and hears where others do, on the interfaces it may speak on.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIP } from 'node:net'
import type { ComponentLogger, PeerDiscovery, PeerInfo, Startable } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import type { Multiaddr } from '@multiformats/multiaddr'
import { decode } from 'dns-packet'
import type { Ambient } from '../../base/run/ambient.ts'
import { orElse } from '../../base/run/or-else.ts'
import { UNHEARD_GROUP } from '../../base/words/unheard-group.ts'
import { atSource, heardAddresses } from '../admission/addresses.ts'
import { endpointOf, leadsHere } from '../admission/endpoint.ts'
import type { Interfaces } from '../admission/listen.ts'
import { nodeOf } from '../link/peer.ts'
import type { Put } from '../state/types.ts'
import { type Answer, encodeAnswers, encodeQuestions, type Question } from './mdns-packet.ts'
import { hear6, send6 } from './multicast6.ts'
import { type Segments, segmentsOf, watchSegments } from './segments.ts'
import { type SharedQuestions, shareQuestions } from './shared-questions.ts'

const SERVICE_TAG = '_karo._udp.local'
const MDNS_PORT = 5353
const MDNS_GROUP = '224.0.0.251'
/** However many ask, one answer in this time: it goes to all of them. */
const ANSWER_EVERY_MS = 250
/** Packets waiting to be sent; more are dropped, the next interval repeats them. */
const QUEUE_MAX = 16

export interface MdnsDeps extends Pick<Ambient, 'clock' | 'timers' | 'log'> {
  /** `discovery.mdns`: everywhere, or on these interfaces and subnets. */
  readonly where: true | readonly string[]
  readonly intervalMs: number
  /** Whether an address may be spoken from, told and heard. */
  readonly allows: (ip: string) => boolean
  /** Own multiaddrs with peer id. */
  readonly listening: () => readonly Multiaddr[]
  readonly interfaces: () => Interfaces
  readonly logger: ComponentLogger
  readonly put: Put
}

export interface Mdns {
  start(): Promise<void>
  /**
   * Joins the group on new interfaces, and sends a question there. Has to be called periodically: until then nodes on
   * these interfaces are not discovered.
   */
  look(): void
  stop(): Promise<void>
}

type Packet =
  | { readonly type: 'query'; readonly questions: Question[] }
  | { readonly type: 'response'; readonly answers: Answer[] }

/** The part of multicast-dns that @libp2p/mdns drives. */
interface Responder {
  emit(event: string, packet: unknown, from: RemoteInfo): void
  send: (packet: Packet) => void
  update: () => void
  on(event: 'error' | 'warning', listener: (error: Error) => void): void
  on(
    event: 'response',
    listener: (packet: { readonly answers: readonly Answer[] }, from: RemoteInfo) => void,
  ): void
  on(
    event: 'query',
    listener: (packet: { readonly questions: readonly Question[] }, from: RemoteInfo) => void,
  ): void
}

export function createMdns(deps: MdnsDeps): Mdns {
  const segments = watchSegments(
    () => segmentsOf(deps.where, deps.interfaces(), deps.allows),
    () => deps.clock.monotonic(),
    (error) => deps.log.warn({ reason: String(error) }, 'the network interfaces could not be read'),
  )
  const sender = createSender(deps, segments)
  /** multicast-dns hears over IPv4 alone: it gets what comes over IPv6 as if its own socket had heard it. */
  const hearing = hear6(
    (bytes, from) => {
      const packet = orElse(() => decode(bytes), undefined)
      if (packet?.type !== undefined) responder?.emit(packet.type, packet, from)
    },
    (error) => deps.log.debug({ reason: error.message }, 'mDNS does not work over IPv6 here'),
  )
  const hear = (): void => {
    const { speakFrom, interfaceOf } = segments()
    const names = speakFrom.filter((ip) => isIP(ip) === 6).flatMap((ip) => interfaceOf(ip) ?? [])
    void hearing.join([...new Set(names)])
  }
  const questions = shareQuestions(deps.intervalMs, () => deps.clock.monotonic())

  /** For each of our links that a packet of another host came over; what comes from another port is no mDNS (RFC 6762, section 6). */
  const beside = ({ address, port }: RemoteInfo, heard: SharedQuestions['askedBeside']): void => {
    const { besideOf, speakFrom } = segments()
    if (port !== MDNS_PORT || speakFrom.includes(address)) return
    for (const own of besideOf(address)) heard(own, address)
  }

  /** Where others on our segments can reach us; loopback only when there is nothing else. */
  const toldAddresses = (): Multiaddr[] => {
    const allowed = segments()
    const reachable = deps.listening().filter((address) => {
      const ip = endpointOf(address)?.ip
      return ip !== undefined && allowed.includes(ip)
    })
    const lan = reachable.filter((address) => !leadsHere(endpointOf(address)?.ip ?? ''))
    return lan.length > 0 ? lan : reachable
  }

  const service = mdns({ serviceTag: SERVICE_TAG, interval: deps.intervalMs })({
    addressManager: { getAddresses: toldAddresses },
    logger: deps.logger,
  } as unknown as Parameters<ReturnType<typeof mdns>>[0]) as PeerDiscovery & Startable

  /** Where the answer came from that is being read. */
  let source: string | undefined

  const onPeer = (event: CustomEvent<PeerInfo>): void => {
    const node = nodeOf(event.detail.id)
    if (node === undefined || source === undefined) return
    const here = segments()
    if (!here.onLink(source)) return
    const addresses = heardAddresses(here, atSource(event.detail.multiaddrs, source))
    if (addresses.length > 0) deps.put({ on: 'sighted', node, addresses, source })
  }

  // multicast-dns sends on the interface of the default route only, which an air-gapped network may not have.
  // So this file sends the library's packets itself, on every interface; the sender is replaced before the first question.
  let responder: Responder | undefined
  Object.defineProperty(service, 'mdns', {
    get: () => responder,
    set: (made: Responder | undefined) => {
      responder = made
      if (made === undefined) return
      made.send = (packet) => {
        if (packet.type === 'response') sender.answer(packet.answers)
        else sender.ask(packet.questions, questions.due(segments().speakFrom))
      }
      const { update } = made
      // The library reads the interfaces once, and then from a timer of its own: every five seconds, which wakes a machine
      // at rest, and where nothing catches what the reading throws. So that timer ends when it rings for the first time.
      made.update = function (this: unknown) {
        if (this !== made) {
          clearInterval(this as NodeJS.Timeout)
          return
        }
        try {
          update()
        } catch (error) {
          deps.log.warn({ reason: String(error) }, 'the network interfaces could not be read')
        }
      }
      // The service listens after this, and reports nodes only in a later turn of the event loop.
      made.on('response', (packet, from) => {
        // An answer from another port does not count (RFC 6762, section 6).
        source = from.port === MDNS_PORT ? from.address : undefined
        if (packet.answers.some(({ name }) => name === SERVICE_TAG)) beside(from, questions.answeredBeside)
      })
      made.on('query', ({ questions: asked }, from) => {
        // Nodes answer what is asked first in a packet, and nothing behind it.
        if (asked[0]?.name === SERVICE_TAG) beside(from, questions.askedBeside)
      })
      made.on('error', (error) => deps.log.warn({ reason: error.message }, 'mDNS does not work here'))
    },
  })

  /** The addresses that this node had when it looked last: it has asked from each. */
  let askedFrom: readonly string[] = []

  return {
    async start() {
      service.addEventListener('peer', onPeer)
      sender.start()
      askedFrom = segments().speakFrom
      // Before the first question: its answers come at once.
      hear()
      await service.start()
    },
    look() {
      responder?.update()
      hear()
      const { speakFrom } = segments()
      const came = speakFrom.filter((address) => !askedFrom.includes(address))
      askedFrom = speakFrom
      sender.ask([{ name: SERVICE_TAG, type: 'PTR' }], came)
    },
    async stop() {
      service.removeEventListener('peer', onPeer)
      await service.stop()
      await hearing.close()
      await sender.stop()
    },
  }
}

/** Sends packets to the mDNS groups, one interface after the other; over IPv4 through one socket. */
function createSender({ log, clock, timers }: MdnsDeps, segments: () => Segments) {
  let socket: Socket | undefined
  let waiting = 0
  let last: Promise<void> = Promise.resolve()
  let answeredAt = Number.NEGATIVE_INFINITY
  /** Takes back the answer that is to come. */
  let unanswer: (() => void) | undefined

  const sendOn = (from: Socket, ip: string, bytes: Buffer): Promise<void> =>
    new Promise((resolve) => {
      try {
        from.setMulticastInterface(ip)
        from.send(bytes, MDNS_PORT, MDNS_GROUP, (error) => {
          if (error) log.debug({ reason: error.message, ip }, 'mDNS packet not sent')
          resolve()
        })
      } catch (error) {
        // An interface that has just gone.
        log.debug({ reason: String(error), ip }, 'mDNS packet not sent')
        resolve()
      }
    })

  const sendOver6 = async (address: string, bytes: Buffer): Promise<void> => {
    const name = segments().interfaceOf(address)
    if (name === undefined) return
    const error = await send6({ address, interface: name }, bytes)
    if (error !== null) log.debug({ reason: error.message, ip: address }, 'mDNS packet not sent')
  }

  const queue = (bytes: Buffer, addresses: () => readonly string[]): void => {
    const from = socket
    if (from === undefined || waiting >= QUEUE_MAX) return
    waiting++
    last = last.then(async () => {
      // The interface is the socket's, not the packet's: one send has to end before the next begins.
      for (const ip of addresses()) {
        if (socket !== from) break
        await (isIP(ip) === 4 ? sendOn(from, ip, bytes) : sendOver6(ip, bytes))
      }
      waiting--
    })
  }

  const sendAnswer = (answers: readonly Answer[]): void => {
    unanswer = undefined
    answeredAt = clock.monotonic()
    queue(encodeAnswers(answers), () => segments().speakFrom)
  }

  return {
    start(): void {
      const made = createSocket({ type: 'udp4', reuseAddr: true })
      socket = made
      last = new Promise((resolve) => {
        made.on('error', (error) => {
          log.warn({ reason: error.message }, 'mDNS does not work here')
          resolve()
        })
        // A response has to come from the mDNS port (RFC 6762, section 6). Nothing can be sent before it is bound.
        // A host without groups to bind to hears each packet twice.
        const from = process.platform === 'linux' ? UNHEARD_GROUP : undefined
        made.bind(MDNS_PORT, from, () => {
          made.setMulticastTTL(255)
          resolve()
        })
      })
    },
    ask(questions: readonly Question[], from: readonly string[]): void {
      if (from.length > 0) queue(encodeQuestions(questions), () => from)
    },
    answer(answers: readonly Answer[]): void {
      const wait = answeredAt + ANSWER_EVERY_MS - clock.monotonic()
      if (wait <= 0) sendAnswer(answers)
      else unanswer ??= timers.after(wait, () => sendAnswer(answers))
    },
    stop(): Promise<void> {
      unanswer?.()
      const closing = socket
      socket = undefined
      return new Promise((resolve) => {
        if (closing === undefined) resolve()
        else closing.close(() => resolve())
      })
    },
  }
}
