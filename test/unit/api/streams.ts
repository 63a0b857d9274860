// The two ends of a stream of one request between two machines, as the mesh opens it, in memory.
import type { Message, WireBody } from '../../../protocols/define.ts'
import type { Frame } from '../../../protocols/frame.ts'
import { KaroError } from '../../../src/base/errors.ts'
import type { Exchange } from '../../../src/mesh/index.ts'
import type { testIdentity } from '../../support/mesh/identity.ts'

type Machine = ReturnType<typeof testIdentity>

export const TRACE = new Uint8Array(16).fill(7)

export const frameOf = <B>(message: Message, body: B, sender: Machine): Frame => ({
  type: message.type,
  message,
  body,
  bytes: new Uint8Array(),
  envelope: { sender: sender.publicKey, ts: 0, nonce: new Uint8Array(16), seq: 1, trace: TRACE },
})

/**
 * What one end says, the other one reads; who says more waits until it has. `onFrame` sees each frame before it leaves; where
 * it says false the frame is lost, as whoever wrote it may not learn, and the stream ends for both.
 */
export function streamOf(asks: Machine, answers: Machine, onFrame: (frame: Frame, by: Machine) => unknown) {
  const over = new AbortController()
  const waiting = new Set<() => void>()
  const changed = (): Promise<void> => new Promise((resolve) => void waiting.add(resolve))
  const tell = (): void => {
    for (const wake of waiting) wake()
    waiting.clear()
  }
  over.signal.addEventListener('abort', tell)
  const end = (peer: Machine, self: Machine, mine: Frame[], theirs: Frame[]): Exchange => ({
    peer,
    signal: over.signal,
    async send<B extends WireBody>(message: Message<B>, body: B) {
      if (over.signal.aborted) throw new KaroError('unavailable', 'the connection was cut')
      const frame = frameOf(message as unknown as Message, body, self)
      if ((await onFrame(frame, self)) === false) return over.abort()
      theirs.push(frame)
      tell()
      while (theirs.length > 1 && !over.signal.aborted) await changed()
    },
    async next() {
      for (;;) {
        const frame = mine.shift()
        if (frame !== undefined) tell()
        if (frame !== undefined || over.signal.aborted) return frame
        await changed()
      }
    },
    end: async () => {},
    abort: () => over.abort(),
  })
  const [up, down]: [Frame[], Frame[]] = [[], []]
  return {
    opened: end(answers, asks, down, up),
    accepted: end(asks, answers, up, down),
    cut: () => over.abort(),
  }
}
