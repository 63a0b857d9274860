// The Brain's end of the socket to the Muscle: requests, and the jobs that run because of them.
import { statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { dirname } from 'node:path'
import type { Duplex } from 'node:stream'
import { KaroError } from '../../base/errors.ts'
import type { PeerCredentials } from '../../base/kernel/peer-credentials.ts'
import { createFrameReader, encodeFrame } from '../../muscle/contract/frame.ts'
import {
  ANSWERS,
  CONTRACT_VERSION,
  type Ended,
  PIECE_BYTES,
  type ProviderName,
  type Request,
  type RunRequest,
  readReply,
} from '../../muscle/contract/messages.ts'
import { createPipes, type Pipes } from '../../muscle/contract/pipes.ts'
import type { Of } from '../../muscle/contract/shape.ts'

type Answer<K extends keyof typeof ANSWERS> = Of<(typeof ANSWERS)[K]>

interface Secret {
  /** The command finds the path of its descriptor in `KARO_SECRET_<name>`. */
  readonly name: string
  /** Overwritten with zeros once they are sent. */
  readonly bytes: Uint8Array
}

export type JobSpec = Omit<RunRequest, 'op' | 'id' | 'provider' | 'net' | 'secrets'> & {
  readonly secrets: readonly Secret[]
}

/** What a job was to run as code has changed since it was let through; nothing of it ran. */
export class OtherCode extends KaroError {
  constructor(message: string) {
    super('refused', message)
  }
}

/** Takes a piece of output. The jail is held up while more than a window of pieces has not been taken. */
type TakeOutput = (piece: {
  readonly seq: number
  readonly stream: 'stdout' | 'stderr'
  readonly bytes: Buffer
}) => void | Promise<void>

export interface RunningJob {
  /** Rejects with `unavailable` when the Muscle is lost; its jails are killed then. */
  readonly ended: Promise<Ended>
  /** Standard input; with `final` it ends. `trace`: of the call that the bytes are, for the log of the Muscle. */
  input(bytes: Uint8Array, final: boolean, trace?: string): void
}

export interface MuscleClient {
  /** The uid of the Muscle. */
  readonly owner: number
  /** The Muscle's report about its providers. */
  status(): Promise<Answer<'status'>>
  /** Tries to get out of each kind of jail; takes a second or two. */
  probe(): Promise<Answer<'probe'>>
  list(): Promise<Answer<'list'>>
  /**
   * Resolves when the command runs. `onConnection` is given each connection that the job makes to the one port that it then has; without it
   * nothing leads out of the jail. Rejects with OtherCode, or with KaroError `refused` (no sandbox, a path, busy) or `unavailable`.
   */
  run(spec: JobSpec, take: TakeOutput, onConnection?: (stream: Duplex) => void): Promise<RunningJob>
  /** Kills the whole jail; false when the job is over. */
  cancel(job: string): Promise<boolean>
  /** Resolves with the reason when the connection is over. */
  readonly closed: Promise<string>
  close(): void
}

interface Waiting {
  readonly op: keyof typeof ANSWERS
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
}

interface Followed {
  readonly take: TakeOutput
  readonly ended: PromiseWithResolvers<Ended>
  readonly pipes: Pipes
  seq: number
  /** Pieces are taken one after the other. */
  taken: Promise<void>
}

/** For the greeting, where the caller names no end. */
const GREETING_MS = 10_000

/**
 * Connects, proves that the Muscle belongs to the owner of the socket's directory, which nobody else may write, and reads its
 * greeting before `signal` aborts. Jobs run in jails by `provider` alone; null leaves the choice to the Muscle. Rejects with KaroError `unavailable` or `refused`; the connection is closed then.
 */
export async function connectMuscle(
  path: string,
  credentials: PeerCredentials,
  {
    signal = AbortSignal.timeout(GREETING_MS),
    provider = null,
  }: { readonly signal?: AbortSignal; readonly provider?: ProviderName | null } = {},
): Promise<MuscleClient> {
  const owner = ownerOf(dirname(path))
  const socket = connect(path)
  const client = attach(socket, provider, owner)
  const giveUp = (): void => void socket.destroy(new Error('it did not greet in time'))
  signal.addEventListener('abort', giveUp, { once: true })
  socket.once('connect', () => {
    credentials.note(socket)
    if (credentials.uidOf(socket) !== owner) socket.destroy(new Error('it belongs to another user'))
  })
  try {
    await client.greeted
    return client
  } catch (error) {
    socket.destroy()
    throw lost((error as Error).message)
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

const lost = (reason: string): KaroError =>
  new KaroError('unavailable', `karo-exec does not answer: ${reason}`, {
    hint: 'karo doctor --sandbox  shows whether jails can be built here.',
  })

/** Throws KaroError for a directory in which others could put a socket of theirs. */
function ownerOf(directory: string): number {
  const stat = statSync(directory, { throwIfNoEntry: false })
  if (stat === undefined) throw lost('run: sudo systemctl enable --now karo-exec')
  if ((stat.mode & 0o022) !== 0)
    throw new KaroError('refused', "other users may write to the directory of karo-exec's socket", {
      where: directory,
      hint: `Run: chmod go-w ${directory}`,
    })
  return stat.uid
}

function attach(
  socket: Socket,
  provider: ProviderName | null,
  owner: number,
): MuscleClient & { readonly greeted: Promise<void> } {
  const greeted = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<string>()
  const waiting = new Map<number, Waiting>()
  const jobs = new Map<string, Followed>()
  const reader = createFrameReader()
  let next = 1
  let reason = 'the connection ended'

  const send = (request: Request, body?: Uint8Array): void => {
    const frame = encodeFrame(request, body)
    body?.fill(0)
    socket.write(frame, () => frame.fill(0))
  }
  const ask = <K extends keyof typeof ANSWERS>(
    op: K,
    make: (id: number) => Request,
    body?: Uint8Array,
  ): Promise<Answer<K>> =>
    new Promise((resolve, reject) => {
      if (socket.destroyed) return reject(lost(reason))
      const id = next++
      waiting.set(id, { op, resolve, reject })
      try {
        send(make(id), body)
      } catch (error) {
        waiting.delete(id)
        reject(new KaroError('too_large', (error as Error).message))
      }
    })

  const take = (header: unknown, body: Buffer): void => {
    const reply = readReply(header)
    if (reply.op === 'hello') {
      if (reply.version !== CONTRACT_VERSION) throw new Error('it is of another version')
      greeted.resolve()
      return
    }
    if (reply.op === 'answer' || reply.op === 'refused') {
      const asked = waiting.get(reply.id)
      if (asked === undefined) throw new Error('it sent an answer to no request')
      waiting.delete(reply.id)
      if (reply.op === 'refused')
        asked.reject(
          reply.code === 'changed' ? new OtherCode(reply.message) : new KaroError('refused', reply.message),
        )
      else asked.resolve(ANSWERS[asked.op](reply.value, asked.op) as never)
      return
    }
    const job = jobs.get(reply.job)
    if (job === undefined) return
    if (reply.op === 'pipe') {
      job.pipes.take(reply, body)
      return
    }
    if (reply.op === 'ended') {
      jobs.delete(reply.job)
      job.pipes.end()
      job.taken.finally(() => job.ended.resolve(reply)).catch(() => {})
      return
    }
    const { seq, stream } = reply
    if (seq !== job.seq + 1) throw new Error('a piece of output is missing')
    job.seq = seq
    const size = body.length
    const done = (): void => {
      if (!socket.destroyed && jobs.has(reply.job)) send({ op: 'ack', job: reply.job, bytes: size })
    }
    job.taken = job.taken.then(() => job.take({ seq, stream, bytes: body })).then(done, done)
  }

  socket.on('data', (piece) => {
    try {
      for (const { header, body } of reader.push(piece)) take(header, body)
    } catch (error) {
      socket.destroy(error as Error)
    }
  })
  socket.on('error', (error) => {
    reason = error.message
  })
  socket.once('close', () => {
    const error = lost(reason)
    greeted.reject(new Error(reason))
    closed.resolve(reason)
    for (const { reject } of waiting.values()) reject(error)
    for (const { ended, pipes } of jobs.values()) {
      pipes.end()
      ended.reject(error)
    }
    waiting.clear()
    jobs.clear()
  })
  greeted.promise.catch(() => {})

  return {
    owner,
    greeted: greeted.promise,
    closed: closed.promise,
    close: () => void socket.destroy(),
    status: () => ask('status', (id) => ({ op: 'status', id })),
    probe: () => ask('probe', (id) => ({ op: 'probe', id })),
    list: () => ask('list', (id) => ({ op: 'list', id })),
    cancel: (job) => ask('cancel', (id) => ({ op: 'cancel', id, job })),
    async run(spec, takeOutput, onConnection) {
      const { job } = spec
      if (jobs.has(job)) {
        for (const { bytes } of spec.secrets) bytes.fill(0)
        throw new KaroError('conflict', `the job ${job} is running already`)
      }
      const followed: Followed = {
        take: takeOutput,
        ended: Promise.withResolvers<Ended>(),
        pipes: createPipes({
          send(step, bytes) {
            if (!socket.destroyed) send({ op: 'pipe', job, ...step }, bytes)
          },
          onOpen: onConnection,
        }),
        seq: 0,
        taken: Promise.resolve(),
      }
      followed.ended.promise.catch(() => {})
      jobs.set(job, followed)
      const secrets = spec.secrets.map(({ name, bytes }) => ({ name, bytes: bytes.length }))
      const body = Buffer.concat(spec.secrets.map(({ bytes }) => bytes))
      for (const { bytes } of spec.secrets) bytes.fill(0)
      try {
        const net = onConnection !== undefined
        await ask('run', (id) => ({ ...spec, op: 'run', id, provider, net, secrets }), body)
      } catch (error) {
        if (jobs.get(job) === followed) jobs.delete(job)
        throw error
      } finally {
        body.fill(0)
      }
      return {
        ended: followed.ended.promise,
        input(bytes, final, trace) {
          for (let at = 0; at < bytes.length || at === 0; at += PIECE_BYTES) {
            const piece = Buffer.from(bytes.subarray(at, at + PIECE_BYTES))
            const trace_id = at === 0 ? (trace ?? null) : null
            send({ op: 'input', job, final: final && at + PIECE_BYTES >= bytes.length, trace_id }, piece)
          }
        },
      }
    },
  }
}
