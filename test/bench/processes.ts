// What the process watch costs a daemon: twenty shells that wait, and one at work, beside a daemon with the watch off.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { append, record } from '../support/data/spool.ts'
import { startNode, type TestNode } from '../support/node/node.ts'
import { endAll, track } from '../support/run/processes.ts'
import { cpuMs } from './cpu.ts'

export interface WatchCost {
  readonly shells: number
  /** Percent of one core, of daemons that know the same shells; on and off by turns of the same length. */
  readonly idle_on: number
  readonly idle_off: number
  readonly busy_on: number
  readonly busy_off: number
}

const SHELLS = 20
/** What is only done once, and garbage of the start. */
const SETTLE_MS = 20_000
/** Waits for a line that never comes. */
const WAITS = 'read -r line'
/** A build of many small steps: four processes a second, and one that stays. */
const WORKS = 'sleep 1000 & while :; do sleep 0.25; done'

/** The file that the hook of this shell would have made, with one record. */
function hooked(node: TestNode, pid: number): void {
  const born = Date.now() * 1000
  const name = `${process.getuid!()}-${pid}-${born}.spool`
  append(join(node.home, 'spool'), name, record({ command: 'true', start: born, sequence: 1 }))
}

export async function measureWatch(seconds = 30): Promise<WatchCost> {
  try {
    const on = await startNode()
    const off = await startNode({ config: '[processes]\nenabled = false\n' })
    const shell = (script: string): void => {
      const { pid } = track(spawn('bash', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'] }))
      for (const node of [on, off]) hooked(node, pid!)
    }
    for (let i = 0; i < SHELLS; i++) shell(WAITS)
    const idle = await during([on, off], seconds)
    shell(WORKS)
    const busy = await during([on, off], seconds)
    return {
      shells: SHELLS,
      idle_on: idle[0]!,
      idle_off: idle[1]!,
      busy_on: busy[0]!,
      busy_off: busy[1]!,
    }
  } finally {
    await endAll(false)
  }
}

/** Percent of one core of each, at the same time. */
async function during(nodes: readonly TestNode[], seconds: number): Promise<readonly number[]> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  const before = nodes.map(({ pid }) => cpuMs(pid))
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  return nodes.map(({ pid }, i) => (cpuMs(pid) - before[i]!) / (seconds * 10))
}

if (process.argv[1] === import.meta.filename) {
  console.log(JSON.stringify(await measureWatch(Number(process.argv[2] ?? 30)), null, 2))
}
