// What a node costs that only keeps its connections: CPU and memory, beside a bare libp2p host.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import { allLinked, startFleet } from '../support/node/fleet.ts'
import { startNode } from '../support/node/node.ts'
import { atEnd, endAll, track } from '../support/run/processes.ts'
import { cpuMs } from './cpu.ts'

export interface IdleCost {
  /** Percent of one core. */
  readonly cpu_percent: number
  /** Mebibytes, all shared pages counted. */
  readonly rss_mib: number
  /** Mebibytes, each shared page divided by how many processes share it. */
  readonly pss_mib: number
}

export interface IdleCosts {
  /** A daemon with four neighbours. */
  readonly linked: IdleCost
  /** A daemon that knows nobody. */
  readonly alone: IdleCost
  /** A daemon that is for one person, as `karo init --solo` leaves it. */
  readonly solo: IdleCost
  /** A bare host with four connections. */
  readonly bare: IdleCost
}

const NEIGHBOURS = 4
/** Garbage of the start is gone by then, and what is only done once. */
const SETTLE_MS = 10_000

/** All at the same time, for `seconds`. */
export async function measureIdle(seconds = 30): Promise<IdleCosts> {
  try {
    const fleet = await startFleet(NEIGHBOURS + 1, { lan: true })
    await allLinked(fleet.nodes)
    const alone = await startNode()
    const solo = await startNode({
      config: '[mesh]\nlisten = []\n[discovery]\nmdns = false\n',
      env: { KARO_MESH_LISTEN: '' },
    })
    const bare = await startBareHosts()
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    const pids = { linked: fleet.nodes[0]!.pid, alone: alone.pid, solo: solo.pid, bare }
    const before = mapped(pids, cpuMs)
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    const after = mapped(pids, cpuMs)
    const cost = (which: keyof typeof pids): IdleCost => ({
      cpu_percent: ((after[which] - before[which]) / (seconds * 1000)) * 100,
      ...memory(pids[which]),
    })
    return { linked: cost('linked'), alone: cost('alone'), solo: cost('solo'), bare: cost('bare') }
  } finally {
    await endAll(false)
  }
}

function mapped<K extends string>(of: Record<K, number>, to: (pid: number) => number): Record<K, number> {
  return Object.fromEntries(Object.entries<number>(of).map(([k, pid]) => [k, to(pid)])) as Record<K, number>
}

/** Resolves with the pid of a host that is connected to as many others. Bundled, as the daemon is. */
async function startBareHosts(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'karo-bare-'))
  atEnd(() => rmSync(directory, { recursive: true }))
  const program = join(directory, 'bare-host.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, 'bare-host.ts')],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    minify: true,
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'warning',
  })
  const addresses: string[] = []
  for (let i = 0; i < NEIGHBOURS; i++) addresses.push((await startBareHost(program)).address)
  return (await startBareHost(program, addresses)).pid
}

async function startBareHost(
  program: string,
  dial: readonly string[] = [],
): Promise<{ pid: number; address: string }> {
  const child = track(spawn(process.execPath, [program, ...dial], { stdio: ['ignore', 'pipe', 'inherit'] }))
  const [address] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { pid: child.pid!, address }
}

function memory(pid: number): { rss_mib: number; pss_mib: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const mib = (field: string): number =>
    Number(new RegExp(`^${field}: +(\\d+) kB`, 'm').exec(rollup)?.[1]) / 1024
  return { rss_mib: mib('Rss'), pss_mib: mib('Pss') }
}
