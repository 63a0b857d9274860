// Connections out of a jail, side by side on the socket between Muscle and Brain: each a stream with a window of its own in both directions.
import { Duplex } from 'node:stream'
import { PIECE_BYTES, type PipeMessage, WINDOW_BYTES } from './messages.ts'
import { Malformed } from './shape.ts'

/** Connections of one job at once. */
export const MOST_PIPES = 32

/** What a jail hears of a connection for which there is no room; what it connects to speaks HTTP. */
export const FULL = Buffer.from(
  'HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nThis jail has as many connections as it may have at once.\n',
)

export type PipeStep = Omit<PipeMessage, 'op' | 'job'>

export type Pipes = ReturnType<typeof createPipes>

/** One end of the connections of one job. `onOpen`: the Brain's end is given each that the Muscle opens. */
export function createPipes({
  send,
  onOpen,
}: {
  readonly send: (message: PipeStep, body?: Uint8Array) => void
  readonly onOpen?: ((stream: Duplex) => void) | undefined
}) {
  const open = new Map<number, Pipe>()
  let last = 0

  const begin = (pipe: number): Duplex => {
    last = pipe
    const made = createPipe(pipe, send, () => open.delete(pipe))
    open.set(pipe, made)
    return made.stream
  }

  return {
    /** Begins a connection, at the Muscle's end; undefined where as many are open as may be. */
    open() {
      if (open.size >= MOST_PIPES) return undefined
      send({ pipe: last + 1, step: 'open', bytes: 0 })
      return begin(last + 1)
    },
    /** Takes a message of the other end. Throws Malformed for an invalid one. */
    take(message: PipeStep, body: Buffer) {
      if (message.step === 'open') {
        if (onOpen === undefined || message.pipe <= last) throw new Malformed('a connection begins twice')
        // The Muscle counts those that are open there. Here each stays until it is read, and a jail may open and close many at a place that
        // does not read: that one jail hears of it, and no other.
        if (open.size < 2 * MOST_PIPES) return onOpen(begin(message.pipe))
        last = message.pipe
        send({ pipe: last, step: 'data', bytes: 0 }, FULL)
        for (const step of ['end', 'close'] as const) send({ pipe: last, step, bytes: 0 })
        return
      }
      // One that is closed here may still be spoken of there.
      open.get(message.pipe)?.take(message, body)
    },
    /** Ends all of them, as the job has ended. */
    end() {
      for (const { stream } of open.values()) stream.destroy()
    },
  }
}

type Pipe = ReturnType<typeof createPipe>

function createPipe(pipe: number, send: (message: PipeStep, body?: Uint8Array) => void, onClose: () => void) {
  /** Bytes sent and not acknowledged; bytes that came, and those of them that nobody has read yet. */
  let onTheWay = 0
  let unread = 0
  let goOn: (() => void) | undefined
  /** One of the ends has closed the pipe; bytes that came before can still be read. */
  let isClosed = false
  let [saidEnd, heardEnd] = [false, false]

  const acknowledge = (): void => {
    if (unread === 0 || isClosed) return
    send({ pipe, step: 'ack', bytes: unread })
    unread = 0
  }
  const stream = new Duplex({
    read: acknowledge,
    write(chunk: Buffer, _, done) {
      let at = 0
      const more = (): void => {
        // To an end that is there no more everything was said.
        while (!isClosed && at < chunk.length && onTheWay < WINDOW_BYTES) {
          const piece = Buffer.from(chunk.subarray(at, at + PIECE_BYTES))
          at += piece.length
          onTheWay += piece.length
          send({ pipe, step: 'data', bytes: 0 }, piece)
        }
        goOn = !isClosed && at < chunk.length ? more : undefined
        if (goOn === undefined) done()
      }
      more()
    },
    final(done) {
      if (!isClosed) send({ pipe, step: 'end', bytes: 0 })
      saidEnd = true
      done()
    },
    destroy(error, done) {
      if (!isClosed && !(saidEnd && heardEnd)) send({ pipe, step: 'close', bytes: 0 })
      isClosed = true
      onClose()
      done(error)
    },
  })
  // Its reader and writer hear of it by its end.
  stream.on('error', () => {})

  return {
    stream,
    take({ step, bytes }: PipeStep, body: Buffer) {
      if (step === 'close') {
        isClosed = true
        goOn?.()
        if (heardEnd && !stream.readableEnded) stream.once('end', () => stream.destroy())
        else stream.destroy()
      } else if (step === 'end') {
        heardEnd = true
        stream.push(null)
      } else if (step === 'ack') {
        onTheWay = Math.max(0, onTheWay - bytes)
        goOn?.()
      } else {
        unread += body.length
        if (unread > WINDOW_BYTES + PIECE_BYTES)
          throw new Malformed('a connection sends more than its window')
        if (stream.push(body)) acknowledge()
      }
    },
  }
}
