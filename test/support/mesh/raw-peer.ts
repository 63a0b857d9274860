// A hostile peer: plain libp2p with its own key and none of Karo's manners, able to write any bytes on any stream.
import { randomBytes } from 'node:crypto'
import { noise } from '@chainsafe/libp2p-noise'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Connection, Libp2p, Stream as Libp2pStream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { encode } from 'it-length-prefixed'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import type { Message, WireBody } from '../../../protocols/define.ts'
import { decodeFrame, type Envelope, encodeFrame, type Frame, UNSIGNED } from '../../../protocols/frame.ts'
import { Hello, HelloAck, type HelloBody, type HelloStage } from '../../../protocols/messages/hello.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { FrameReader } from '../../../protocols/reader.ts'
import { hello, MESSAGES, STREAMS } from '../../../protocols/registry.ts'
import { type Identity, verifySignature } from '../../../src/trust/identity/index.ts'
import { PATIENCE_MS, patience, until } from '../run/until.ts'
import { CAPABILITIES } from './capabilities.ts'
import { testIdentity } from './identity.ts'

export interface RawStream {
  readonly stream: Libp2pStream
  /** Frames the other side has sent, decoded; bytes that are no frame end up in `garbage`. */
  readonly frames: Frame[]
  send(bytes: Uint8Array): void
  /** False once the other side has reset or closed it. */
  open(): boolean
  /**
   * A frame of this peer's own with its next sequence number, signed where the protocol wants it; `change` forges whatever is
   * named, and `signedBy` signs it in any case.
   */
  frame<B extends WireBody>(
    message: Message<B>,
    body: NoInfer<B>,
    change?: Partial<Envelope> & { readonly signedBy?: Identity },
  ): Uint8Array
}

export interface RawPeer {
  readonly id: NodeId
  readonly identity: Identity
  readonly host: Libp2p
  dial(address: { host: string; port: number }): Promise<Connection>
  /** Rejects when the protocol is not served. */
  open(connection: Connection, protocol: string): Promise<RawStream>
  /** What multistream-select's `ls` reads out. */
  list(connection: Connection): Promise<readonly string[]>
  /** Says hello and plays the admission to its end. The node must already trust `id`. */
  join(connection: Connection): Promise<RawStream>
  stop(): Promise<void>
}

/** `from`: the address of this machine that it dials from. */
export async function rawPeer(
  identity: Identity = testIdentity(randomBytes(32)),
  services: NonNullable<Libp2pOptions['services']> = {},
  from?: string,
): Promise<RawPeer> {
  const host = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', identity.seed()),
    transports: [tcp(from === undefined ? {} : { dialOpts: { localAddress: from } as object })],
    connectionEncrypters: [noise(), tls()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    // Thirty that dial at once on a busy machine take longer than the seconds that libp2p gives each.
    connectionManager: { addressDialTimeout: PATIENCE_MS },
    services,
  })

  /** `proven`: the key of the other side, where the connection is the proof of hop messages. */
  const wrap = (stream: Libp2pStream, proven: Uint8Array | undefined): RawStream => {
    const frames: Frame[] = []
    const reader = new FrameReader(MESSAGES)
    let seq = 0
    stream.addEventListener('message', (event) => {
      for (const part of event.data instanceof Uint8Array ? [event.data] : event.data) {
        for (const bytes of reader.push(part)) {
          frames.push(decodeFrame(bytes, { messages: MESSAGES, verify: verifySignature, proven }))
        }
      }
    })
    return {
      stream,
      frames,
      send: (bytes) => void stream.send(bytes),
      open: () => stream.status === 'open' && stream.remoteWriteStatus !== 'closed',
      frame(message, body, { signedBy, ...change } = {}) {
        const envelope: Envelope = {
          sender: identity.publicKey,
          ts: Date.now(),
          nonce: randomBytes(16),
          seq: message.carried === 'hop' ? ++seq : 0,
          ...change,
        }
        const needless = proven !== undefined && message.carried === 'hop'
        const { sign } = signedBy ?? (needless ? { sign: () => UNSIGNED } : identity)
        return encodeFrame(message, envelope, body, sign)
      },
    }
  }

  const open = async (connection: Connection, protocol: string): Promise<RawStream> => {
    const isProven = STREAMS.some(({ id, proof }) => id === protocol && proof === 'connection')
    const stream = await connection.newStream([protocol], { signal: patience() })
    return wrap(stream, isProven ? connection.remotePeer.publicKey?.raw : undefined)
  }

  const say = (control: RawStream, stage: HelloStage): void =>
    control.send(control.frame(HelloAck, { stage, skew_ms: 0 }))

  return {
    id: identity.nodeId,
    identity,
    host,
    dial: ({ host: ip, port }) =>
      host.dial(multiaddr(`/ip4/${ip}/tcp/${port}`), { signal: patience(), force: true }),
    open,
    async list(connection) {
      // Below libp2p's own API, which only ever asks for protocols by name.
      const { muxer } = connection as unknown as { muxer: { createStream(): Promise<Libp2pStream> } }
      const stream = await muxer.createStream()
      const answer: Buffer[] = []
      stream.addEventListener('message', (event) => answer.push(Buffer.from(event.data.subarray())))
      stream.send(Buffer.concat([line('/multistream/1.0.0'), line('ls')]))
      const text = await until(
        () => {
          const all = Buffer.concat(answer).toString('latin1')
          return all.endsWith('\n\n') && all
        },
        { what: 'answer to ls' },
      )
      stream.abort(new Error('done'))
      return text.match(/\/[\w/.-]+/g)?.filter((name) => name !== '/multistream/1.0.0') ?? []
    },
    async join(connection) {
      const control = await open(connection, hello.id)
      control.send(control.frame(Hello, rawHello()))
      say(control, 'yes')
      say(control, 'ready')
      await until(
        () =>
          control.frames.some(
            (one) => one.message === HelloAck && (one.body as { stage: string }).stage === 'ready',
          ),
        { what: 'admission of the raw peer' },
      )
      return control
    },
    stop: async () => host.stop(),
  }
}

export function rawHello(change: Partial<HelloBody> = {}): HelloBody {
  return {
    versions: [hello.id],
    name: 'raw peer',
    capabilities: CAPABILITIES,
    listen: [],
    ...change,
  }
}

/** One multistream-select message. */
const line = (text: string): Uint8Array => encode.single(Buffer.from(`${text}\n`)).subarray()
