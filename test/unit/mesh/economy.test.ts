// What a message costs below all protocols: frames of the muxer, writes to the socket, and errors that nobody sees.
import { Writable } from 'node:stream'
import type { Connection } from '@libp2p/interface'
import { expect, test } from 'vitest'
import { Ping, Pong } from '../../../protocols/messages/hello.ts'
import { createHeaderReader, endQuietly, updateHalfWindows } from '../../../src/mesh/muxer.ts'
import { writeAtOnce } from '../../../src/mesh/writes.ts'
import { until } from '../../support/run/until.ts'
import { joined, start } from './cluster.ts'

const WINDOW = 256 * 1024

/** A muxer as yamux has it: each of its streams has a window. */
function muxer(state: number) {
  let updates = 0
  const stream = {
    state,
    recvWindow: WINDOW,
    recvWindowCapacity: WINDOW,
    sendWindowCapacity: 0,
    maxMessageSize: 0,
    handleWindowUpdate() {},
    sendWindowUpdate() {
      updates++
      stream.recvWindowCapacity = WINDOW
    },
  }
  const made = { _newStream: () => stream }
  updateHalfWindows(made)
  const open = made._newStream()
  return {
    updates: () => updates,
    say: () => open.sendWindowUpdate(),
    arrive(bytes: number) {
      stream.recvWindowCapacity -= bytes
      open.sendWindowUpdate()
    },
  }
}
const ESTABLISHED = 3

test('a window is told when half of it is used', () => {
  const { arrive, updates } = muxer(ESTABLISHED)
  arrive(WINDOW / 2 - 1)
  expect(updates()).toBe(0)
  arrive(1)
  expect(updates()).toBe(1)
  arrive(1)
  expect(updates()).toBe(1)
  arrive(WINDOW - 1)
  expect(updates()).toBe(2)
})

test.each([
  ['that this side opens', 0],
  ['that the other side opened', 2],
])('a stream %s is said to be open at once', (_, state) => {
  const { say, updates } = muxer(state)
  say()
  expect(updates()).toBe(1)
})

/** Streams of an admitted peer, and the headers of all frames that arrive on its connection. */
function headersAt(connection: Connection) {
  const headers: { type: number; length: number }[] = []
  const inside = (connection as unknown as { muxer: { onData(data: Iterable<Uint8Array>): void } }).muxer
  const read = createHeaderReader((header) => headers.push(header))
  const received = inside.onData.bind(inside)
  inside.onData = (data) => {
    for (const part of data instanceof Uint8Array ? [data] : data) read(part)
    received(data)
  }
  return headers
}

test('a node answers messages with messages, and not each with a frame more', async () => {
  const a = await start()
  const { connection, control } = await joined(a)
  const pongs = (): number => control.frames.filter(({ message }) => message === Pong).length
  const headers = headersAt(connection)
  const count = 10
  for (let id = 0; id < count; id++) control.send(control.frame(Ping, { id }))
  await until(() => pongs() === count, { what: 'all are answered' })
  // Streams that the node opens meanwhile are said to be open.
  expect(headers.filter(({ type, length }) => type === 1 && length > 0)).toEqual([])
})

/** A connection as libp2p has it over TCP: each piece is a write of its own. */
function connection() {
  const writes: string[][] = []
  const resets: string[] = []
  const socket = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      writes.push([String(chunk)])
      done()
    },
    writev(chunks, done) {
      writes.push(chunks.map(({ chunk }) => String(chunk)))
      done()
    },
  })
  const made = {
    socket,
    sendData(pieces: readonly string[]) {
      for (const piece of pieces) socket.write(piece)
    },
    sendReset(error: Error) {
      resets.push(error.message)
      socket.destroy()
    },
  }
  writeAtOnce(made as never)
  return { made, writes, resets }
}
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('the pieces of what is said in one turn are one write, in their order', async () => {
  const { made, writes } = connection()
  made.sendData(['length', 'header', 'bytes'])
  made.sendData(['more'])
  await nextTurn()
  expect(writes).toEqual([['length', 'header', 'bytes', 'more']])
  made.sendData(['later'])
  await nextTurn()
  expect(writes).toEqual([['length', 'header', 'bytes', 'more'], ['later']])
})

test('what was said just before a connection is reset is written', () => {
  const { made, writes, resets } = connection()
  made.sendData(['why', 'it ends'])
  made.sendReset(new Error('over'))
  expect(writes).toEqual([['why', 'it ends']])
  expect(resets).toEqual(['over'])
})

test('an orderly end writes what was said before', async () => {
  const { made, writes } = connection()
  made.sendData(['goodbye'])
  made.socket.end()
  await nextTurn()
  expect(writes).toEqual([['goodbye']])
})

test('a length that has not arrived is one and the same error, and other lengths are read as before', () => {
  const decoder = { lengthDecoder: (data: { readonly byteLength: number }): number => data.byteLength * 10 }
  endQuietly({ decoder })
  const thrown = [0, 1].map((byteLength) => {
    try {
      return decoder.lengthDecoder({ byteLength })
    } catch (error) {
      return error
    }
  })
  expect(thrown[0]).toBeInstanceOf(RangeError)
  expect(thrown[1]).toBe(thrown[0])
  expect(decoder.lengthDecoder({ byteLength: 2 })).toBe(20)
})

test('an encryption without such a decoder stays as it is', () => {
  expect(() => endQuietly({})).not.toThrow()
})
