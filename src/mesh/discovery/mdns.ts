// Discovery by mDNS: tells where this node listens and hears where others do, on the interfaces it may speak on.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIP } from 'node:net'
import type { Multiaddr } from '@multiformats/multiaddr'
import { toHex } from '../../base/hex.ts'
import { createRecent } from '../../base/recent.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { inSteps } from '../../base/timers.ts'
import { UNHEARD_GROUP } from '../../base/words/unheard-group.ts'
import { heardAddresses } from '../admission/addresses.ts'
import { endpointOf, leadsHere } from '../admission/endpoint.ts'
import type { Interfaces } from '../admission/listen.ts'
import { nodeIn } from '../link/peer.ts'
import type { Put } from '../state/types.ts'
import { encodeAnswer, QUESTIONS, readPacket } from './mdns-packet.ts'
import { hearGroup, MDNS_GROUP, MDNS_PORT, send6 } from './multicast.ts'
import { type Segments, segmentsOf, watchSegments } from './segments.ts'

/** However many ask, one answer in this time: it goes to all of them. */
const ANSWER_EVERY_MS = 250
/** Packets waiting to be sent; more are dropped, the next interval repeats them. */
const QUEUE_MAX = 16
/** Who knows a member needs a few: it learns of the others from these. About so many answer such a question, however many hear it. */
const SOME = 16
/** So many such questions in a row a node leaves to others: what somebody says in the name of many hosts silences nobody for long. */
const UNANSWERED_MOST = 3
/** Hosts whose last answer is known, and the most bytes of one: anybody may invent hosts that say much. */
const HOSTS_MAX = 1_024
const ANSWER_BYTES = 1_024
const HOST_MS = 10 * 60_000
/** For so long the same answer of a host says nothing new. */
const REPEATED_MS = 30_000
/** Random bytes in the name under which this run of the daemon answers. */
const LABEL_BYTES = 16

export interface MdnsDeps extends Ambient {
  /** `discovery.mdns`: everywhere, or on these interfaces and subnets. */
  readonly where: true | readonly string[]
  readonly intervalMs: number
  /** Whether an address may be spoken from, told and heard. */
  readonly allows: (ip: string) => boolean
  /** Own multiaddrs with peer id. */
  readonly listening: () => readonly Multiaddr[]
  readonly interfaces: () => Interfaces
  /** No member is known yet, so whoever is there may be the one that is looked for. */
  readonly knowsNobody: () => boolean
  readonly put: Put
}

export type Mdns = ReturnType<typeof createMdns>

export function createMdns(deps: MdnsDeps) {
  const { clock, timers, random, log, put } = deps
  const segments = watchSegments(
    () => segmentsOf(deps.where, deps.interfaces(), deps.allows),
    () => clock.monotonic(),
    (error) => log.warn({ reason: String(error) }, 'the network interfaces could not be read'),
  )
  const sender = createSender(deps, segments)
  const questions = shareQuestions(deps.intervalMs, () => clock.monotonic())
  const label = toHex(random.bytes(LABEL_BYTES))
  /** The last answer of each host, by its address, and when it was read. */
  const hosts = createRecent<string, { readonly bytes: Buffer; readonly at: number }>(HOSTS_MAX, {
    ms: HOST_MS,
    now: () => clock.monotonic(),
  })
  let unanswered = 0
  /** Whether no member was known when this node asked last: to know it takes a look at everybody whom the node has ever met. */
  let isAlone = true

  const notHeard = (error: Error): void => log.debug({ reason: error.message }, 'mDNS is not heard here')
  const hearing4 = hearGroup(4, {
    onMessage: hear,
    onError: (error) => log.warn({ reason: error.message }, 'mDNS does not work here'),
    onTrouble: notHeard,
  })
  const hearing6 = hearGroup(6, { onMessage: hear, onError: notHeard, onTrouble: notHeard })

  async function join(): Promise<void> {
    const { speakFrom, interfaceOf } = segments()
    const over = (family: number): readonly string[] => speakFrom.filter((ip) => isIP(ip) === family)
    const names = over(6).flatMap((ip) => interfaceOf(ip) ?? [])
    await Promise.all([hearing4.join(over(4)), hearing6.join([...new Set(names)])])
  }

  /** For each of our links that a packet of another host came over. */
  function beside({ address, port }: RemoteInfo, heard: SharedQuestions['askedBeside']): void {
    const { besideOf, speakFrom } = segments()
    if (port !== MDNS_PORT || speakFrom.includes(address)) return
    for (const own of besideOf(address)) heard(own, address)
  }

  /** Each question of anybody is answered by many hosts, which all say again what they said to the one before. */
  function isRepeated(bytes: Buffer, { address }: RemoteInfo): boolean {
    const last = hosts.get(address)
    return last !== undefined && clock.monotonic() - last.at < REPEATED_MS && bytes.equals(last.bytes)
  }

  function hear(bytes: Buffer, from: RemoteInfo): void {
    if (isRepeated(bytes, from)) {
      beside(from, questions.answeredBeside)
      return
    }
    const heard = readPacket(bytes)
    if (heard?.kind === 'question') {
      // A few answers to somebody else spare nobody who waits for a certain one.
      if (heard.to === 'all' || !isAlone) beside(from, questions.askedBeside)
      if (heard.to === 'all' || isOurTurn()) sender.answer(ownAnswer)
    }
    // An answer from another port does not count (RFC 6762, section 6).
    if (heard?.kind !== 'answer' || from.port !== MDNS_PORT) return
    const here = segments()
    if (!here.onLink(from.address)) return
    beside(from, questions.answeredBeside)
    // A copy, because the bytes are a part of a larger buffer, which would stay as long as they do.
    const kept = Buffer.from(bytes.length > ANSWER_BYTES ? [] : bytes)
    hosts.set(from.address, { bytes: kept, at: clock.monotonic() })
    if (heard.label === label) return
    const [node] = heard.addresses.map(nodeIn)
    const addresses = heardAddresses(here, heard.addresses, from.address)
    if (node !== undefined && addresses.length > 0)
      put({ on: 'sighted', node, addresses, source: from.address })
  }

  /** Always among few hosts. */
  function isOurTurn(): boolean {
    const isTurn = unanswered >= UNANSWERED_MOST || random.float() * hosts.size < SOME
    unanswered = isTurn ? 0 : unanswered + 1
    return isTurn
  }

  /** Where others on our segments can reach us; loopback only when there is nothing else. Undefined where they cannot. */
  function ownAnswer(): Buffer | undefined {
    const allowed = segments()
    const reachable = deps.listening().filter((address) => {
      const ip = endpointOf(address)?.ip
      return ip !== undefined && allowed.includes(ip)
    })
    const lan = reachable.filter((address) => !leadsHere(endpointOf(address)?.ip ?? ''))
    const told = lan[0] ? lan : reachable
    return told[0] && encodeAnswer(label, told.map(String))
  }

  const askFrom = (addresses: readonly string[]): void =>
    sender.ask(QUESTIONS[isAlone ? 'all' : 'some'], addresses)
  const ask = (): void => {
    isAlone = deps.knowsNobody()
    askFrom(questions.due(segments().speakFrom))
  }
  /** The addresses that this node had when it looked last: it has asked from each. */
  let askedFrom: readonly string[] = []
  let stopAsking = (): void => {}

  return {
    async start() {
      sender.start()
      askedFrom = segments().speakFrom
      // Before the first question: its answers come at once.
      await join()
      ask()
      stopAsking = inSteps({ clock, timers }, () => deps.intervalMs, ask)
    },
    /**
     * Joins the group on new interfaces, and sends a question there. Has to be called periodically: until then nodes on
     * these interfaces are not discovered.
     */
    look() {
      void join()
      const { speakFrom } = segments()
      const came = speakFrom.filter((address) => !askedFrom.includes(address))
      askedFrom = speakFrom
      askFrom(came)
    },
    async stop() {
      stopAsking()
      await Promise.all([hearing4.close(), hearing6.close()])
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
        from.send(bytes, MDNS_PORT, MDNS_GROUP[4], (error) => {
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

  const sendAnswer = (make: () => Buffer | undefined): void => {
    unanswer = undefined
    answeredAt = clock.monotonic()
    const bytes = make()
    if (bytes !== undefined) queue(bytes, () => segments().speakFrom)
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
    ask(question: Buffer, from: readonly string[]): void {
      if (from[0]) queue(question, () => from)
    },
    answer(make: () => Buffer | undefined): void {
      const wait = answeredAt + ANSWER_EVERY_MS - clock.monotonic()
      if (wait <= 0) sendAnswer(make)
      else unanswer ??= timers.after(wait, () => sendAnswer(make))
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

// One node of a link asks by mDNS and all hear the answers: whether this one has to ask too (RFC 6762, section 7.3).

/**
 * For so many intervals a node leaves the asking to others. Somebody may ask this node alone and answer in the name of others, so that
 * it stays silent while no other node is asked; that ends here.
 */
export const SILENT_MOST = 10

interface Link {
  /** Our own last question; monotonic milliseconds, as all times here. */
  own: number
  /** The last question of another host. */
  other: number
  /** The address of that host. */
  by: string | undefined
  /** Whether a third host answered that one: it reached more than this node. */
  answered: boolean
}

export type SharedQuestions = ReturnType<typeof shareQuestions>

/**
 * Each node asks every `intervalMs` milliseconds unless another host of the link asked within that time and a third one answered:
 * the answers go to the group, so that they told this node as much as if it had asked. `now` is monotonic.
 */
export function shareQuestions(intervalMs: number, now: () => number) {
  const links = new Map<string, Link>()
  const linkOf = (own: string): Link => {
    const known = links.get(own)
    if (known !== undefined) return known
    const never = Number.NEGATIVE_INFINITY
    const made: Link = { own: never, other: never, by: undefined, answered: false }
    links.set(own, made)
    return made
  }
  const mustAsk = ({ own, other, answered }: Link): boolean =>
    !answered || now() - other >= intervalMs || now() - own >= intervalMs * SILENT_MOST

  return {
    /** The host `by` asked the same question, and all on the link of our address `own` heard it. */
    askedBeside(own: string, by: string) {
      Object.assign(linkOf(own), { other: now(), by, answered: false })
    },
    /** The host `by` answered there. Each node also answers itself, which says nothing of how far its question came. */
    answeredBeside(own: string, by: string) {
      const link = linkOf(own)
      if (by !== link.by) link.answered = true
    },
    /** Of our addresses, those on whose links this node has to ask now; it counts them as asked. */
    due(own: readonly string[]) {
      // Addresses that are no longer ours are forgotten.
      for (const known of links.keys()) if (!own.includes(known)) links.delete(known)
      const asking = own.filter((address) => mustAsk(linkOf(address)))
      for (const address of asking) linkOf(address).own = now()
      return asking
    },
  }
}
