// Probes each way to build a jail: puts baits up outside, makes the attempts inside, and looks for what is left behind.
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type ListenOptions, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Timers } from '../../base/clock.ts'
import type { Limits, ProbeOutcome, ProbeResult, ProviderName } from '../contract/messages.ts'
import type { Provider } from '../jail/provider.ts'
import { ATTEMPTS, type Bait } from './attempts.ts'

const LIMITS: Limits = {
  cpu_seconds: 20,
  memory_bytes: 1024 * 1024 * 1024,
  disk_bytes: 16 * 1024 * 1024,
  tasks: 64,
  wall_ms: 20_000,
  output_bytes: 64 * 1024,
}

export interface ProbeDeps {
  readonly providers: readonly Provider[]
  readonly timers: Timers
  /** Starts this program for `--attempt`, and the files that it consists of. */
  readonly program: { readonly argv: readonly string[]; readonly files: readonly string[] }
}

/** One result for each attempt with each provider that works here. A provider that does not start has one, `start`. */
export async function probeAll(deps: ProbeDeps): Promise<readonly ProbeResult[]> {
  const results: ProbeResult[] = []
  for (const provider of deps.providers) {
    if (provider.problem() === undefined) results.push(...(await probeOne(provider, deps)))
  }
  return results
}

async function probeOne(provider: Provider, { program, timers }: ProbeDeps): Promise<ProbeResult[]> {
  const mark = `8${randomBytes(4).readUInt32BE()}`
  const directory = mkdtempSync(join(tmpdir(), 'karo-bait-'))
  // Who may look into it: whoever the jail runs as, so that only the jail keeps the bait from it.
  chmodSync(directory, 0o711)
  const file = join(directory, 'bait')
  writeFileSync(file, 'bait\n', { mode: 0o644 })
  const servers: Server[] = []
  const name = `karo-bait-${mark}`
  try {
    await put({ path: `\0${name}` }, servers)
    const port = await put({ host: '127.0.0.1', port: 0 }, servers)
    const bait: Bait = {
      file,
      socket: name,
      port,
      memory: LIMITS.memory_bytes,
      disk: LIMITS.disk_bytes,
      tasks: LIMITS.tasks,
      mark,
    }
    const jail = await provider.start({
      argv: [...program.argv, '--attempt', JSON.stringify(bait)],
      ...{ cwd: '/', env: {}, stdin: false, secrets: [], limits: LIMITS, wanted: () => true },
      binds: program.files.map((path) => ({ path, write: false })),
    })
    const late = timers.after(LIMITS.wall_ms, () => jail.kill())
    jail.stderr.resume()
    let told = ''
    for await (const piece of jail.stdout) told = (told + String(piece)).slice(0, LIMITS.output_bytes)
    await jail.ended
    late()
    return resultsOf(provider.name, told, isLeft(mark))
  } catch (error) {
    return [
      {
        provider: provider.name,
        probe: 'start',
        held: false,
        detail: (error as Error).message.slice(0, 512),
      },
    ]
  } finally {
    for (const server of servers) server.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** What the attempts said. One that is missing, as after a crash, did not hold. */
function resultsOf(provider: ProviderName, told: string, left: boolean): ProbeResult[] {
  let said: Record<string, ProbeOutcome> = {}
  try {
    said = JSON.parse(told) as typeof said
  } catch {
    // Every attempt is then missing below.
  }
  return Object.keys(ATTEMPTS).map((probe) => {
    if (probe === 'orphan' && left)
      return { provider, probe, held: false, detail: 'a process outlived its jail' }
    const { held = false, detail = 'the attempt said nothing' } = said[probe] ?? {}
    return { provider, probe, held: held === true, detail: String(detail).slice(0, 512) }
  })
}

/** The port, or 0: this process may not be allowed to listen there, and then the attempt has one thing less to reach. */
function put(where: ListenOptions, servers: Server[]): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', () => resolve(0))
    server.listen(where, () => {
      servers.push(server)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

/** Whether a process anywhere on this machine still has the mark among its arguments. */
function isLeft(mark: string): boolean {
  return readdirSync('/proc').some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(mark)
    } catch {
      return false
    }
  })
}
