// Checks of the machine: runtime, limits, clock.
import { existsSync, readdirSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import type { ConnectionFacts, DaemonFacts } from '../../../api/contract/shapes.ts'
import { orElse } from '../../../base/run/or-else.ts'
import { clockWords } from '../../../base/words/clock-words.ts'
import { type Finding, fail, ok, skipped, warn } from '../result.ts'
import { readSystem, type World } from '../world.ts'

/** The least version of Node.js, as in "engines" of package.json. */
const NODE_LEAST = [22, 12] as const
/** The least limit of open files: a full mesh of 32 and a database need some 150, and 1024 is the usual limit. */
const FILES_LEAST = 1024
/** Share of the limit from which there is a warning. */
const FILES_USED = 0.8
/** Difference of clocks from which there is a warning; beyond five minutes frames are refused. */
const SKEW_WARN_MS = 60_000

export async function runtimeNode(): Promise<Finding> {
  return judgeNode(process.versions.node, process.platform)
}

export function judgeNode(version: string, platform: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (platform !== 'linux') return fail(`the system is ${platform}`)
  if (major < NODE_LEAST[0] || (major === NODE_LEAST[0] && minor < NODE_LEAST[1])) {
    return fail(`Node.js is ${version}, but Karo needs ${NODE_LEAST.join('.')} or newer`)
  }
  return ok(`Node.js ${version} on ${platform}`)
}

export async function runtimeFiles(world: World): Promise<Finding> {
  const state = await world.daemon()
  const pid = state.kind === 'up' ? state.pid : 'self'
  const limits = readSystem(`/proc/${pid}/limits`)
  const limit = Number(/^Max open files +(\d+)/m.exec(limits ?? '')?.[1] ?? Number.NaN)
  if (Number.isNaN(limit)) return skipped('the limit cannot be read from /proc')
  return judgeFiles(limit, pid === 'self' ? undefined : openFiles(pid))
}

/** How many files the process has open; undefined for another user's process. */
function openFiles(pid: number): number | undefined {
  return orElse(() => readdirSync(`/proc/${pid}/fd`).length, undefined)
}

export function judgeFiles(limit: number, used: number | undefined): Finding {
  if (limit < FILES_LEAST)
    return warn(`at most ${limit} files may be open, but the daemon needs ${FILES_LEAST}`)
  if (used !== undefined && used > limit * FILES_USED)
    return warn(`${used} of at most ${limit} files are open`)
  return ok(used === undefined ? `at most ${limit}` : `${used} of at most ${limit}`)
}

export async function runtimeInotify(world: World): Promise<Finding> {
  const at = existsSync(world.paths.home) ? world.paths.home : tmpdir()
  try {
    watch(at, { persistent: false }).close()
    return ok('a directory can be watched')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EMFILE')
      return warn('this user has as many watchers as fs.inotify.max_user_instances allows')
    if (code === 'ENOSPC')
      return warn('this user watches as many files as fs.inotify.max_user_watches allows')
    return skipped(`${at} cannot be watched (${code})`)
  }
}

export async function clockSynchronised(world: World): Promise<Finding> {
  const ran = await world.run('timedatectl', 'show', '-p', 'NTPSynchronized', '--value')
  const told = ran.kind === 'ran' && ran.code === 0 ? ran.stdout.trim() : undefined
  return judgeSynchronised(told, existsSync('/run/systemd/timesync/synchronized'))
}

/** `told` is the answer of timedatectl, the kernel's own view, whatever program sets the clock. */
export function judgeSynchronised(told: string | undefined, timesyncd: boolean): Finding {
  if (told === 'yes' || timesyncd) return ok('synchronised')
  if (told === 'no') return warn('no time service synchronises the clock of this machine')
  return skipped('neither timedatectl nor systemd-timesyncd is installed, so this is unknown')
}

export function judgeSkews(
  connections: readonly Pick<ConnectionFacts, 'name' | 'fingerprint' | 'admitted' | 'skew_ms'>[],
  stale: readonly Pick<DaemonFacts['stale'][number], 'name' | 'fingerprint' | 'clock_off_ms'>[],
): readonly Finding[] {
  const heard = connections.filter((one) => one.admitted && one.skew_ms !== null)
  const off = heard.filter(({ skew_ms }) => Math.abs(skew_ms ?? 0) > SKEW_WARN_MS)
  const refused = new Map(stale.map((node) => [node.fingerprint, node]))
  const all = heard.length + refused.size
  if (all === 0) return [ok('no other node is connected to compare with')]
  const here = off.length + refused.size === all && all > 1 ? 'sudo timedatectl set-ntp true' : undefined
  const found = [
    ...[...refused.values()].map(({ name, fingerprint, clock_off_ms }) =>
      fail(
        `${name} (${fingerprint}): refused, its clock is ${clockWords(clock_off_ms)} (at most 5 min are allowed)`,
        here ?? `on ${name}: sudo timedatectl set-ntp true`,
      ),
    ),
    ...off.map(({ name, fingerprint, skew_ms }) =>
      warn(
        `${name} (${fingerprint}): its clock is ${clockWords(skew_ms ?? 0)}`,
        here ?? `on ${name}: sudo timedatectl set-ntp true`,
      ),
    ),
  ]
  if (here !== undefined)
    found.unshift(warn('all other clocks differ, so probably the clock of this machine is wrong', here))
  const most = Math.max(...heard.map(({ skew_ms }) => Math.abs(skew_ms ?? 0)))
  return found.length > 0 ? found : [ok(`${heard.length} compared, at most ${Math.round(most)} ms apart`)]
}
