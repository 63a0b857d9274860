// The contract between Brain and Muscle: every message, its members and their bounds. Both ends read it from here alone.
import {
  boolean,
  integer,
  list,
  Malformed,
  nullable,
  type Of,
  object,
  one,
  record,
  type Shape,
  text,
} from './shape.ts'

/** Both ends have to speak the same version; they are parts of one installation. */
export const CONTRACT_VERSION = 5

/** Bytes of one `output` or `input` message. */
export const PIECE_BYTES = 64 * 1024
/** Bytes of output that may be on the way, not acknowledged by the Brain; then the jail has to wait. */
export const WINDOW_BYTES = 512 * 1024
/** Begins the names of jobs that only see whether jails can be built: one place more is kept for them. */
export const PROBE_JOB = 'probe:'
/** Bytes of one secret. */
const SECRET_BYTES = 64 * 1024

/** The ways to build a jail; the first that works is taken when a job names none, except small virtual machines. */
export const PROVIDERS = ['bwrap', 'landlock', 'vm'] as const
export type ProviderName = (typeof PROVIDERS)[number]
/** Whether jails of this kind may be built where `wanted` is named; null: none is, and then a virtual machine is not meant. */
export const isMeant = (name: ProviderName, wanted: string | null): boolean =>
  wanted === null ? name !== 'vm' : name === wanted

const id = integer(1, Number.MAX_SAFE_INTEGER)
const job = text(64, /^[a-z0-9][a-z0-9:._-]*$/)
const path = text(4096, /^\//)
const MEBIBYTE = 1024 * 1024

/** Variables that a job may set. What the loader, an interpreter or a shell obeys (`LD_PRELOAD`, `BASH_ENV`) is none of them. */
const VARIABLE =
  /^(?:LANG|LANGUAGE|LC_[A-Z]{1,32}|TZ|TERM|COLUMNS|LINES|NO_COLOR|CI|USER|LOGNAME|HOME|PATH|KARO_JOB_[A-Z0-9_]{1,48})$/

const limits = object({
  /** Processor seconds of each process. */
  cpu_seconds: integer(1, 86_400),
  /** Bytes of private memory of each process. Node.js reserves 512 MiB for its code alone, so it needs 1 GiB. */
  memory_bytes: integer(16 * MEBIBYTE, 1024 * 1024 * MEBIBYTE),
  /** Bytes of one file, and of each of the jail's own directories, which are in memory: home, /tmp and /dev/shm. */
  disk_bytes: integer(MEBIBYTE, 1024 * 1024 * MEBIBYTE),
  /** Processes and threads. */
  tasks: integer(1, 256),
  /** Milliseconds from the start until the jail is killed. */
  wall_ms: integer(1, 7 * 86_400_000),
  /** Bytes of output and errors together; with one more the jail is killed. */
  output_bytes: integer(0, 16 * 1024 * MEBIBYTE),
})
export type Limits = Of<typeof limits>

const bind = object({ path, write: boolean })
export type Bind = Of<typeof bind>

const code = object({ path, hash: text(256) })
/** A file that runs as code, or a directory, in the words of `contentAt`. */
export type Code = Of<typeof code>

/** Of the request that led to this; written into the log of the Muscle. */
const trace_id = nullable(text(32, /^[0-9a-f]{32}$/))

const run = object({
  op: one('run'),
  id,
  /** Chosen by the Brain. One that runs already is refused; that one which has ended is not asked for again is the Brain's duty. */
  job,
  provider: nullable(one(...PROVIDERS)),
  /** Never a line for a shell. */
  argv: list(text(32 * 1024 - 1), 1024, 1),
  /** A directory inside the jail. */
  cwd: path,
  env: record(VARIABLE, text(32 * 1024), 128),
  /** Directories and files of the machine that the jail sees, under their own paths. */
  binds: list(bind, 64),
  /** What was let through as its code. It runs that, or not at all: `changed`. */
  code: list(code, 128),
  limits,
  /** True: `input` messages follow; false: standard input is empty. */
  stdin: boolean,
  /** True: a port of the jail's own loopback leads to the Brain, by `pipe` messages; false: nothing leads out. */
  net: boolean,
  /** The bytes follow behind the header, one secret after the other. */
  secrets: list(object({ name: text(48, /^[A-Z][A-Z0-9_]*$/), bytes: integer(1, SECRET_BYTES) }), 8),
  trace_id,
})
export type RunRequest = Of<typeof run>

/**
 * Of one connection that a job made to its port: the Muscle opens it, and what each end writes is `data` behind the header. `bytes`: those
 * that `ack` says were read.
 */
const pipe = object({
  op: one('pipe'),
  job,
  pipe: id,
  step: one('open', 'data', 'end', 'close', 'ack'),
  bytes: integer(0, WINDOW_BYTES + PIECE_BYTES),
})
export type PipeMessage = Of<typeof pipe>

const REQUESTS = {
  pipe,
  status: object({ op: one('status'), id }),
  probe: object({ op: one('probe'), id }),
  list: object({ op: one('list'), id }),
  run,
  input: object({ op: one('input'), job, final: boolean, trace_id }),
  ack: object({ op: one('ack'), job, bytes: integer(1, WINDOW_BYTES) }),
  cancel: object({ op: one('cancel'), id, job }),
}

/** `held`: null where it could not be tried. */
const outcome = object({ held: nullable(boolean), detail: text(512) })

/** One attempt to get out of a jail, and whether the jail held. */
const probe = object({
  provider: one(...PROVIDERS),
  /** `read_host`, `network` and so on; the provider and this name are the row of `karo doctor`. */
  probe: text(48, /^[a-z_]+$/),
  held: nullable(boolean),
  detail: text(512),
})
export type ProbeResult = Of<typeof probe>
export type ProbeOutcome = Of<typeof outcome>

/** What each request that has an `id` is answered with. */
export const ANSWERS = {
  status: object({
    providers: list(object({ provider: one(...PROVIDERS), problem: nullable(text(1024)) }), 8),
    jobs: integer(0, 65_536),
  }),
  probe: list(probe, 256),
  list: list(
    object({ job, provider: one(...PROVIDERS), started_ms: integer(0, Number.MAX_SAFE_INTEGER) }),
    65_536,
  ),
  run: object({ provider: one(...PROVIDERS) }),
  /** False: there was no such job any more. */
  cancel: boolean,
}

const REFUSALS = ['malformed', 'no_sandbox', 'bad_path', 'changed', 'conflict', 'busy', 'failed'] as const
export type Refusal = (typeof REFUSALS)[number]

/** Why a job is over. `input`: too much of it waited to be read. `lost`: the jail ended and nobody knows how. */
const REASONS = ['exited', 'cancelled', 'wall_time', 'output', 'input', 'lost'] as const
export type Reason = (typeof REASONS)[number]

const ended = object({
  op: one('ended'),
  job,
  reason: one(...REASONS),
  /** Exit code of the command; null when a signal ended it. */
  code: nullable(integer(0, 255)),
  signal: nullable(text(16, /^SIG[A-Z0-9]+$/)),
  output_bytes: integer(0, Number.MAX_SAFE_INTEGER),
})
export type Ended = Of<typeof ended>

const REPLIES = {
  pipe,
  hello: object({ op: one('hello'), version: integer(1, 65_536), pid: id }),
  /** `value` has the shape that ANSWERS has for the request. */
  answer: object({ op: one('answer'), id, value: (value: unknown) => value }),
  refused: object({ op: one('refused'), id, code: one(...REFUSALS), message: text(2048) }),
  /** The bytes follow behind the header. `seq` counts the pieces of a job from 1, both streams together. */
  output: object({ op: one('output'), job, seq: id, stream: one('stdout', 'stderr') }),
  ended,
}

type Union<T extends Record<string, Shape<unknown>>> = { [K in keyof T]: Of<T[K]> }[keyof T]
export type Request = Union<typeof REQUESTS>
export type Reply = Union<typeof REPLIES>

/** Throws Malformed for anything that is no request: an unknown one, a missing member, an unknown member, a value out of bounds. */
export const readRequest = (header: unknown): Request => read(header, REQUESTS)
/** As `readRequest`, for what the Muscle sends. */
export const readReply = (header: unknown): Reply => read(header, REPLIES)

function read<T extends Record<string, Shape<unknown>>>(header: unknown, shapes: T): Union<T> {
  const op = (header as { op?: unknown } | null)?.op
  if (typeof op !== 'string' || !Object.hasOwn(shapes, op)) throw new Malformed('this is no known message')
  return (shapes[op] as Shape<unknown>)(header, op) as Union<T>
}
