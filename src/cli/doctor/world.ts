// What the checks look at: one node's places, its daemon, and the machine around it, each read once.
import { lstatSync, readFileSync, readlinkSync, type Stats, statSync } from 'node:fs'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { dirname } from 'node:path'
import { daemonAt } from '../../api/contract/client/socket.ts'
import { verifyAudit } from '../../api/contract/operations/audit.ts'
import { getDoctor } from '../../api/contract/operations/doctor.ts'
import { getHealth } from '../../api/contract/operations/status.ts'
import type { AuditVerdict, DaemonFacts } from '../../api/contract/shapes.ts'
import { type ErrorCode, KaroError } from '../../base/errors.ts'
import { orElse } from '../../base/run/or-else.ts'
import { type LoadedConfig, loadConfig } from '../../config/load.ts'
import type { Env, HomePaths } from '../../config/paths.ts'
import { readHolder } from '../../ops/system/lock.ts'
import { commandRunner, type RunCommand } from './command.ts'

/** A daemon that is asked nothing but how it is answers in milliseconds; on a busy machine, in seconds. */
const HEALTH_MS = 5_000
/** Multicast is listened for two of them. */
const FACTS_MS = 15_000
/** A ledger of years is walked through. */
const LEDGER_MS = 120_000

/** Errors of the client that say who may not, instead of what does not work. */
const CLOSED: ReadonlySet<ErrorCode> = new Set(['bad_file', 'refused', 'unauthorized'])

export type DaemonState =
  | { readonly kind: 'up'; readonly pid: number; readonly build: string }
  /** Somebody takes the connection and says nothing, or nothing that makes sense. */
  | { readonly kind: 'hung'; readonly pid: number | undefined; readonly says: string }
  /** The socket is not for this person. */
  | { readonly kind: 'closed'; readonly says: string; readonly hint: string | undefined }
  /** Its process lives, but its socket is gone. */
  | { readonly kind: 'unreachable'; readonly pid: number }
  | { readonly kind: 'down' }

/** One shell's start file, as the command line knows it. */
export interface StartFileLook {
  readonly shell: string
  readonly file: string
  /** The one this person logs in with. */
  readonly login: boolean
  /** Lines with the mark of `karo shell install`, without the mark. */
  readonly marked: readonly string[]
  /** A line of the person's own loads the hook, without the mark. */
  readonly unmarked: boolean
  /** The line in the machine's start file. */
  readonly ofMachine: string | undefined
  /** What `karo shell install` would write now. */
  readonly expected: string
  /** Replaces the existing lines by that line. */
  readonly refresh: () => void
}

/** One AI coding tool whose settings of this person have Karo's hook, as the command line knows it. */
export interface ToolHookLook {
  readonly tool: string
  /** As its makers write it. */
  readonly title: string
  readonly file: string
  /** What the file hands to a shell, each once; none where it is not in the tool's form. */
  readonly lines: readonly string[]
  /** They stand at every event at which this version puts them. */
  readonly placed: boolean
  /** The line of `karo hook install` now. */
  readonly expected: string
  /** Whether the tool runs the hook, where it runs only those that its owner trusts. */
  readonly trust?: 'trusted' | 'untrusted' | 'disabled' | 'unknown' | undefined
  /** The file of settings that keeps the tool from running any hook. */
  readonly off?: string | undefined
  /** Replaces the existing hooks by this one. */
  readonly refresh: () => void
}

export interface WorldOptions {
  readonly paths: HomePaths
  /** The machine's own daemon, for all its users. */
  readonly service: boolean
  /**
   * The directory of the files of the person who runs this, if it differs from the node's home: the machine's node
   * belongs to another user.
   */
  readonly personHome?: string
  /** The control socket that commands use. */
  readonly socket: string
  /** ` --home <dir>` where the node is not the default one, for commands that are shown. */
  readonly homeFlag: string
  readonly env: Env
  readonly now: () => number
  /** Ask for multicast to be tried, which takes two seconds. */
  readonly multicast: boolean
  readonly startFiles: () => readonly StartFileLook[]
  readonly toolHooks: () => readonly ToolHookLook[]
}

export interface World extends WorldOptions {
  /** Of this process. */
  readonly uid: number
  /** Of a symbolic link that itself, unless it is to be followed. */
  stat(path: string, follow?: 'follow'): Stats | 'missing' | 'denied'
  config(): { readonly loaded: LoadedConfig } | { readonly error: KaroError }
  daemon(): Promise<DaemonState>
  /** Undefined where no daemon answers. */
  facts(): Promise<DaemonFacts | undefined>
  ledger(): Promise<AuditVerdict>
  /** False: the daemon is in a network namespace that this process does not see. */
  sameNetwork(): Promise<boolean>
  interfaces(): NodeJS.Dict<NetworkInterfaceInfo[]>
  readonly run: RunCommand
}

export function createWorld(options: WorldOptions): World {
  const { paths, socket, env } = options
  const client = daemonAt({ socket })

  const daemon = once(async (): Promise<DaemonState> => {
    try {
      const { pid, build = 'older' } = await client.call(getHealth, { deadlineMs: HEALTH_MS })
      // It tells its pid to every caller whom the kernel names.
      if (pid === undefined)
        return {
          kind: 'closed',
          says: 'the kernel does not tell the daemon who asks, as with the user nobody (65534)',
          hint: 'run Karo as a user of its own',
        }
      return { kind: 'up', pid, build }
    } catch (error) {
      if (!(error instanceof KaroError)) throw error
      const holder = await readHolder(paths.lock).catch(() => undefined)
      const pid = holder?.alive ? holder.pid : undefined
      if (error.code === 'not_running')
        return pid === undefined ? { kind: 'down' } : { kind: 'unreachable', pid }
      if (CLOSED.has(error.code)) return { kind: 'closed', says: error.message, hint: error.hint }
      return { kind: 'hung', pid, says: error.message }
    }
  })

  const config = once((): ReturnType<World['config']> => {
    try {
      return { loaded: loadConfig({ home: dirname(paths.config), env }) }
    } catch (error) {
      if (error instanceof KaroError) return { error }
      throw error
    }
  })

  return {
    ...options,
    uid: process.getuid?.() ?? 0,
    stat(path, follow) {
      try {
        return follow === undefined ? lstatSync(path) : statSync(path)
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        return code === 'EACCES' || code === 'EPERM' ? 'denied' : 'missing'
      }
    },
    config,
    daemon,
    facts: once(async () => {
      if ((await daemon()).kind !== 'up') return undefined
      const { multicast } = options
      return client.call(getDoctor, { query: { multicast }, deadlineMs: FACTS_MS })
    }),
    ledger: once(() => client.call(verifyAudit, { deadlineMs: LEDGER_MS })),
    sameNetwork: once(async () => {
      const state = await daemon()
      if (state.kind !== 'up') return true
      const [own, its] = ['self', state.pid].map((pid) =>
        orElse(() => readlinkSync(`/proc/${pid}/ns/net`), undefined),
      )
      // Of another user's process it is not told; a service is where the machine is.
      return its === undefined || own === its
    }),
    interfaces: networkInterfaces,
    run: commandRunner(env),
    startFiles: once(options.startFiles),
    toolHooks: once(options.toolHooks),
  }
}

/** A small file of the kernel's, or undefined. */
export function readSystem(path: string): string | undefined {
  return orElse(() => readFileSync(path, 'utf8'), undefined)
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
