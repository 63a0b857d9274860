// One node of a LAN asks by mDNS for all: as long as another host asks and a third one answers, a node listens. Without a network.
import dgram from 'node:dgram'
import { EventEmitter } from 'node:events'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { silentLog } from '../../../src/base/run/log.ts'
import { createMdns } from '../../../src/mesh/discovery/mdns.ts'
import { encodeAnswers, encodeQuestions } from '../../../src/mesh/discovery/mdns-packet.ts'
import { SILENT_MOST } from '../../../src/mesh/discovery/shared-questions.ts'
import { settled, VirtualTime } from '../../support/run/virtual-time.ts'

const OWN = '10.0.0.1'
const MDNS_PORT = 5353
const INTERVAL_MS = 60_000
const SERVICE = '_karo._udp.local'
const QUESTION = encodeQuestions([{ name: SERVICE, type: 'PTR' }])
const SECOND = encodeQuestions(['_other._udp.local', SERVICE].map((name) => ({ name, type: 'PTR' })))
/** Of nobody who could be dialled. */
const ANSWER = encodeAnswers([{ name: SERVICE, type: 'PTR', ttl: 120, data: `nobody.${SERVICE}` }])
const ADDRESS = multiaddr(`/ip4/${OWN}/tcp/9238/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5`)

const sockets = new Set<FakeSocket>()
/** Questions that the node sent. */
let asked = 0

class FakeSocket extends EventEmitter {
  address: unknown
  bind(_port: number, address: unknown, done?: () => void): void {
    this.address = typeof address === 'string' ? address : undefined
    queueMicrotask(() => {
      this.emit('listening')
      if (typeof address === 'function') address()
      done?.()
    })
  }
  setMulticastTTL(): void {}
  setMulticastLoopback(): void {}
  setMulticastInterface(): void {}
  addMembership(): void {}
  dropMembership(): void {}
  send(bytes: Buffer, _port: number, _group: string, done: (error: null) => void): void {
    if (((bytes[2] as number) & 0x80) === 0) asked++
    queueMicrotask(() => done(null))
  }
  close(done?: () => void): void {
    sockets.delete(this)
    if (done !== undefined) queueMicrotask(done)
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
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
  vi.useRealTimers()
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

/** A node that has asked its first question. */
async function started() {
  const time = new VirtualTime()
  asked = 0
  const logger = Object.assign(() => {}, { error() {}, trace() {}, enabled: false })
  const mdns = createMdns({
    where: true,
    intervalMs: INTERVAL_MS,
    allows: () => true,
    clock: time.clock,
    timers: time,
    listening: () => [ADDRESS],
    log: silentLog,
    put: () => {},
    interfaces: () => os.networkInterfaces(),
    logger: { forComponent: () => logger } as never,
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
        vi.advanceTimersByTime(INTERVAL_MS / 2)
        beside()
        time.advance(INTERVAL_MS / 2)
        vi.advanceTimersByTime(INTERVAL_MS / 2)
        await settled()
      }
      return asked - before
    },
    stop: () => mdns.stop(),
  }
}

/** A packet of the group, which each socket gets that is not bound to a group of its own. */
function heard(bytes: Buffer, address: string, port = MDNS_PORT): void {
  for (const socket of sockets)
    if (socket.address === undefined) socket.emit('message', bytes, { address, port })
}

test('a node is silent while another host asks and is answered, but not for ever, and asks again after that', async () => {
  const { pass, stop } = await started()
  expect(await pass(3), 'alone').toBe(3)
  const talk = (): void => {
    heard(QUESTION, '10.0.0.2')
    heard(ANSWER, '10.0.0.3')
  }
  expect(await pass(SILENT_MOST - 1, talk), 'spared').toBe(0)
  expect(await pass(1, talk), 'after its share of silence').toBe(1)
  expect(await pass(3), 'alone again').toBe(3)
  await stop()
})

test.each<[what: string, beside: () => void]>([
  ['a question without an answer', () => heard(QUESTION, '10.0.0.2')],
  [
    'a host that answers nobody but itself',
    () => [QUESTION, ANSWER].map((bytes) => heard(bytes, '10.0.0.2')),
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
      heard(QUESTION, '10.0.0.2', 40_000)
      heard(ANSWER, '10.0.0.3', 40_000)
    },
  ],
  [
    'hosts of another network',
    () => {
      heard(QUESTION, '10.0.7.2')
      heard(ANSWER, '10.0.7.3')
    },
  ],
  ['its own packets', () => [QUESTION, ANSWER].map((bytes) => heard(bytes, OWN))],
])('a node is spared by no less: %s', async (_, beside) => {
  const { pass, stop } = await started()
  expect(await pass(5, beside)).toBe(5)
  await stop()
})
