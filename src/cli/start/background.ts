// karo up --background: starts the daemon as a process of its own that outlives the terminal, and waits until it answers.
import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallOptions } from '../../api/contract/client/client.ts'
import { daemonAt } from '../../api/contract/client/socket.ts'
import { getStatus } from '../../api/contract/operations/status.ts'
import type { StatusShape } from '../../api/contract/shapes.ts'
import { homeTrouble } from '../../base/disk-trouble.ts'
import { KaroError } from '../../base/errors.ts'
import { orElse } from '../../base/run/or-else.ts'
import { refuseForeign } from '../../config/guarded.ts'
import { type Env, type HomePaths, homePaths } from '../../config/paths.ts'
import { DAEMON_NAME } from '../../ops/process-name.ts'
import { readHolder } from '../../ops/system/lock.ts'
import { staleWords } from './stale.ts'

/** What the daemon wrote to stderr since it was started so; in the node's directory. */
const LOG = 'up.log'
/** Made by a start that failed, removed by the next one that did not. */
const FAILED = 'up.failed'
/** New shells leave it at that for so long, so that not each of them starts a daemon that cannot run. */
const BACK_OFF_MS = 60_000
/** The newest part of the log is in the daemon, for `karo logs`: the file is for a daemon that did not start, or crashed. */
const LOG_BYTES = 1024 * 1024
/** Until it answers, as in the units (TimeoutStartSec): a large database that was not closed takes a while. */
const READY_MS = 600_000
/** The same where somebody waits for an answer of the node, and is not told that it starts. */
export const ANSWERS_MS = 60_000
/** The same for a command that was typed while somebody else had the node begin anew: longer than that takes on a busy machine. */
const MOMENT_MS = 5_000
/** Milliseconds from the first answer. */
const SETTLE_MS = 3_000
const LOOK_MS = 100

/** What is needed of the command. */
interface Caller {
  readonly env: Env
  /** The daemon's control socket. */
  readonly socket: string
}

/** True in the process that `startInBackground` made. Says so once: the two are not connected any more afterwards. */
export function isInBackground(): boolean {
  if (process.send === undefined) return false
  if (process.connected) process.disconnect()
  return true
}

/** True where a start of this home failed within the last minute, or is under way: one caller waits for that, and each further shell would be one more. */
export async function isLeftAlone(paths: HomePaths) {
  const stat = statSync(join(paths.home, FAILED), { throwIfNoEntry: false })
  if (stat && Math.abs(Date.now() - stat.mtimeMs) < BACK_OFF_MS) return true
  return daemonHolding(paths) !== undefined && !(await readHolder(paths.lock))?.alive
}

/**
 * Empties the log, for a process that `startInBackground` made, once it holds the home: before, the log may be that of a
 * daemon that runs. Does nothing where stderr is no file.
 */
export function beginLog(): void {
  if (fstatSync(process.stderr.fd).isFile()) ftruncateSync(process.stderr.fd)
}

/** `write` until it was given a megabyte. */
export function bounded(write: (text: string) => void): (text: string) => void {
  let left = LOG_BYTES
  return (text) => {
    if (left <= 0) return
    left -= text.length
    write(left > 0 ? text : `${text}later lines are not written here: karo logs tail\n`)
  }
}

/** `mark` is written behind what is there. */
function openLog(paths: HomePaths, file: string, mark: string): number {
  try {
    mkdirSync(paths.home, { recursive: true, mode: 0o700 })
    // Root's log in the home of another user would be in the way of that user's own start.
    refuseForeign(paths.home, statSync(paths.home), "the node's directory", 'bad_file')
    const log = openSync(file, 'a', 0o600)
    // Starts that failed one after another leave so much; one daemon does not write it.
    if (fstatSync(log).size > LOG_BYTES * 2) ftruncateSync(log)
    writeSync(log, mark)
    return log
  } catch (cause) {
    throw homeTrouble(paths.home, cause)
  }
}

/**
 * What runs, and `words` that also say how to end it; `pid` is null for the machine's service. Throws KaroError `unavailable` with the daemon's own words when it does not start, and
 * `timeout` while it is still starting.
 */
export async function startInBackground(io: Caller, paths: HomePaths, readyMs = READY_MS) {
  const there = await statusOf(io)
  const [status, child] = there === undefined ? await begin(io, paths, readyMs) : [there]
  // Of several that are started at once one stays, and each caller names it.
  const pid = (await readHolder(paths.lock))?.pid ?? null
  const started = pid === child?.pid
  // A process that is later than another would take the home when that one is told to stop.
  if (pid !== null && !started) child?.kill()
  const as = pid === null ? "this machine's service" : `process ${pid}`
  const words = started
    ? [
        `${status.name} runs in the background, as ${as}`,
        ...status.health.checks
          .filter(({ ok }) => !ok)
          .map(({ name, detail }) => `  not ready: ${name}: ${detail}`),
        '  to see what it does:  karo status, karo logs tail',
        `  to stop it:           karo stop`,
      ]
    : [`${status.name} runs already, as ${as}`, ...staleWords(status)]
  return { name: status.name, pid, started, words: `${words.join('\n')}\n` }
}

/** What answers then, and the process that was made: another one where that was first. */
async function begin(io: Caller, paths: HomePaths, readyMs: number): Promise<[StatusShape, ChildProcess]> {
  const file = join(paths.home, LOG)
  const mark = `${new Date().toISOString()} started by process ${process.pid}\n`
  const log = openLog(paths, file, mark)
  chmodSync(file, 0o600)
  // The daemon works in another directory, where a path that begins in this one would name another home.
  const env = { ...io.env, ...(io.env.KARO_HOME && { KARO_HOME: paths.home }) }
  const child = spawn(
    process.execPath,
    [...process.execArgv, String(process.argv[1]), 'up', '--background'],
    {
      env,
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    },
  )
  closeSync(log)
  child.on('error', () => {})
  const status = await ready(io, paths, child, Date.now() + readyMs)
  if (child.connected) child.disconnect()
  child.unref()
  const failed = join(paths.home, FAILED)
  if (status) {
    rmSync(failed, { force: true })
    return [status, child]
  }
  if (isAlive(child))
    throw new KaroError('timeout', `the node is still starting, as process ${child.pid}`, {
      where: file,
      hint: 'karo status says when it is ready, karo stop ends it.',
    })
  writeFileSync(failed, '', { mode: 0o600 })
  throw new KaroError(
    'unavailable',
    child.signalCode === 'SIGKILL'
      ? 'SIGKILL ended the node, as lack of memory does'
      : 'the node did not start',
    {
      where: file,
      // Of what came behind the mark, or of everything where the daemon has emptied the log.
      hint:
        String(readFileSync(file, 'utf8').split(mark).at(-1))
          .trim()
          .split('\n')
          .slice(-5)
          .map(saidBy)
          .join('\n') || 'karo doctor says what is wrong.',
    },
  )
}

/** The words of a line of the daemon's log, which is JSON; another line as it is. */
function saidBy(line: string): string {
  const { msg, reason } = orElse(() => Object(JSON.parse(line)), {})
  return typeof msg !== 'string' ? line : typeof reason === 'string' ? `${msg}: ${reason}` : msg
}

const isAlive = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null

/** Undefined: no daemon answers. */
const statusOf = (io: Caller) =>
  daemonAt(io)
    .call(getStatus)
    .catch((error) => {
      if (error.code !== 'not_running') throw error
      return undefined
    })

/** The process of the daemon, also before its lock file names it, and while it begins anew; undefined where none runs. */
export async function runningPid(paths: HomePaths): Promise<number | undefined> {
  const holder = await readHolder(paths.lock)
  return holder?.alive ? holder.pid : daemonHolding(paths)
}

/**
 * The process of the daemon that holds this home (`holdHome`), long before its lock file names it, and while it begins anew. A
 * restore or a repair holds it too, and is no daemon. The lock is looked at and never taken, which would keep a daemon from
 * starting in that moment.
 */
const daemonHolding = ({ home }: HomePaths) =>
  orElse(() => {
    const { dev, ino } = statSync(home)
    const held = new RegExp(`FLOCK .* (\\d+) \\S+:${ino} `, 'g')
    const pids = [...readFileSync('/proc/locks', 'utf8').matchAll(held)].map(([, pid]) => Number(pid))
    // A directory of another filesystem may have the same number, and the list of locks does not tell them apart everywhere.
    const isHere = (pid: number) =>
      readFileSync(`/proc/${pid}/comm`, 'utf8') === `${DAEMON_NAME}\n` &&
      readdirSync(`/proc/${pid}/fd`).some((fd) => {
        // What it has just closed is listed, and gone.
        const open = statSync(`/proc/${pid}/fd/${fd}`, { throwIfNoEntry: false })
        return open?.dev === dev && open.ino === ino
      })
    // Another account's daemon may not be looked into.
    return pids.find((pid) => orElse(() => isHere(pid), false))
  }, undefined)

/** Waits as long as a daemon holds this home and does not listen, as while it begins anew, but a moment at most, and no longer than the call. */
export async function untilListens(
  paths: HomePaths,
  { deadlineMs = MOMENT_MS, signal }: Pick<CallOptions, 'deadlineMs' | 'signal'> = {},
): Promise<void> {
  const end = Date.now() + Math.min(deadlineMs, MOMENT_MS)
  while (!existsSync(paths.socket) && daemonHolding(paths) && Date.now() < end && !signal?.aborted)
    await sleep(LOOK_MS)
}

/**
 * Calls `tell`, after which the node begins anew if `restarts` says so of the answer, and waits until it listens again. Throws
 * KaroErrors `unavailable` and `timeout` where it does not; what was told is done then.
 */
export async function throughRestart<T>(
  { env, socket }: Caller,
  tell: () => Promise<T>,
  restarts = (_: T) => true,
): Promise<T> {
  // A node that begins anew makes its socket again, at another time.
  const made = () => statSync(socket, { throwIfNoEntry: false })?.ctimeMs
  const before = made()
  // Undefined for the machine's node, and where the filesystem has no such locks.
  const holder = () => daemonHolding(homePaths(env))
  const pid = holder()
  const answer = await tell()
  const end = Date.now() + ANSWERS_MS
  while (restarts(answer) && [before, undefined].includes(made())) {
    if (holder() !== pid) throw new KaroError('unavailable', 'done, but the node ended: karo up  says why')
    if (Date.now() > end) throw new KaroError('timeout', 'done, but the node has not begun anew')
    await sleep(LOOK_MS)
  }
  return answer
}

/** Undefined: it has ended, or does not answer in time. Parts that start last, such as karo-exec, have a moment to be ready. */
async function ready(
  io: Caller,
  paths: HomePaths,
  child: ChildProcess,
  until: number,
): Promise<StatusShape | undefined> {
  // Another one may have been started at the same time.
  while (isAlive(child) || (await runningPid(paths)) !== undefined) {
    const status = await statusOf(io).catch((error) => {
      // The kernel does not name the user nobody to the node, so nobody could use it.
      if (error.code !== 'unauthorized') return undefined
      child.kill()
      throw error
    })
    if (status?.health.ready === true || Date.now() > until) return status
    if (status !== undefined) until = Math.min(until, Date.now() + SETTLE_MS)
    await sleep(LOOK_MS)
  }
  return undefined
}
