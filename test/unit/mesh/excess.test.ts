// What a connection may cost below all protocols: frames of the muxer, streams in its life, and handshakes.
import { connect, type Socket } from 'node:net'
import type { Connection } from '@libp2p/interface'
import { expect, onTestFinished, test } from 'vitest'
import { createDoorkeeper, LAN_DOOR } from '../../../src/mesh/admission/doorkeeper.ts'
import { LOBBY_ALLOWANCE, MEMBER_RATES, memberAllowances } from '../../../src/mesh/allowance.ts'
import { createHeaderReader, type YamuxHeader } from '../../../src/mesh/muxer.ts'
import { BURSTS, deafen, header, write, writeEmpty } from '../../hostile/yamux.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import type { RawPeer } from '../../support/mesh/raw-peer.ts'
import { until } from '../../support/run/until.ts'
import { joined, pair, type Running, raw, slowClock, start } from './cluster.ts'

/** Far beyond what anybody may send, and a moment's work to send. */
const BURSTS_MAX = 2_000

const open = (connection: Connection): boolean => connection.status === 'open'
const ended = (connection: Connection): Promise<unknown> =>
  until(() => !open(connection), { what: 'the end of the connection' })

/** Writes burst after burst until the other end has had enough. */
async function flood(connection: Connection, next: (n: number) => void): Promise<void> {
  deafen(connection)
  for (let n = 0; n < BURSTS_MAX && open(connection); n++) {
    try {
      next(n)
    } catch {
      // It has just been closed.
      break
    }
    // Both ends are in this process.
    await new Promise((resolve) => setImmediate(resolve))
  }
  await ended(connection)
}

/** A dial resolves before the other end has finished its part. */
async function known(node: Running, stranger: RawPeer): Promise<Connection> {
  const connection = await stranger.dial(node.address())
  const there = (): boolean => node.mesh.inspect().connections.some(({ node_id }) => node_id === stranger.id)
  await until(there, { what: 'the other end knows' })
  return connection
}

const KINDS = Object.entries(BURSTS)

test.each(KINDS)('a stranger’s flood ends its connection: %s', async (_, burst) => {
  const a = await start()
  const connection = await known(a, await raw())
  await flood(connection, (n) => write(connection, burst(n)))
  expect(a.mesh.rejections().rate_limited).toBe(1)
})

test('a stranger’s flood ends its connection: messages with nothing in them, which the muxer never sees', async () => {
  const a = await start()
  const connection = await known(a, await raw())
  await flood(connection, () => writeEmpty(connection, 64))
  expect(a.mesh.rejections().rate_limited).toBe(1)
})

test('a stranger’s flood ends its connection, and nothing else: records of TLS, which come from where nothing catches an error', async () => {
  const faults: unknown[] = []
  const note = (fault: unknown): void => void faults.push(fault)
  process.on('uncaughtException', note)
  onTestFinished(() => void process.off('uncaughtException', note))
  const a = await start({ transport: { security: ['tls'] } })
  const connection = await known(a, await raw())
  // A frame that never becomes whole, in records of a byte each.
  write(connection, header(0, 1, 1_001, 60_000))
  await flood(connection, () => {
    for (let n = 0; n < 64; n++) write(connection, Buffer.alloc(1))
  })
  expect(a.mesh.rejections().rate_limited).toBe(1)
  expect(faults).toEqual([])
})

test('sixteen streams in a stranger’s life, also when each is closed before the next', async () => {
  const a = await start()
  const stranger = await raw()
  const connection = await stranger.dial(a.address())
  for (let i = 0; i < LOBBY_ALLOWANCE.streams; i++) {
    await expect(stranger.open(connection, '/nobody/1')).rejects.toThrow()
    expect(open(connection)).toBe(true)
  }
  await expect(stranger.open(connection, '/nobody/1')).rejects.toThrow()
  await ended(connection)
})

/** A little more than one bound allows, and within all the others: the frames, and the streams they open. */
const SYN = 1
const many = (count: number, frame: (n: number) => Uint8Array): Uint8Array =>
  Buffer.concat(Array.from({ length: count }, (_, n) => frame(n)))
const { frames, bytes, replies } = LOBBY_ALLOWANCE
const LINES = 300

test.each([
  ['frames', [many(frames + 1, () => header(1, 0, 99, 0))]],
  ['bytes', [many(bytes / 1_000 + 1, () => Buffer.concat([header(0, 0, 99, 1_000), Buffer.alloc(1_000)]))]],
  [
    'answers',
    // Three bytes each, and as many answers.
    Array.from({ length: Math.ceil(replies / LINES) + 1 }, (_, n) => {
      const asks = `\x13/multistream/1.0.0\n${'\x02x\n'.repeat(LINES)}`
      return Buffer.concat([header(0, SYN, 1_001 + 2 * n, asks.length), Buffer.from(asks)])
    }),
  ],
] as const)('a few more %s than a stranger may have end its connection', async (_, writes) => {
  const a = await start()
  const connection = await known(a, await raw())
  deafen(connection)
  for (const one of writes) write(connection, one)
  await ended(connection)
  expect(a.mesh.rejections().rate_limited).toBe(1)
})

test('a few more pings than a member may send end its connection', async () => {
  const a = await start({ clock: slowClock })
  const { connection } = await joined(a)
  deafen(connection)
  write(
    connection,
    many(MEMBER_RATES.pings.frames + 1, (n) => header(2, SYN, 0, n)),
  )
  await ended(connection)
})

const OF_MEMBERS = KINDS.filter(([name]) => !/empty|of no stream|goodbyes|left/.test(name))
test.each(OF_MEMBERS)('an admitted peer’s flood ends its connection, and no other: %s', async (_, burst) => {
  const [a, b] = await pair({ clock: slowClock })
  const { peer: member, connection } = await joined(a)
  await flood(connection, (n) => write(connection, burst(n)))
  expect(a.mesh.rejections().rate_limited).toBe(1)
  expect(a.audited).toContainEqual(
    expect.objectContaining({
      type: 'policy_violation',
      peer: member.id,
      details: { reason: 'rate_limited', protocol: '/yamux/1.0.0', times: 1 },
    }),
  )
  expect(a.mesh.isConnected(b.id)).toBe(true)
})

test('a member’s rate goes with its key, not with its connection', () => {
  let now = 0
  const allowanceOf = memberAllowances(() => now)
  const [one, other] = [testIdentity().nodeId, testIdentity().nodeId]
  const opened = (node: typeof one): number =>
    Array.from({ length: 1_000 }, () => allowanceOf(node).stream()).filter(Boolean).length
  const { frames, perMs } = MEMBER_RATES.streams
  expect(opened(one)).toBe(frames)
  expect(opened(one)).toBe(0)
  expect(opened(other)).toBe(frames)
  now += perMs / 2
  expect(opened(one)).toBe(frames / 2)
})

test('headers are found wherever the bytes are cut, and data between them is passed over', () => {
  const frames = [header(0, 1, 3, 5), Buffer.from('12345'), header(2, 1, 0, 7), header(0, 0, 3, 0)]
  const bytes = Buffer.concat([...frames, header(1, 8, 3, 2 ** 32 - 1)])
  for (let size = 1; size <= bytes.length; size++) {
    const seen: YamuxHeader[] = []
    const read = createHeaderReader((one) => seen.push(one))
    for (let at = 0; at < bytes.length; at += size) read(bytes.subarray(at, at + size))
    expect(seen).toEqual([
      { type: 0, length: 5 },
      { type: 2, length: 7 },
      { type: 0, length: 0 },
      { type: 1, length: 2 ** 32 - 1 },
    ])
  }
})

/** A TCP connection below everything; `read` is what came back. */
async function plain(address: { host: string; port: number }): Promise<{ socket: Socket; read(): number }> {
  const socket = connect(address)
  let read = 0
  socket.on('error', () => {}).on('data', (data) => (read += data.length))
  onTestFinished(() => void socket.destroy())
  await new Promise((resolve) => socket.once('connect', resolve))
  return { socket, read: () => read }
}

test('before its key is proven nobody is answered more than a handshake needs', async () => {
  const a = await start({ timings: { handshakeMs: 3_600_000 } })
  const { socket, read } = await plain(a.address())
  socket.write('\x13/multistream/1.0.0\n')
  const asking = setInterval(() => socket.write('\x02x\n'), 1)
  await until(() => socket.destroyed, { what: 'the end of the connection' })
  clearInterval(asking)
  // One line of 20 bytes, and seven times "na".
  expect(read()).toBeLessThanOrEqual(20 + 7 * 4)
})

test('before its key is proven nobody may send more than a handshake needs', async () => {
  const a = await start({ timings: { handshakeMs: 3_600_000 } })
  const { socket } = await plain(a.address())
  // Agreed on Noise, whose first message is announced as 64 KiB and never ends.
  socket.write('\x13/multistream/1.0.0\n\x07/noise\n')
  socket.write(Buffer.alloc(9 * 1024, 255))
  // It is not ended for being silent.
  const talking = setInterval(() => socket.write('x'), 1_000)
  await until(() => socket.destroyed, { what: 'the end of the connection' })
  clearInterval(talking)
})

test('all strange addresses together have one rate of handshakes, members’ addresses are not kept out by it', () => {
  let now = 0
  const door = createDoorkeeper(() => now)
  const knows = (host: string): boolean => host === '10.0.9.9'
  let next = 0
  /** One new address each, which is gone again at once. */
  const enter = (host = `10.0.${(next >> 8) & 255}.${next++ & 255}`): boolean => {
    const enters = door.enters(host, knows)
    if (enters) door.left(host)
    return enters
  }
  const entered = (): number => Array.from({ length: 2_000 }, () => enter()).filter(Boolean).length
  const { frames, perMs } = LAN_DOOR.together
  expect(entered()).toBe(frames)
  expect(enter()).toBe(false)
  expect(enter('10.0.9.9')).toBe(true)
  // Whoever is on this machine has a rate of its own.
  expect(enter('127.0.0.1')).toBe(true)
  now += perMs / 2
  // Half of one is given for rounding.
  expect(entered()).toBeLessThanOrEqual(frames / 2 + 1)
})
