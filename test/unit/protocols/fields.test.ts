// Every field of every message, with every type of MessagePack in it: refused as malformed or read, and never thrown out of.
import { expect, test } from 'vitest'
import type * as z from 'zod'
import { decodeAnswer } from '../../../protocols/answer.ts'
import type { Message, WireBody, WireValue } from '../../../protocols/define.ts'
import { decodeFrame, FrameError, messageTable, UNSIGNED } from '../../../protocols/frame.ts'
import { sealedAnswer } from '../../../protocols/messages/query.ts'
import { nodeSummary } from '../../../protocols/messages/summary.ts'
import { MESSAGES, STREAMS, TOPICS } from '../../../protocols/registry.ts'
import { decodeSummary } from '../../../protocols/summary.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { readDocument } from '../../../src/exchange/documents/read.ts'
import { readQuestion } from '../../../src/exchange/query/document.ts'
import { openChannel } from '../../../src/mesh/link/channel.ts'
import { createIntake } from '../../../src/mesh/notices/intake.ts'
import { fieldsOf, HOSTILE_VALUES, withField } from '../../fuzz/fields.ts'
import { EVERYTHING } from '../../support/mesh/everything.ts'
import { createFakeTrust } from '../../support/mesh/fake-trust.ts'
import { rawFrame } from '../../support/mesh/frames.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { goldenAnswers, goldenFrames, goldenSummaries } from '../../support/mesh/vectors.ts'
import { times } from '../../support/run/thorough.ts'

const NOW = 1_763_626_500_000
const author = testIdentity(7)
/** Of frames that this file has signed itself. Rooms that are looked at verify them, and what is expected of them need not. */
const verify = () => true
const clock = { now: () => NOW, monotonic: () => NOW }

interface Case {
  readonly what: string
  readonly frame: Uint8Array
  readonly isSigned: boolean
}

/** Every value of every field is read as a frame. Rooms, which go by what that says, are shown some, with signatures. */
const EVERY = times(5, 1)

let count = 0
/** With a fresh nonce and a sequence number that grows; `body` is MessagePack. */
function framed(message: Message, body: Uint8Array, isSigned: boolean): Uint8Array {
  const nonce = Buffer.alloc(16)
  nonce.writeUInt32BE(++count)
  const seq = message.carried === 'hop' ? count : 0
  const envelope: WireValue = { sender: author.publicKey, ts: NOW, nonce: new Uint8Array(nonce), seq }
  return rawFrame({
    type: message.type,
    payload: withField(envelope, ['body'], body),
    sign: (bytes) => (isSigned ? author.sign(bytes) : UNSIGNED),
  })
}

/** Honest bodies to put hostile fields into; the fields beside them are then as they should be. */
function honestOf(message: Message): readonly WireBody[] {
  const bodies = goldenFrames.filter(({ type }) => type === message.type).map(({ body }) => body)
  return bodies.length === 0 ? [{}] : bodies.slice(0, 2)
}

/** Every value in every field: by turns in one of the honest bodies, or in each of them where there is time. */
function hostileBodies(schema: z.ZodType, honest: readonly WireValue[]): [string, Uint8Array][] {
  const values = Object.entries(HOSTILE_VALUES)
  const all = fieldsOf(schema).flatMap((path) => values.map(([name, bytes]) => ({ path, name, bytes })))
  return honest.flatMap((body, turn) =>
    all
      .filter((_, at) => times(at % honest.length === turn, true))
      .map(({ path, name, bytes }): [string, Uint8Array] => [
        `${path.join('.') || 'the body'}: ${name}`,
        withField(body, path, bytes),
      ]),
  )
}

/** Made and signed once each: two tests look at every message. */
const made = new Map<Message, readonly Case[]>()

function casesOf(message: Message): readonly Case[] {
  const known = made.get(message)
  if (known !== undefined) return known
  const cases = hostileBodies(message.body, honestOf(message)).map(([what, body], at): Case => {
    const isSigned = at % EVERY === 0
    return { what, frame: framed(message, body, isSigned), isSigned }
  })
  made.set(message, cases)
  return cases
}

/** Undefined: read. Throws what is no FrameError. */
function refusalOf(what: string, read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    if (error instanceof FrameError) return error.code
    throw new Error(`${what}: ${String(error)}`)
  }
}

const REFUSED = ['malformed', 'too_large']

const messages = [...MESSAGES.values()]
test.each(messages.map((message) => [message.name, message] as const))('%s', (_, message) => {
  const cases = casesOf(message)
  const codes = new Set<string | undefined>()
  for (const { what, frame, isSigned } of cases) {
    codes.add(refusalOf(what, () => decodeFrame(frame, { messages: MESSAGES, verify })))
    if (!isSigned) continue
    refusalOf(what, () => readDocument(frame, NOW))
    refusalOf(what, () => readQuestion(frame, new Uint8Array(16), NOW))
  }
  expect(cases.length).toBeGreaterThan(Object.keys(HOSTILE_VALUES).length)
  expect(codes).toContain('malformed')
  expect([...codes].filter((code) => code !== undefined && !REFUSED.includes(code))).toEqual([])
})

test.each([
  ['an answer', sealedAnswer, goldenAnswers, decodeAnswer],
  ['a summary', nodeSummary, goldenSummaries, decodeSummary],
] as const)('%s inside its seal', (_, schema, golden, decode) => {
  const honest = golden.slice(0, 4).map(({ value }) => value)
  const codes = new Set(
    hostileBodies(schema, honest).map(([what, body]) => refusalOf(what, () => decode(body))),
  )
  expect(codes).toContain('malformed')
  expect([...codes].filter((code) => code !== undefined && !REFUSED.includes(code))).toEqual([])
})

/** What is told of frames, and of whom. */
function witness() {
  const told: string[] = []
  return {
    told,
    rejections: {
      count: (code: string, _protocol: string, peer: string) => told.push(`${code} ${peer}`) > 0,
      tally: () => {},
      failed: (_protocol: string, peer: string, error: unknown) => {
        throw new Error(`${peer}: ${String(error)}`)
      },
      inTime: () => {},
    },
  }
}

const ofTopics = TOPICS.flatMap((topic) =>
  Object.values(topic.messages).map((message) => ({ topic, message })),
)
test.each(ofTopics.map((one) => [`${one.topic.id} ${one.message.name}`, one] as const))(
  '%s is held against the neighbour that hands it on',
  (_, { topic, message }) => {
    const relay = testIdentity(8)
    const table = messageTable(Object.values(topic.messages))
    for (const { what, frame } of casesOf(message).filter(({ isSigned }) => isSigned)) {
      const { told, rejections } = witness()
      const trust = createFakeTrust([relay.nodeId, author.nodeId])
      const intake = createIntake({
        identity: testIdentity(9),
        trust,
        rejections,
        clock,
        random: { bytes: (length) => new Uint8Array(length), float: () => 0 },
        topics: () => TOPICS,
      })
      const code = refusalOf(what, () => decodeFrame(frame, { messages: table, verify }))
      const notice = intake.open(frame, relay.nodeId, EVERYTHING)
      expect(notice === undefined, what).toBe(code !== undefined)
      expect(told, what).toEqual(code === undefined ? [] : [`${code} ${relay.nodeId}`])
    }
  },
)

/** As much of a libp2p stream as a channel uses. */
class PlayedStream extends EventTarget {
  readonly status = 'open'
  readonly writeStatus = 'writable'
  readonly writeBufferLength = 0
  aborted = false
  send(): boolean {
    return true
  }
  abort(): void {
    this.aborted = true
  }
  arrive(data: Uint8Array): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }))
  }
}

function withoutSignature(frame: Uint8Array): Uint8Array {
  const unsigned = frame.slice()
  unsigned.set(UNSIGNED, unsigned.length - UNSIGNED.length)
  return unsigned
}

const ofStreams = STREAMS.flatMap((stream) =>
  Object.values(stream.messages).map((message) => ({ stream, message })),
)
test.each(ofStreams.map((one) => [`${one.stream.id} ${one.message.name}`, one] as const))(
  '%s cuts its sender off',
  (_, { stream: protocol, message }) => {
    const table = messageTable(Object.values(protocol.messages))
    const proven = protocol.proof === 'connection' ? author.publicKey : undefined
    for (const { what, frame: whole } of casesOf(message).filter(({ isSigned }) => isSigned)) {
      const frame = proven !== undefined && message.carried === 'hop' ? withoutSignature(whole) : whole
      const { told, rejections } = witness()
      const stream = new PlayedStream()
      const got: unknown[] = []
      openChannel(
        {
          identity: testIdentity(9),
          replay: { check: () => () => {}, inWindow: () => {} },
          rejections,
          clock,
          timers: { after: () => () => {} },
          random: { bytes: (length) => new Uint8Array(length), float: () => 0 },
          log: silentLog,
        },
        {
          stream: stream as unknown as Parameters<typeof openChannel>[1]['stream'],
          protocol,
          peer: author,
          quota: { has: () => true, take: () => true, charge: () => {}, wait: () => 0 },
          onFrame: (one) => got.push(one),
          onClose: () => {},
        },
      )
      stream.arrive(frame)
      const code = refusalOf(what, () => decodeFrame(frame, { messages: table, verify, proven }))
      expect(stream.aborted, what).toBe(code !== undefined)
      expect(told, what).toEqual(code === undefined ? [] : [`${code} ${author.nodeId}`])
      expect(got.length, what).toBe(code === undefined ? 1 : 0)
    }
  },
)
