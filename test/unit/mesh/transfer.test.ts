// Large transfers between a node's host and an unmodified libp2p: whole and in order, and little waits in memory.
import { createHash, randomBytes } from 'node:crypto'
import type { Connection, Stream } from '@libp2p/interface'
import { expect, test } from 'vitest'
import { meterOf, UNSENT_MAX } from '../../../src/mesh/muxer.ts'
import { header, write } from '../../hostile/yamux.ts'
import { until } from '../../support/run/until.ts'
import { ALLOWANCE, plainHost } from './plain-host.ts'

const PROTOCOL = '/bulk/1'
const HEADER_BYTES = 12
const MIB = 1024 * 1024

/** What libp2p declares private: a connection's muxer, the encryption below it, the connection below that, its socket. */
function inside(connection: Connection) {
  type Buffered = { writeBuffer: { byteLength: number } }
  const { muxer } = connection as unknown as {
    muxer: {
      streams: (Buffered & { streamId: number; sendWindowCapacity: number })[]
      maConn: Buffered & {
        send(data: Uint8Array): boolean
        decoder: { lengthDecoder(data: { byteLength: number }): number }
        stream: Buffered & {
          socket: { writableLength: number; pause(): void; resume(): void; resetAndDestroy(): void }
        }
      }
    }
  }
  const { maConn: encrypted } = muxer
  const { stream: below } = encrypted
  const unsent = (): number =>
    [encrypted, below, ...muxer.streams].reduce((sum, one) => sum + one.writeBuffer.byteLength, 0) +
    below.socket.writableLength
  return { muxer, encrypted, below, unsent }
}

/** The node's host serves the protocol with `handle` and an admitted peer's places; an unmodified libp2p is connected to it. */
async function connected(handle: (stream: Stream, connection: Connection) => void) {
  const ours: Connection[] = []
  const host = await plainHost({
    handlers: new Map([[PROTOCOL, { handle, streams: 32 }]]),
    onConnection(connection) {
      ours.push(connection)
      meterOf((connection as unknown as { muxer: object }).muxer)?.admit(ALLOWANCE)
    },
  })
  const dial = async () => {
    const theirs = await host.dial()
    return { theirs, ours: await until(() => ours.at(-1), { what: 'the connection at the node' }) }
  }
  return { dial, ...(await dial()) }
}

/** Sends so many bytes as the mesh's own exchanges do; resolves with their hash. */
async function sendAll(stream: Stream, bytes: number, piece: number): Promise<string> {
  const hash = createHash('sha256')
  for (let left = bytes; left > 0; left -= piece) {
    const data = randomBytes(Math.min(piece, left))
    hash.update(data)
    stream.send(data)
    while (stream.writableNeedsDrain) {
      await new Promise<void>((resolve, reject) => {
        stream.addEventListener('drain', () => resolve(), { once: true })
        stream.addEventListener('close', () => reject(new Error('cut')), { once: true })
      })
    }
  }
  await stream.close()
  return hash.digest('hex')
}

/** Resolves with the hash of so many bytes when they have come. */
function readAll(stream: Stream, bytes: number, onRead: () => void = () => {}): Promise<string> {
  const hash = createHash('sha256')
  let left = bytes
  return new Promise((resolve, reject) => {
    stream.addEventListener('message', ({ data }) => {
      hash.update(data.subarray())
      left -= data.byteLength
      onRead()
      if (left <= 0) resolve(hash.digest('hex'))
    })
    stream.addEventListener('close', () => reject(new Error('cut')), { once: true })
  })
}

test.each([
  [2, 1_000],
  [8, 100_000],
])('%i MiB each way at the same time, %i bytes in each message', async (mebibytes, piece) => {
  const all = mebibytes * MIB
  const here = Promise.withResolvers<readonly [sent: string, read: string]>()
  const { theirs } = await connected((stream) => {
    void Promise.all([sendAll(stream, all, piece), readAll(stream, all)]).then(here.resolve, here.reject)
  })
  const stream = await theirs.newStream([PROTOCOL])
  const [read, sent] = await Promise.all([readAll(stream, all), sendAll(stream, all, piece)])
  expect(await here.promise).toEqual([read, sent])
})

test('a peer that reads slowly and gives windows without end makes nothing wait, and gets everything', async () => {
  const sending = Promise.withResolvers<string>()
  const { theirs, ours } = await connected((stream) => {
    stream.addEventListener('message', () => {
      sendAll(stream, 32 * MIB, MIB).then(sending.resolve, sending.reject)
    })
  })
  const stream = await theirs.newStream([PROTOCOL])
  const { unsent } = inside(ours)
  let most = 0
  const { socket } = inside(theirs).below
  const read = readAll(stream, 32 * MIB, () => {
    most = Math.max(most, unsent())
    socket.pause()
    setImmediate(() => socket.resume())
  })
  const id = inside(theirs).muxer.streams.at(-1)!.streamId
  // Its own muxer takes what comes, whatever it has told.
  Object.assign(stream, { recvWindow: 2 ** 31, recvWindowCapacity: 2 ** 31 })
  write(theirs, header(1, 0, id, 2 ** 30))
  stream.send(Buffer.of(1))
  expect(await read).toBe(await sending.promise)
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThan(UNSENT_MAX / 2)
  expect(ours.status).toBe('open')
})

test('a peer that gives tiny windows gets one frame for each of them, and no more', async () => {
  const { theirs, ours } = await connected((stream) =>
    stream.addEventListener('message', () => stream.send(randomBytes(4 * MIB)), { once: true }),
  )
  const stream = await theirs.newStream([PROTOCOL])
  // From now on the test alone tells windows.
  Object.assign(stream, { sendWindowUpdate: () => {}, recvWindowCapacity: 2 ** 31 })
  stream.addEventListener('message', () => {})
  stream.send(Buffer.of(1))
  const { muxer, encrypted } = inside(ours)
  const used = (): boolean => muxer.streams.at(-1)?.sendWindowCapacity === 0
  await until(used, { what: 'all of the first window is used' })
  const sizes: number[] = []
  const send = encrypted.send.bind(encrypted)
  encrypted.send = (frame) => {
    sizes.push(frame.length - HEADER_BYTES)
    return send(frame)
  }
  const id = inside(theirs).muxer.streams.at(-1)!.streamId
  for (let told = 1; told <= 20; told++) {
    write(theirs, header(1, 0, id, 13))
    await until(() => sizes.length >= told && used(), { what: 'what was given is used' })
  }
  expect(sizes).toEqual(Array(20).fill(13))
})

const ENDS = ['stream closes', 'connection closes', 'stream is reset', 'connection is reset']
test.each(ENDS)('what was sent just before a %s arrives, in order', async (how) => {
  const { theirs } = await connected((stream, connection) => {
    for (let i = 0; i < 200; i++) stream.send(Buffer.from(`${i} `.padEnd(100)))
    if (how === 'stream closes') void stream.close()
    if (how === 'connection closes') void connection.close()
    if (how === 'stream is reset') stream.abort(new Error('over'))
    if (how === 'connection is reset') connection.abort(new Error('over'))
  })
  // The end may come before libp2p's own opening of a stream has ended.
  const { muxer } = theirs as unknown as { muxer: { createStream(): Promise<Stream> } }
  const stream = await muxer.createStream()
  const read: Uint8Array[] = []
  let over = false
  stream.addEventListener('message', ({ data }) => read.push(data.subarray()))
  for (const end of ['remoteCloseWrite', 'close'] as const) stream.addEventListener(end, () => (over = true))
  stream.send(Buffer.from(`\x13/multistream/1.0.0\n\x08${PROTOCOL}\n`))
  await until(() => over, { what: 'the end' })
  const numbers = Buffer.concat(read).toString().split('\n').at(-1)!.trim().split(/ +/)
  expect(numbers.map(Number)).toEqual(Array.from({ length: 200 }, (_, i) => i))
})

test('an error of the socket while writes wait ends the connection with that error', async () => {
  const { theirs, ours } = await connected((stream) => stream.addEventListener('message', () => {}))
  const stream = await theirs.newStream([PROTOCOL])
  stream.send(Buffer.of(1))
  const { muxer, below } = inside(ours)
  const at = await until(() => muxer.streams.at(-1) as unknown as Stream, { what: 'the stream' })
  const ends: unknown[] = []
  ;(below as unknown as EventTarget).addEventListener('close', (event) =>
    ends.push((event as Event & { error?: Error }).error),
  )
  inside(theirs).below.socket.resetAndDestroy()
  at.send(randomBytes(1_000))
  await until(() => ends.length > 0, { what: 'the end' })
  expect(ends).toEqual([expect.any(Error)])
  expect([at.status, ours.status]).not.toContain('open')
})

test('the end of what arrived is one error on all connections of Noise, and it says nothing of them', async () => {
  const { dial, ours } = await connected(() => {})
  const other = (await dial()).ours
  const [one, two] = [ours, other].map((connection) => {
    try {
      return inside(connection).encrypted.decoder.lengthDecoder({ byteLength: 1 })
    } catch (error) {
      return error
    }
  })
  expect(one).toBeInstanceOf(RangeError)
  expect(two).toBe(one)
  expect(Object.isFrozen(one)).toBe(true)
})
