// The two mDNS packets of Karo, written and read within what DNS allows: the question for its service, and the answer to it (RFC 6762).
import { type Answer as AnyAnswer, AUTHORITATIVE_ANSWER, decode, encode } from 'dns-packet'
import { orElse } from '../../base/run/or-else.ts'

export interface Question {
  readonly name: string
  readonly type: 'PTR'
}

export interface Answer {
  readonly name: string
  readonly type: 'PTR' | 'TXT'
  readonly ttl: number
  readonly data: string
}

const SERVICE = '_karo._udp.local'
/** The service's first label as it stands in a packet: without it, a packet is about something else. */
export const SERVICE_LABEL = Buffer.from('\x05_karo', 'latin1')
/** Seconds. */
const TTL = 120
/** The address of a node in a text, as a multiaddr with its peer id (libp2p's specification of mDNS). */
const ADDRESS = 'dnsaddr='

const LABEL_MAX = 63
const TEXT_MAX = 255

/** RangeError when a name is longer than DNS allows; `encodeAnswers` likewise, and for a text. */
export function encodeQuestions(questions: readonly Question[]): Buffer {
  for (const { name } of questions) checkName(name)
  return encode({ type: 'query', questions: [...questions] })
}

export function encodeAnswers(answers: readonly Answer[]): Buffer {
  for (const { name, type, data } of answers) {
    checkName(name)
    if (type === 'PTR') checkName(data)
    else checkBytes(data, TEXT_MAX)
  }
  return encode({ type: 'response', flags: AUTHORITATIVE_ANSWER, answers: [...answers] })
}

/** The library writes the length of a label into one byte, whatever it is. */
const checkName = (name: string): void => {
  for (const label of name.split('.')) checkBytes(label, LABEL_MAX)
}

function checkBytes(text: string, max: number): void {
  const bytes = Buffer.byteLength(text)
  if (bytes === 0 || bytes > max) throw new RangeError(`DNS allows 1 to ${max} bytes here`)
}

/** Behind the question, in a packet that a few answers are enough for. */
const SOME = `some.${SERVICE}`
const asked = (...names: readonly string[]): Buffer =>
  encodeQuestions(names.map((name) => ({ name, type: 'PTR' })))

/** By whom it is to be answered: by all who hear it, or by some of them. */
export const QUESTIONS = { all: asked(SERVICE), some: asked(SERVICE, SOME) } as const

/** `label`: of this node, in this run; `addresses`: multiaddrs with its peer id. Those that are longer than a text may be are left out. */
export function encodeAnswer(label: string, addresses: readonly string[]): Buffer {
  const name = `${label}.${SERVICE}`
  const texts = addresses.map((address) => ADDRESS + address).filter((text) => text.length <= TEXT_MAX)
  return encodeAnswers([
    { name: SERVICE, type: 'PTR', ttl: TTL, data: name },
    ...texts.map((data) => ({ name, type: 'TXT', ttl: TTL, data }) as const),
  ])
}

export type Heard =
  | { readonly kind: 'question'; readonly to: keyof typeof QUESTIONS }
  /** `label` and `addresses` as whoever answered wrote them. */
  | { readonly kind: 'answer'; readonly label: string; readonly addresses: readonly string[] }

/** Undefined for what is not about the service. Nodes answer what is asked first in a packet, and nothing behind it. */
export function readPacket(bytes: Buffer): Heard | undefined {
  if (!bytes.includes(SERVICE_LABEL)) return undefined
  const packet = orElse(() => decode(bytes), undefined)
  if (packet?.type === 'query') {
    const [first, second] = packet.questions ?? []
    if (first?.name !== SERVICE) return undefined
    return { kind: 'question', to: second?.name === SOME ? 'some' : 'all' }
  }
  const { answers = [], additionals = [] } = packet ?? {}
  const pointer = answers.find((one) => one.type === 'PTR' && one.name === SERVICE)
  if (pointer?.type !== 'PTR') return undefined
  const addresses = [...answers, ...additionals].flatMap(textsOf).filter((text) => text.startsWith(ADDRESS))
  return {
    kind: 'answer',
    label: pointer.data.split('.')[0] ?? '',
    addresses: addresses.map((text) => text.slice(ADDRESS.length)),
  }
}

const textsOf = (one: AnyAnswer): readonly string[] =>
  one.type === 'TXT' ? [one.data].flat().map((text) => text.toString()) : []
