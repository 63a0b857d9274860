// What an AI coding tool waits for: one call of its hook beside an empty Node program, and a check over MCP.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { cleanEnv, temporaryHome } from '../support/node/node.ts'
import { endAll } from '../support/run/processes.ts'
import { median } from './median.ts'

const KARO = join(import.meta.dirname, '../../dist/karo.js')

export interface HookTimes {
  /** Medians, milliseconds of wall time: before a command, and after one (which writes its record). */
  readonly before_ms: number
  readonly after_ms: number
  /** `node -e 0`, between the two. */
  readonly node_ms: number
  /** Median of the rounds' ratios of the first to the last. */
  readonly ratio: number
}

/** `karo hook claude`, in interleaved rounds. */
export async function measureToolHook(rounds = 30): Promise<HookTimes> {
  try {
    const home = temporaryHome()
    mkdirSync(join(home, 'spool'))
    const env = cleanEnv(home)
    const call = (hook_event_name: string): string =>
      JSON.stringify({
        session_id: 's',
        cwd: '/tmp',
        hook_event_name,
        tool_name: 'Bash',
        tool_input: { command: 'git status && npm test' },
        tool_response: { stdout: '', stderr: '', interrupted: false },
      })
    const time = (args: readonly string[], input: string): number => {
      const began = performance.now()
      spawnSync(process.execPath, args, { env, input })
      return performance.now() - began
    }
    const times = Array.from({ length: rounds + 1 }, () => ({
      before: time([KARO, 'hook', 'claude'], call('PreToolUse')),
      node: time(['-e', '0'], ''),
      after: time([KARO, 'hook', 'claude'], call('PostToolUse')),
    }))
    // The first round fills the compile cache.
    const counted = times.slice(1)
    return {
      before_ms: median(counted.map(({ before }) => before)),
      after_ms: median(counted.map(({ after }) => after)),
      node_ms: median(counted.map(({ node }) => node)),
      ratio: median(counted.map(({ before, node }) => before / node)),
    }
  } finally {
    await endAll(false)
  }
}

export interface McpTimes {
  /** From the start of the process to the end of the handshake. */
  readonly connect_ms: number
  /** Median of one `check` in an open connection. */
  readonly check_ms: number
}

export async function measureMcp(calls = 50): Promise<McpTimes> {
  const connects: number[] = []
  const checks: number[] = []
  try {
    for (let round = 0; round < 4; round++) {
      const client = new Client({ name: 'bench', version: '1' })
      const home = temporaryHome()
      mkdirSync(home, { recursive: true })
      const began = performance.now()
      await client.connect(
        new StdioClientTransport({
          command: process.execPath,
          args: [KARO, 'mcp'],
          // Elsewhere `npm test` names scripts, which are read and judged too.
          cwd: home,
          env: cleanEnv(home) as Record<string, string>,
        }),
      )
      if (round > 0) connects.push(performance.now() - began)
      for (let n = 0; n < calls; n++) {
        const asked = performance.now()
        await client.callTool({ name: 'check', arguments: { command: `git status && npm test ${n}` } })
        checks.push(performance.now() - asked)
      }
      await client.close()
    }
    return { connect_ms: median(connects), check_ms: median(checks) }
  } finally {
    await endAll(false)
  }
}
