// MCP over the standard input and output of a job in a jail: one JSON-RPC message a line, within bounds, for the official client.
import { constants } from 'node:os'
import type { Duplex } from 'node:stream'
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client'
import { createQuota, type Rate } from '../../base/quota.ts'
import { traceOfParent } from '../../base/words/traceparent.ts'
import type { JobSpec, MuscleClient, RunningJob } from '../muscle/client.ts'

/** Bytes of one line, or of one message over HTTP. Whoever writes a longer one is ended, because the rest of it could be anything. */
export const MESSAGE_BYTES = 4 * 1024 * 1024
/** Characters of words of its own that are told further. */
export const MESSAGE_CHARS = 500
/** Why it is over where nothing else was the reason: this side ended it. */
export const ENDED = 'it was ended'
/** Messages that an agent may send: notifications of progress come often, an endless stream of them is an attack. */
const MESSAGES: Rate = { frames: 2_000, perMs: 10_000 }

export interface AgentTransport extends Transport {
  /** Resolves with why it is over, in words for people, when no process of the jail is left. Never rejects. */
  readonly over: Promise<string>
  /** Of a server that Karo did not start: `kill` ends the connection, and no process. */
  readonly outlivesKill: boolean
  /** Resolves as soon as every request that was sent is answered. */
  answered(): Promise<void>
  /** Ends the standard input, by which a server is told to end, or the session over HTTP; it is over for this reason then. */
  hangUp(why: string): void
  /** True when it has been killed, or has ended. */
  ending(): boolean
  /** Kills the jail; `over` follows. The first reason is the one that is told. */
  kill(why: string): void
}

interface TransportDeps {
  readonly client: MuscleClient
  readonly spec: JobSpec
  /** Of the official client, which is loaded on demand: throws for what is no JSON-RPC message. */
  readonly parse: (value: unknown) => JSONRPCMessage
  readonly onErrors: (bytes: Buffer) => void
  /** Takes each connection that the job makes; absent: nothing leads out of its jail. */
  readonly wayOut?: (stream: Duplex) => void
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** What is said over a connection, within the quota of an agent. */
export function createTraffic(now: () => number) {
  const waiting = new Set<string | number>()
  let idle = Promise.withResolvers<void>()
  const quota = createQuota(MESSAGES)
  const gaveUp = (id: string | number): void => {
    waiting.delete(id)
    if (waiting.size === 0) idle.resolve()
  }
  return {
    gaveUp,
    waitsFor: (id: string | number): boolean => waiting.has(id),
    /** The id of a request, which has an answer to wait for. */
    sent(message: JSONRPCMessage): string | number | undefined {
      if (!('id' in message && 'method' in message)) return undefined
      if (waiting.size === 0) idle = Promise.withResolvers()
      waiting.add(message.id)
      return message.id
    },
    /** False: it is one more than an agent may send. */
    take(message: JSONRPCMessage): boolean {
      if (!quota.take(now())) return false
      if ('id' in message && !('method' in message) && message.id !== undefined) gaveUp(message.id)
      return true
    },
    /** Resolves as soon as every request that was sent is answered. */
    async answered(): Promise<void> {
      if (waiting.size > 0) await idle.promise
    },
  }
}

export function createJobTransport({
  client,
  spec,
  parse,
  onErrors,
  wayOut,
  now,
}: TransportDeps): AgentTransport {
  const over = Promise.withResolvers<string>()
  const traffic = createTraffic(now)
  let job: RunningJob | undefined
  let begun: Buffer[] = []
  let begunBytes = 0
  let reason: string | undefined
  let leaving: string | undefined
  let ended = false

  const kill = (why: string): void => {
    if (ended) return
    reason ??= why
    client.cancel(spec.job).catch(() => {
      // The Muscle is lost, and its jails with it.
    })
  }
  const finish = (why: string): void => {
    if (ended) return
    ended = true
    over.resolve(reason ?? leaving ?? why)
    transport.onclose?.()
  }

  function takeLine(line: string): void {
    if (reason !== undefined || line.trim() === '') return
    let messages: JSONRPCMessage[]
    try {
      const value: unknown = JSON.parse(line)
      // Releases of the protocol before 2025-06-18 have batches.
      messages = (Array.isArray(value) ? value : [value]).map(parse)
    } catch {
      // Who wrote the agent has to see which one; words of an agent are nowhere but in its log.
      onErrors(Buffer.from(`${line}\n`))
      kill('it wrote a line on standard output that is no JSON-RPC message')
      return
    }
    for (const message of messages) {
      if (reason !== undefined) return
      if (traffic.take(message)) transport.onmessage?.(message)
      else kill('it sent more messages than an agent may')
    }
  }

  function take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && reason === undefined; ) {
      const end = bytes.indexOf(0x0a, at)
      const piece = bytes.subarray(at, end < 0 ? bytes.length : end)
      begunBytes += piece.length
      if (begunBytes > MESSAGE_BYTES) {
        begun = []
        kill(`it wrote a line of more than ${MESSAGE_BYTES / 1024 / 1024} MiB on standard output`)
        return
      }
      begun.push(piece)
      if (end < 0) return
      const line = Buffer.concat(begun).toString('utf8')
      begun = []
      begunBytes = 0
      at = end + 1
      takeLine(line)
    }
  }

  const transport: AgentTransport = {
    over: over.promise,
    outlivesKill: false,
    answered: traffic.answered,
    ending: () => ended || reason !== undefined,
    hangUp(why) {
      leaving = why
      job?.input(new Uint8Array(), true)
    },
    kill,
    async start() {
      const taken = ({ stream, bytes }: { stream: 'stdout' | 'stderr'; bytes: Buffer }) =>
        stream === 'stdout' ? take(bytes) : onErrors(bytes)
      job = await client.run(spec, taken, wayOut)
      job.ended.then(
        ({ reason: how, code, signal }) =>
          finish(describeEnd(how, signal ?? signalIn(code) ?? code, spec.limits)),
        (error: Error) => finish(error.message),
      )
    },
    async send(message) {
      if (job === undefined || ended || reason !== undefined) throw new Error(reason ?? 'it has ended')
      traffic.sent(message)
      job.input(Buffer.from(`${JSON.stringify(message)}\n`), false, traceOf(message))
    },
    async close() {
      kill(ENDED)
    },
  }
  return transport
}

/** The keeper of a jail tells of a signal as a shell does: 128 and its number. */
function signalIn(code: number | null): string | undefined {
  return Object.entries(constants.signals).find(([, number]) => code === 128 + number)?.[0]
}

function describeEnd(how: string, by: string | number | null, limits: JobSpec['limits']): string {
  switch (how) {
    case 'exited':
      if (by === 'SIGXCPU') return `it computed for ${limits.cpu_seconds} s, which is as long as it may`
      if (by === 'SIGXFSZ')
        return `it wrote a file of ${mebibytes(limits.disk_bytes)}, which is as large as it may`
      // Programs differ in how they end when they get no memory, and the kernel tells nobody that this was why.
      if (LACKS_MEMORY.has(by))
        return `it was ended by ${by}; it may have ${mebibytes(limits.memory_bytes)} of memory`
      return typeof by === 'string' ? `it was ended by ${by}` : `it ended by itself with exit code ${by}`
    case 'wall_time':
      return `it ran for ${limits.wall_ms / 1000} s, which is as long as it may`
    case 'output':
      return `it wrote ${mebibytes(limits.output_bytes)} of output, which is as much as it may`
    case 'input':
      return 'it did not read its input'
    case 'cancelled':
      return ENDED
    default:
      return 'it ended, and nobody knows how; the log of karo-exec may say more'
  }
}

const LACKS_MEMORY: ReadonlySet<unknown> = new Set(['SIGABRT', 'SIGBUS', 'SIGKILL', 'SIGSEGV', 'SIGTRAP'])
const mebibytes = (bytes: number): string => `${Math.floor(bytes / 1024 / 1024)} MiB`

/** Of the request that a call of a tool belongs to. */
function traceOf(message: JSONRPCMessage): string | undefined {
  const parent = 'params' in message ? message.params?._meta?.traceparent : undefined
  return typeof parent === 'string' ? traceOfParent(parent) : undefined
}
