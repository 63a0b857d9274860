// Whole processes: the short commands beside an empty Node program, and the daemon from nothing to ready.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { cleanEnv, ON_LOOPBACK, runKaro, startNode, temporaryHome } from '../support/node/node.ts'
import { endAll } from '../support/run/processes.ts'
import { median } from './median.ts'

const KARO = join(import.meta.dirname, '../../dist/karo.js')

export interface StartTime {
  /** Medians, milliseconds of wall time. */
  readonly ms: number
  /** `node -e 0`, run right before each. */
  readonly node_ms: number
  /** Median of the pairs' ratios. */
  readonly ratio: number
  /** The shortest runs of both: what is left when nothing else disturbs. */
  readonly least_ms: number
  readonly least_node_ms: number
}

export type CommandName = 'status' | 'check'
/** `init`: with the configuration that `karo init` writes; `bare`: without any file. */
export type HomeKind = 'init' | 'bare'

/** `karo status` and `karo check 'git status'` in both kinds of home, each in `rounds` interleaved pairs. */
export async function measureCommands(
  rounds = 40,
): Promise<Record<CommandName, Record<HomeKind, StartTime>>> {
  try {
    const [init, bare] = [await readyHome('init'), await readyHome('bare')]
    const of = (args: readonly string[]): Record<HomeKind, StartTime> => ({
      init: pairs(rounds, [KARO, ...args], init),
      bare: pairs(rounds, [KARO, ...args], bare),
    })
    return { status: of(['status']), check: of(['check', 'git status']) }
  } finally {
    await endAll(false)
  }
}

/** `karo up` in a home that exists, from the start of the process until its API says ready. */
export async function measureReady(rounds = 8): Promise<StartTime> {
  try {
    const home = temporaryHome()
    const times: number[] = []
    const nodeTimes: number[] = []
    // The first one fills the compile cache.
    for (let i = 0; i <= rounds; i++) {
      const nodeBegan = performance.now()
      spawnSync(process.execPath, ['-e', '0'])
      const nodeMs = performance.now() - nodeBegan
      const began = performance.now()
      const node = await startNode({ home })
      const ms = performance.now() - began
      await node.stop()
      if (i === 0) continue
      nodeTimes.push(nodeMs)
      times.push(ms)
    }
    return summary(times, nodeTimes)
  } finally {
    await endAll(false)
  }
}

/** Environment of a home with a running daemon. */
async function readyHome(kind: HomeKind): Promise<NodeJS.ProcessEnv> {
  const home = temporaryHome()
  const env = cleanEnv(home, ON_LOOPBACK)
  await runKaro(['init'], env)
  if (kind === 'bare') rmSync(join(home, 'config.toml'))
  await startNode({ home })
  // `check` reads the environment before the file.
  return cleanEnv(home)
}

/** Starts Node and the program by turns, from bash: a large parent such as this process would slow both down alike. */
function pairs(rounds: number, args: readonly string[], env: NodeJS.ProcessEnv): StartTime {
  const script = `
    exec 3> >(exec cat >/dev/null)
    timed() {
      local began=\${EPOCHREALTIME/[.,]}
      "$@" </dev/null >&3 2>&3 || exit
      echo $((\${EPOCHREALTIME/[.,]} - began))
    }
    node=$1 rounds=$2; shift 2
    for ((i = 0; i < rounds; i++)); do timed "$node" -e 0; timed "$node" "$@"; done`
  const command = ['-c', script, 'bash', process.execPath, String(rounds + 1), ...args]
  const ran = spawnSync('bash', command, { env, encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(`${args.join(' ')} failed: exit ${ran.status}`)
  // The first round fills the compile cache and the page cache.
  const ms = ran.stdout
    .trim()
    .split('\n')
    .slice(2)
    .map((us) => Number(us) / 1000)
  return summary(
    ms.filter((_, i) => i % 2 === 1),
    ms.filter((_, i) => i % 2 === 0),
  )
}

function summary(times: readonly number[], nodeTimes: readonly number[]): StartTime {
  return {
    ms: median(times),
    node_ms: median(nodeTimes),
    ratio: median(times.map((ms, i) => ms / nodeTimes[i]!)),
    least_ms: Math.min(...times),
    least_node_ms: Math.min(...nodeTimes),
  }
}
