// Builds the report of `karo report-problem` from numbers and constants of the program only, so that no text of a person gets into it.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { REJECT_CODES } from '../../protocols/reject.ts'
import type { Client } from '../api/contract/client/client.ts'
import { getProblems } from '../api/contract/operations/care.ts'
import { getStatus } from '../api/contract/operations/status.ts'
import { HEALTH_CHECKS } from '../base/run/checks.ts'
import { isOwnFrame } from '../base/run/own-frames.ts'
import { isCode, isKind, isProblemLevel, type Problem } from '../base/run/problem.ts'
import { membersOf } from '../base/shape/json-object.ts'
import { BUILD } from '../base/version.ts'
import { loadConfig } from '../config/load.ts'
import type { HomePaths } from '../config/paths.ts'
import { KEY_LIST } from '../config/table.ts'
import { type Env, KaroError } from './kit.ts'

export interface ReportSources {
  readonly paths: HomePaths
  readonly service: boolean
  readonly env: Env
  /** A daemon of any version; each part of its answers is checked. */
  readonly daemon: Pick<Client, 'look'>
  /** Directory of the program's files. */
  readonly root: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

export type ProblemReport = Awaited<ReturnType<typeof buildReport>>

/** Their names in `karo status --json`. */
const COUNTS = [
  'uptime_seconds',
  'mesh.peers_connected',
  'mesh.peers_trusted',
  'mesh.peers_pending',
  'mesh.members_known',
  'store.events',
  'store.bytes',
  'spool.pending_bytes',
  'spool.dropped',
  'documents.own',
  'documents.received',
  'documents.relayed',
  'documents.bytes',
  'documents.conflicts',
  'summaries.recipients',
  'summaries.left_out',
  'summaries.refused',
] as const

/** Does not throw for anything that cannot be read; the report says so instead. */
export async function buildReport({ paths, service, env, daemon, root, now }: ReportSources) {
  return {
    format: 1,
    created_at: new Date(now).toISOString(),
    program: {
      version: BUILD,
      node: process.versions.node,
      platform: process.platform,
      arch: process.arch,
      // `6.1.0`, without what a distribution or a person appends.
      kernel: numbersOf(release()),
      service,
    },
    machine: { cpus: cpus().length, memory_bytes: totalmem() },
    home: {
      database: lookInto(paths.db),
      spool: lookInto(paths.spool),
      key: isThere(paths.key),
      config_file: isThere(paths.config),
    },
    config: configPart(paths, env),
    daemon: await daemonPart(daemon, root),
  }
}

/** Names of the keys whose value is not the default, never a value; or the code of the error in the file. */
function configPart(paths: HomePaths, env: Env) {
  try {
    const { values } = loadConfig({ home: dirname(paths.config), env })
    const changed = KEY_LIST.filter((key) => !isDeepStrictEqual(values.get(key.path), key.default))
    return { changed: changed.map(({ path }) => path), problem: null }
  } catch (error) {
    return { changed: [], problem: codeOf(error) }
  }
}

/** Facts of the daemon, or the code of the error: `not_running` if it is down. */
async function daemonPart(daemon: ReportSources['daemon'], root: string) {
  try {
    const told = await daemon.look(getStatus)
    const version = at(told, 'version')
    const checks = at(told, 'health.checks')
    return {
      version: typeof version === 'string' && /^\d/.test(version) ? numbersOf(version) : null,
      counts: numbers(COUNTS, (name) => at(told, name)),
      rejected: numbers(REJECT_CODES, (code) => at(told, `mesh.rejected.${code}`)),
      ready: at(told, 'health.ready') === true,
      checks: HEALTH_CHECKS.flatMap((name) => {
        const check = Array.isArray(checks) ? checks.find((one) => at(one, 'name') === name) : undefined
        return check ? [{ name, ok: at(check, 'ok') === true }] : []
      }),
      problems: await problemsPart(daemon, root),
    }
  } catch (error) {
    return unread(error)
  }
}

async function problemsPart(daemon: ReportSources['daemon'], root: string) {
  try {
    const problems = at(await daemon.look(getProblems), 'problems')
    return Array.isArray(problems) ? problems.flatMap((one) => problemOf(one, root)) : []
  } catch (error) {
    return unread(error)
  }
}

/** Takes over only members whose form cannot hold text of a person. */
function problemOf(told: unknown, root: string): Problem[] {
  const level = at(told, 'level')
  if (!isProblemLevel(level)) return []
  const own = (frame: unknown): frame is string => isOwnFrame(frame, (file) => existsSync(join(root, file)))
  const list = (name: string): unknown[] => {
    const found = at(told, name)
    return Array.isArray(found) ? found : []
  }
  const [place, kind, code] = [at(told, 'at'), at(told, 'kind'), at(told, 'code')]
  return [
    {
      level,
      at: own(place) ? place : null,
      kind: isKind(kind) ? kind : null,
      code: isCode(code) ? code : null,
      stack: list('stack').filter(own),
      times: numberOf(at(told, 'times')),
      first_seconds_ago: numberOf(at(told, 'first_seconds_ago')),
      last_seconds_ago: numberOf(at(told, 'last_seconds_ago')),
      peers: list('peers').filter((peer): peer is string => /^[0-9a-f]{8}$/.test(String(peer))),
    },
  ]
}

/** The member at `path`, its names between dots; undefined when there is none. */
function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((of, name) => {
    const members = membersOf(of) ?? {}
    return Object.hasOwn(members, name) ? members[name] : undefined
  }, value)
}

const numberOf = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) ? Math.round(value) : 0

function numbers<K extends string>(names: readonly K[], of: (name: K) => unknown): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, numberOf(of(name))])) as Record<K, number>
}

const codeOf = (error: unknown): string => {
  const { code } = error as { code?: unknown }
  return isCode(code) ? code : error instanceof KaroError ? error.code : 'internal'
}

/** Stands for a part that could not be read. */
const unread = (error: unknown) => ({ error: codeOf(error) })

const numbersOf = (text: string): string => /^\d{1,4}(\.\d{1,5}){0,3}/.exec(text)?.[0] ?? 'unknown'

/** Whether there is a file; a path that may not be looked at may exist. */
function isThere(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    return unread(error)
  }
}

function lookInto(directory: string) {
  try {
    let files = 0
    let bytes = 0
    for (const name of readdirSync(directory)) {
      files++
      bytes += statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0
    }
    return { files, bytes }
  } catch (error) {
    return unread(error)
  }
}
