// A jail from the request to its end, by each way to build one, beside a bare bubblewrap; and karo-exec from nothing to its greeting.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectMuscle, type MuscleClient } from '../../src/agents/muscle/client.ts'
import { openPeerCredentials } from '../../src/base/kernel/peer-credentials.ts'
import { silentLog } from '../../src/base/run/log.ts'
import { endAll, track } from '../support/run/processes.ts'
import { median } from './median.ts'

const MUSCLE = join(import.meta.dirname, '../../dist/karo-exec.js')
const BARE = [
  ...[
    '--unshare-all',
    '--unshare-user',
    '--disable-userns',
    '--die-with-parent',
    '--new-session',
    '--cap-drop',
    'ALL',
  ],
  ...['--ro-bind', '/usr', '/usr', '--symlink', 'usr/bin', '/bin', '--symlink', 'usr/lib', '/lib'],
  ...[
    '--symlink',
    'usr/lib64',
    '/lib64',
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--tmpfs',
    '/tmp',
    '/usr/bin/true',
  ],
]

/** Why it cannot be measured here. */
export const jailMissing = (): string | undefined =>
  spawnSync('bwrap', BARE).status === 0 ? undefined : 'bubblewrap cannot build a jail here'

export interface JailTimes {
  readonly jail_ms: number
  /** Undefined where the kernel has no Landlock that is new enough. */
  readonly landlock_ms: number | undefined
  readonly bare_ms: number
  readonly start_ms: number
}

/** Medians in milliseconds; the kinds of jail and a bare bubblewrap by turns. */
export async function measureJail(rounds: number): Promise<JailTimes> {
  const directory = mkdtempSync(join(tmpdir(), 'karo-bench-'))
  const path = join(directory, 'exec.sock')
  const credentials = await openPeerCredentials(silentLog)
  try {
    const began = performance.now()
    track(spawn(process.execPath, [MUSCLE, '--socket', path], { stdio: 'ignore', env: {} }))
    const client = await answered(() => connectMuscle(path, credentials, { provider: 'bwrap' }))
    const start_ms = performance.now() - began
    const other = await connectMuscle(path, credentials, { provider: 'landlock' })
    const { providers } = await client.status()
    const hasOther = providers.some(({ provider, problem }) => provider === 'landlock' && problem === null)
    const [jails, landlock, bare]: [number[], number[], number[]] = [[], [], []]
    for (let round = 0; round <= rounds; round++) {
      const bareMs = await took(() => bareJail())
      const jailMs = await took(() => jail(client, `bench-${round}`))
      const otherMs = hasOther ? await took(() => jail(other, `other-${round}`)) : undefined
      // The first one loads files that nobody has used yet.
      if (round === 0) continue
      bare.push(bareMs)
      jails.push(jailMs)
      if (otherMs !== undefined) landlock.push(otherMs)
    }
    for (const one of [client, other]) one.close()
    return {
      jail_ms: median(jails),
      bare_ms: median(bare),
      start_ms,
      landlock_ms: hasOther ? median(landlock) : undefined,
    }
  } finally {
    await endAll(false)
    rmSync(directory, { recursive: true, force: true })
  }
}

async function took(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

const bareJail = (): Promise<void> =>
  new Promise((resolve) => void spawn('bwrap', BARE, { stdio: 'ignore' }).once('exit', () => resolve()))

async function jail(client: MuscleClient, name: string): Promise<void> {
  const MEBIBYTE = 1024 * 1024
  const limits = {
    cpu_seconds: 10,
    memory_bytes: 256 * MEBIBYTE,
    disk_bytes: MEBIBYTE,
    tasks: 8,
    wall_ms: 10_000,
    output_bytes: 1024,
  }
  const job = await client.run(
    {
      job: name,
      argv: ['/usr/bin/true'],
      cwd: '/',
      env: {},
      binds: [],
      code: [],
      limits,
      stdin: false,
      secrets: [],
      trace_id: null,
    },
    () => {},
  )
  await job.ended
}

async function answered(connect: () => Promise<MuscleClient>): Promise<MuscleClient> {
  for (;;) {
    try {
      return await connect()
    } catch {
      await sleep(1)
    }
  }
}
