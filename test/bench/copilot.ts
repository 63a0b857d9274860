// Measures `karo explain` and `karo ask` as whole commands beside an empty Node program and a manual page.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cleanEnv, temporaryHome } from '../support/node/node.ts'
import { endAll } from '../support/run/processes.ts'
import { median } from './median.ts'

const KARO = join(import.meta.dirname, '../../dist/karo.js')

export interface CopilotFigures {
  /** Medians, milliseconds of wall time; `node -e 0` runs right before each. */
  readonly node_ms: number
  readonly explain_ms: number
  /** Above `node -e 0`. */
  readonly explain_more_ms: number
  readonly ask_ms: number
  readonly ask_more_ms: number
  /** A command of which only a manual page knows something, and the page alone; null where there is no man. */
  readonly explain_manual_ms: number | null
  readonly manual_ms: number | null
}

export async function measureCopilot(rounds = 20): Promise<CopilotFigures> {
  try {
    const env = cleanEnv(join(temporaryHome(), 'none'))
    const explain = pairs(rounds, env, ['explain', 'git push --force origin main'])
    const ask = pairs(rounds, env, ['ask', 'files larger than 100 MB in /var'])
    const hasManual = spawnSync('man', ['-w', 'apropos'], { stdio: 'ignore' }).status === 0
    return {
      node_ms: explain.node_ms,
      explain_ms: explain.ms,
      explain_more_ms: explain.more_ms,
      ask_ms: ask.ms,
      ask_more_ms: ask.more_ms,
      explain_manual_ms: hasManual ? pairs(rounds, env, ['explain', 'apropos --exact x']).ms : null,
      manual_ms: hasManual
        ? median(Array.from({ length: rounds }, () => timed('man', ['-P', 'cat', '--', 'apropos'], env)))
        : null,
    }
  } finally {
    await endAll(false)
  }
}

function pairs(rounds: number, env: NodeJS.ProcessEnv, args: readonly string[]) {
  const own: number[] = []
  const node: number[] = []
  // The first round fills the compile cache.
  for (let i = 0; i <= rounds; i++) {
    const nodeMs = timed(process.execPath, ['-e', '0'], env)
    const ms = timed(process.execPath, [KARO, ...args], env)
    if (i === 0) continue
    node.push(nodeMs)
    own.push(ms)
  }
  return {
    ms: median(own),
    node_ms: median(node),
    more_ms: median(own.map((ms, i) => ms - (node[i] as number))),
  }
}

function timed(program: string, args: readonly string[], env: NodeJS.ProcessEnv): number {
  const began = performance.now()
  const { status } = spawnSync(program, [...args], { env, stdio: 'ignore' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: exit ${status}`)
  return performance.now() - began
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(await measureCopilot(), null, 2)}\n`)
}
