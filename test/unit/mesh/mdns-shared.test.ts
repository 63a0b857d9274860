// One node of a LAN asks by mDNS for all: as long as another host asks and a third one answers, a node listens. Without a network.
import dgram from 'node:dgram'
import { EventEmitter } from 'node:events'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { silentLog } from '../../../src/base/run/log.ts'
import { createMdns, SILENT_MOST } from '../../../src/mesh/discovery/mdns.ts'
import { encodeAnswer, encodeQuestions, QUESTIONS } from '../../../src/mesh/discovery/mdns-packet.ts'
import type { MeshEvent } from '../../../src/mesh/state/types.ts'
import { settled, VirtualTime } from '../../support/run/virtual-time.ts'

const OWN = '10.0.0.1'
const MDNS_PORT = 5353
const INTERVAL_MS = 60_000
const SERVICE = '_karo._udp.local'
const SECOND = encodeQuestions(['_other._udp.local', SERVICE].map((name) => ({ name, type: 'PTR' })))
/** Of nobody who could be dialled. */
const ANSWER = encodeAnswer('nobody', [])
const ADDRESS = multiaddr(`/ip4/${OWN}/tcp/9238/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5`)

const sockets = new Set<FakeSocket>()
/** Questions that the node sent. */
let asked = 0
let lastAsked: Buffer | undefined
/** Answers, likewise. */
let answered = 0
/** Nodes that it saw. */
const sighted: MeshEvent[] = []
let isAlone = false
/** What chance says next, from 0 to 1. */
let chance = 0
const random = { bytes: (length: number) => new Uint8Array(length), float: () => chance }

class FakeSocket extends EventEmitter {
  address: unknown
  bind(_port: number, address: unknown, done?: () => void): void {
    this.address = address
    queueMicrotask(() => done?.())
  }
  setMulticastTTL(): void {}
  setMulticastLoopback(): void {}
  setMulticastInterface(): void {}
  addMembership(): void {}
  dropMembership(): void {}
  send(bytes: Buffer, _port: number, _group: string, done: (error: null) => void): void {
    if (((bytes[2] as number) & 0x80) !== 0) answered++
    else {
      asked++
      lastAsked = bytes
    }
    queueMicrotask(() => done(null))
  }
  close(done?: () => void): void {
    sockets.delete(this)
    if (done !== undefined) queueMicrotask(done)
  }
}

beforeEach(() => {
  vi.spyOn(dgram, 'createSocket').mockImplementation(() => {
    const made = new FakeSocket()
    sockets.add(made)
    return made as never
  })
  vi.spyOn(os, 'networkInterfaces').mockReturnValue({
    eth0: [{ address: OWN, family: 'IPv4', cidr: `${OWN}/24`, internal: false, netmask: '', mac: '' }],
  })
  syncBuiltinESMExports()
})
afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

/** A node that has asked its first question. */
async function started() {
  const time = new VirtualTime()
  asked = 0
  answered = 0
  chance = 0
  isAlone = false
  sighted.length = 0
  const mdns = createMdns({
    where: true,
    intervalMs: INTERVAL_MS,
    allows: () => true,
    clock: time.clock,
    timers: time,
    listening: () => [ADDRESS],
    log: silentLog,
    put: (event) => sighted.push(event),
    interfaces: () => os.networkInterfaces(),
    random,
    knowsNobody: () => isAlone,
  })
  await mdns.start()
  await settled()
  expect(asked).toBe(1)
  return {
    /** Lets so many intervals pass; `beside` happens in the middle of each. Resolves with the number of questions in them. */
    async pass(intervals: number, beside: () => void = () => {}): Promise<number> {
      const before = asked
      for (let i = 0; i < intervals; i++) {
        time.advance(INTERVAL_MS / 2)
        beside()
        time.advance(INTERVAL_MS / 2)
        await settled()
      }
      return asked - before
    },
    /** Lets so much time pass. */
    async wait(ms: number): Promise<void> {
      time.advance(ms)
      await settled()
    },
    stop: () => mdns.stop(),
  }
}

/** A packet of the group, which each socket gets that is not bound to a group of its own. */
function heard(bytes: Buffer, address: string, port = MDNS_PORT): void {
  for (const socket of sockets)
    if (socket.address === '0.0.0.0') socket.emit('message', bytes, { address, port })
}

test('a node is silent while another host asks and is answered, but not for ever, and asks again after that', async () => {
  const { pass, stop } = await started()
  expect(await pass(3), 'alone').toBe(3)
  const talk = (): void => {
    heard(QUESTIONS.all, '10.0.0.2')
    heard(ANSWER, '10.0.0.3')
  }
  expect(await pass(SILENT_MOST - 1, talk), 'spared').toBe(0)
  expect(await pass(1, talk), 'after its share of silence').toBe(1)
  expect(await pass(3), 'alone again').toBe(3)
  await stop()
})

test.each<[what: string, beside: () => void]>([
  ['a question without an answer', () => heard(QUESTIONS.all, '10.0.0.2')],
  [
    'a host that answers nobody but itself',
    () => [QUESTIONS.all, ANSWER].map((bytes) => heard(bytes, '10.0.0.2')),
  ],
  [
    'a question behind another one, which no node answers',
    () => {
      heard(SECOND, '10.0.0.2')
      heard(ANSWER, '10.0.0.3')
    },
  ],
  [
    'packets from another port',
    () => {
      heard(QUESTIONS.all, '10.0.0.2', 40_000)
      heard(ANSWER, '10.0.0.3', 40_000)
    },
  ],
  [
    'hosts of another network',
    () => {
      heard(QUESTIONS.all, '10.0.7.2')
      heard(ANSWER, '10.0.7.3')
    },
  ],
  ['its own packets', () => [QUESTIONS.all, ANSWER].map((bytes) => heard(bytes, OWN))],
])('a node is spared by no less: %s', async (_, beside) => {
  const { pass, stop } = await started()
  expect(await pass(5, beside)).toBe(5)
  await stop()
})

test('who asks some is answered by some of many hosts, and none is silent for long', async () => {
  const { wait, stop } = await started()
  const asks = async (times: number, question: Buffer = QUESTIONS.some): Promise<number> => {
    const before = answered
    for (let i = 0; i < times; i++) {
      heard(question, '10.0.0.2')
      await wait(1_000)
    }
    return answered - before
  }
  chance = 0.99
  for (let i = 3; i < 18; i++) heard(ANSWER, `10.0.0.${i}`)
  expect(await asks(8), 'of sixteen').toBe(8)
  for (let i = 3; i < 250; i++) heard(ANSWER, `10.0.0.${i}`)
  expect(await asks(8), 'of 250, each time that it is not its turn').toBe(2)
  expect(await asks(8, QUESTIONS.all), 'who asks all').toBe(8)
  chance = 0.05
  expect(await asks(8), 'each time that it is').toBe(8)
  await stop()
})

test('who knows nobody yet asks all, and is not spared by who asked some', async () => {
  const { pass, stop } = await started()
  const talk = (): void => {
    heard(QUESTIONS.some, '10.0.0.2')
    heard(ANSWER, '10.0.0.3')
  }
  expect(await pass(3, talk), 'who knows a member').toBe(0)
  isAlone = true
  await pass(1, talk)
  expect(await pass(3, talk), 'from its next question on').toBe(3)
  expect(lastAsked?.equals(QUESTIONS.all)).toBe(true)
  await stop()
})

test('an answer that a host repeats is read once in a while, and another one at once', async () => {
  const { wait, stop } = await started()
  const place = (port: number) =>
    encodeAnswer('somebody', [`/ip4/10.0.0.7/tcp/${port}/p2p/${ADDRESS.getComponents()[2]?.value}`])
  const seen = async (port: number): Promise<number> => {
    const before = sighted.length
    heard(place(port), '10.0.0.7')
    return sighted.length - before
  }
  expect(await seen(9238)).toBe(1)
  expect(await seen(9238)).toBe(0)
  expect(await seen(9239)).toBe(1)
  await wait(40_000)
  expect(await seen(9239)).toBe(1)
  // Nobody says where another host is, and nobody answers from another port.
  heard(place(9240), '10.0.0.8')
  heard(place(9240), '10.0.0.7', 40_000)
  expect(sighted).toHaveLength(3)
  await stop()
})
