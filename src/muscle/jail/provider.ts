// What every way to build a jail offers, so that one suite of tests and one set of escape probes hold for all of them.
import type { Readable, Writable } from 'node:stream'
import type { Bind, Code, Limits, ProviderName, Refusal } from '../contract/messages.ts'

/** Where programs in a jail find the way out, if it has one; the port is of its own loopback. */
export const PROXY = { port: 3_128, url: 'http://127.0.0.1:3128' } as const

/** The descriptor in front of the secrets carries the listening socket out of the jail, and is closed before the command runs. */
export const firstSecret = ({ net }: Pick<JailSpec, 'net'>): number => (net ? 5 : 4)

export interface JailSpec {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly binds: readonly Bind[]
  /** See the contract. */
  readonly code?: readonly Code[]
  readonly limits: Limits
  readonly stdin: boolean
  /** A port of its own loopback leads to the Muscle; without it nothing leads out. */
  readonly net?: boolean
  /** Arrive in the jail as descriptors from `firstSecret` on, in this order. The caller overwrites the bytes. */
  readonly secrets: readonly Buffer[]
  /** False when the job was cancelled meanwhile: the command then never runs. */
  readonly wanted: () => boolean
}

export interface Jail {
  /** Absent when the specification wants none. */
  readonly stdin: Writable | undefined
  readonly stdout: Readable
  readonly stderr: Readable
  /** Where the specification wants `net`: a socket that listens at PROXY inside the jail. Whoever has the jail closes it. */
  readonly listener?: number | undefined
  /** Kills every process of the jail; `ended` follows. Calling it again does nothing. */
  kill(): void
  /** Resolves when no process of the jail is left. Never rejects. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
}

export interface Provider {
  readonly name: ProviderName
  /** What these jails do not hold and others do: one plain sentence each, for the person who chooses. */
  readonly cannot: readonly string[]
  /** Ends what a Muscle that was killed left of jails at this socket; returns how many processes. For before the first job. */
  endLeftovers(): number
  /** Why no jail can be built this way here; undefined when one can. Looks for what is needed and starts nothing. */
  problem(): string | undefined
  /** Resolves when the command is about to run inside. Rejects with JailError; nothing is left running then. */
  start(spec: JailSpec): Promise<Jail>
}

/** Why nothing runs. There is no way to run a command without a jail. */
export class JailError extends Error {
  override readonly name = 'JailError'
  readonly code: Refusal
  /** The program that builds the jail ended by itself, as where the machine forbids what it needs: another way may work. */
  readonly endedItself: boolean

  constructor(code: Refusal, message: string, endedItself = false) {
    super(message)
    this.code = code
    this.endedItself = endedItself
  }
}
