// Probes each way to build a jail: puts baits up outside, makes the attempts inside, and looks for what is left behind.
import { randomBytes, randomInt } from 'node:crypto'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type ListenOptions, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Timers } from '../../base/clock.ts'
import { orElse } from '../../base/run/or-else.ts'
import type { Limits, ProbeOutcome, ProbeResult, ProviderName } from '../contract/messages.ts'
import { JailError, type JailSpec, type Provider } from '../jail/provider.ts'
import { ATTEMPTS } from './attempts.ts'
import { type Bait, hangUpMark } from './tries.ts'

const LIMITS: Limits = {
  cpu_seconds: 20,
  memory_bytes: 1024 * 1024 * 1024,
  disk_bytes: 16 * 1024 * 1024,
  tasks: 64,
  wall_ms: 20_000,
  output_bytes: 64 * 1024,
}
/** Where each instruction may have to be translated. */
const VM_LIMITS: Limits = { ...LIMITS, cpu_seconds: 300, wall_ms: 300_000 }
const limitsOf = ({ name }: Provider): Limits => (name === 'vm' ? VM_LIMITS : LIMITS)

/** Jails in which the attempts may fail to begin before that counts. */
const TRIES = 3
/** Jails by Landlock in which the attempts may begin too many tasks before that counts. */
const TRIES_OF_TASKS = 6
/** Milliseconds until the next jail is tried, at most: at random, so that two that probe beside each other do not meet again. */
const AGAIN_MS = 500

export interface ProbeDeps {
  readonly providers: readonly Provider[]
  readonly timers: Timers
  /** Starts this program for `--attempt`, and the files that it consists of. */
  readonly program: { readonly argv: readonly string[]; readonly files: readonly string[] }
}

/**
 * One result for each attempt with each provider that works here. One that cannot build a jail here has one, `start`, and
 * one that fails in any other way has one, `broken`.
 */
export async function probeAll(deps: ProbeDeps): Promise<readonly ProbeResult[]> {
  const results: ProbeResult[] = []
  for (const provider of deps.providers) {
    if (provider.problem() !== undefined) continue
    let found = await probeOne(provider, deps)
    // For jails by Landlock the kernel counts the tasks of the whole user, and a jail that begins while another one is full gets a limit that is too high.
    const most = provider.name === 'landlock' ? TRIES_OF_TASKS : 1
    for (let tries = 1; onlyTasks(found) && tries < most; tries++) {
      await sleep(randomInt(AGAIN_MS))
      found = await probeOne(provider, deps)
    }
    results.push(...found)
  }
  return results
}

/** Whether nothing but the limit of tasks did not hold. */
function onlyTasks(results: readonly ProbeResult[]): boolean {
  const open = results.filter(({ held }) => held === false)
  return open.length === 1 && open[0]?.probe === 'fork_bomb'
}

async function probeOne(provider: Provider, { program, timers }: ProbeDeps): Promise<ProbeResult[]> {
  const mark = `8${randomBytes(4).readUInt32BE()}`
  const directory = mkdtempSync(join(tmpdir(), 'karo-bait-'))
  // Who may look into it: whoever the jail runs as, so that only the jail keeps the bait from it.
  chmodSync(directory, 0o711)
  const [file, given, path] = [join(directory, 'bait'), join(directory, 'given'), join(directory, 'socket')]
  const content = `bait ${mark}`
  writeFileSync(file, content)
  chmodSync(file, 0o666)
  const before = lookOf(directory, file)
  mkdirSync(given)
  chmodSync(given, 0o777)
  const link = join(given, 'link')
  symlinkSync(file, link)
  const servers: Server[] = []
  const name = `karo-bait-${mark}`
  const listener = createSocket('udp4')
  const arrived: string[] = []
  listener.on('message', (text) => {
    if (String(text) === mark) arrived.push(mark)
  })
  listener.on('error', () => {})
  try {
    await put({ path: `\0${name}` }, servers)
    await put({ path, writableAll: true }, servers)
    const port = await put({ host: '127.0.0.1', port: 0 }, servers)
    const udp = await bound(listener)
    const bait: Bait = {
      provider: provider.name,
      file,
      content,
      link,
      socket: name,
      path,
      port,
      udp,
      pid: process.pid,
      ipc: readlinkSync('/proc/self/ns/ipc'),
      memory: LIMITS.memory_bytes,
      disk: LIMITS.disk_bytes,
      tasks: LIMITS.tasks,
      mark,
    }
    const spec = {
      argv: [...program.argv, '--attempt', JSON.stringify(bait)],
      cwd: '/',
      env: {},
      stdin: false,
      secrets: [],
      limits: limitsOf(provider),
      wanted: () => true,
      binds: [
        ...program.files.map((needed) => ({ path: needed, write: false })),
        { path: realpathSync(given), write: true },
      ],
    }
    let heard = await attempted(provider, spec, timers)
    // Nothing was tried where Node could not begin: other jails of this user may hold all of its tasks at that moment. Whoever runs the
    // probe does not wait for several jails that take all of their time.
    for (let tries = 1; heard.told === '' && !heard.isLate && tries < TRIES; tries++)
      heard = await attempted(provider, spec, timers)
    const worse = {
      ...(isLeft(hangUpMark(mark)) && { hang_up: 'a process outlived its jail' }),
      ...(isLeft(mark) && { orphan: 'a process outlived its jail' }),
      ...(lookOf(directory, file) !== before && { change_host: 'a file outside was changed' }),
      ...(arrived.length > 0 && { network: 'a datagram left the jail' }),
    }
    return resultsOf(provider.name, heard, worse)
  } catch (error) {
    return [
      {
        provider: provider.name,
        // After `start` jobs go on to the next way; after any other failure they do not.
        probe: error instanceof JailError && error.endedItself ? 'start' : 'broken',
        held: false,
        detail: (error as Error).message.slice(0, 512),
      },
    ]
  } finally {
    for (const server of servers) server.close()
    listener.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Heard {
  readonly told: string
  /** How the attempts ended: a code or a signal. */
  readonly end: string
  /** They took all the time that they had. */
  readonly isLate: boolean
}

/** Makes the attempts in one jail. Rejects as `Provider.start`. */
async function attempted(provider: Provider, spec: JailSpec, timers: Timers): Promise<Heard> {
  const jail = await provider.start(spec)
  let isLate = false
  const inTime = timers.after(spec.limits.wall_ms, () => {
    isLate = true
    jail.kill()
  })
  jail.stderr.resume()
  let told = ''
  for await (const piece of jail.stdout) told = (told + String(piece)).slice(0, LIMITS.output_bytes)
  const { code, signal } = await jail.ended
  inTime()
  return { told, end: String(signal ?? code), isLate }
}

/** What the attempts said. One that is missing, as after a crash, did not hold; nor one of which worse was seen from outside. */
function resultsOf(
  provider: ProviderName,
  { told, end }: Heard,
  worse: Readonly<Record<string, string>>,
): ProbeResult[] {
  let said: Record<string, ProbeOutcome> = {}
  try {
    said = JSON.parse(told) as typeof said
  } catch {
    // Every attempt is then missing below.
  }
  return Object.keys(ATTEMPTS).map((probe) => {
    const seen = worse[probe]
    if (seen !== undefined) return { provider, probe, held: false, detail: seen }
    const { held = false, detail = `the attempt said nothing; all ended with ${end}` } = said[probe] ?? {}
    return {
      provider,
      probe,
      held: held === null ? null : held === true,
      detail: String(detail).slice(0, 512),
    }
  })
}

/** The port, or 0: this process may not be allowed to listen there, and then the attempt has one thing less to reach. */
async function put(where: ListenOptions, servers: Server[]): Promise<number> {
  const server = createServer((socket) => socket.destroy())
  try {
    await once(server.listen(where), 'listening')
  } catch {
    return 0
  }
  servers.push(server)
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Contents, mode and time of the file, and what is beside it. */
function lookOf(directory: string, file: string): string {
  try {
    const { mode, mtimeMs, ino } = statSync(file)
    const names = readdirSync(directory).filter((name) => name.startsWith('bait'))
    return [mode, mtimeMs, ino, ...names, readFileSync(file, 'utf8')].join()
  } catch (error) {
    return (error as Error).message
  }
}

/** The port, or 0. */
const bound = (listener: UdpSocket): Promise<number> =>
  once(listener.bind(0, '127.0.0.1'), 'listening').then(
    () => listener.address().port,
    () => 0,
  )

/** Whether a process anywhere on this machine still has the mark among its arguments. */
function isLeft(mark: string): boolean {
  return readdirSync('/proc').some((pid) => {
    return orElse(
      () => /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(mark),
      false,
    )
  })
}
