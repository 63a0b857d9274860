// Writes what no muxer would: single yamux frames and empty messages of the encryption, on a raw peer's connection.
import type { Connection } from '@libp2p/interface'

const SYN = 1
const FIN = 4
const RST = 8
const DATA = 0
const WINDOW_UPDATE = 1
const PING = 2
const GO_AWAY = 3

interface Encrypted {
  send(bytes: Uint8Array): boolean
  readonly handshake: { encrypt(plain: Uint8Array): { byteLength: number; subarray(): Uint8Array } }
  readonly stream: { send(bytes: Uint8Array): boolean }
}

/** What libp2p's connection rests on; private there by type only. */
const below = (connection: Connection): Encrypted =>
  (connection as unknown as { muxer: { maConn: Encrypted } }).muxer.maConn

export function header(type: number, flags: number, stream: number, length: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes[1] = type
  bytes.writeUInt16BE(flags, 2)
  bytes.writeUInt32BE(stream, 4)
  bytes.writeUInt32BE(length, 8)
  return bytes
}

/** Numbers of streams far from those that the peer's own muxer gives; odd, as of whoever dials. */
const streamNumber = (n: number): number => 1_000_001 + 2 * n

/** One burst of each kind; `n` counts bursts, so that no number of a stream comes twice. */
export type Burst = (n: number) => Uint8Array

const PER_BURST = 64
const burst =
  (frame: (stream: number) => Uint8Array): Burst =>
  (n) =>
    Buffer.concat(Array.from({ length: PER_BURST }, (_, i) => frame(streamNumber(n * PER_BURST + i))))

export const openedAndReset: Burst = burst((id) =>
  Buffer.concat([header(WINDOW_UPDATE, SYN, id, 0), header(WINDOW_UPDATE, RST, id, 0)]),
)

/** Everything that costs whoever gets it something, and whoever sends it 12 bytes. */
export const BURSTS: Readonly<Record<string, Burst>> = {
  'streams opened and reset': openedAndReset,
  'streams opened, closed and reset': burst((id) =>
    Buffer.concat([header(DATA, SYN | FIN, id, 0), header(WINDOW_UPDATE, RST, id, 0)]),
  ),
  'streams opened in one frame with their reset': burst((id) => header(WINDOW_UPDATE, SYN | RST, id, 0)),
  'streams opened and left': burst((id) => header(WINDOW_UPDATE, SYN, id, 0)),
  'names that nobody speaks': burst((id) =>
    Buffer.concat([
      header(DATA, SYN, id, 30),
      Buffer.from('\x13/multistream/1.0.0\n'),
      Buffer.from('\x02x\n\x02y\n\x03ls\n'),
      header(WINDOW_UPDATE, RST, id, 0),
    ]),
  ),
  pings: burst((id) => header(PING, SYN, 0, id)),
  'window updates of no stream': burst((id) => header(WINDOW_UPDATE, 0, id, 1_000)),
  'empty data of no stream': burst((id) => header(DATA, 0, id, 0)),
  'data of no stream': burst((id) => Buffer.concat([header(DATA, 0, id, 1_000), Buffer.alloc(1_000)])),
  'resets of no stream': burst((id) => header(WINDOW_UPDATE, RST, id, 0)),
  'a frame of 4 GiB': (n) =>
    n === 0 ? header(DATA, SYN, streamNumber(0), 2 ** 32 - 1) : Buffer.alloc(64 * 1024),
  'goodbyes, and on': burst((id) =>
    Buffer.concat([header(GO_AWAY, 0, 0, 0), header(WINDOW_UPDATE, SYN, id, 0)]),
  ),
}

/** This end reads nothing any more: its muxer would end the connection at the first answer it did not ask for. */
export function deafen(connection: Connection): void {
  ;(connection as unknown as { muxer: { onData(): void } }).muxer.onData = () => {}
}

/** Past the muxer of this end, which would forbid it. */
export function write(connection: Connection, bytes: Uint8Array): void {
  below(connection).send(bytes)
}

/** Messages of the encryption with nothing in them: yamux never hears of them. */
export function writeEmpty(connection: Connection, count: number): void {
  const { handshake, stream } = below(connection)
  for (let i = 0; i < count; i++) {
    const sealed = handshake.encrypt(new Uint8Array(0))
    stream.send(Buffer.concat([Buffer.from([0, sealed.byteLength]), sealed.subarray()]))
  }
}
