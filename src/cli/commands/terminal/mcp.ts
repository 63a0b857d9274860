// karo mcp: serves an AI coding tool over standard input and output, by the Model Context Protocol.
import { daemonAt } from '../../../api/contract/client/socket.ts'
import { type Guard, loadGuard, type MachinePlace, machineOf } from '../../../assist/guard/index.ts'
import { systemClock } from '../../../base/clock.ts'
import { loadConfig } from '../../../config/load.ts'
import type { Config } from '../../../config/table.ts'
import { type CommandIo, defineCommand, placeOf, usage } from '../../kit.ts'
import { watchInterrupt } from '../../terminal/interrupt.ts'

export const commands = [
  defineCommand('mcp', {
    summary:
      'serve check, explain, stats, queries and, if you allow it, history and agents to an AI coding tool (MCP)',
    json: 'print errors at the start as JSON; the protocol is always JSON',
    examples: {
      'claude mcp add karo -- karo mcp': 'makes Claude Code start it',
      'karo config get mcp.history':
        'shows whether tools may read your history (history = true under [mcp] in config.toml)',
    },
    async run(io) {
      if (process.stdin.isTTY)
        throw usage(
          'karo mcp is started by an AI coding tool, not at a prompt',
          'karo mcp',
          'Name it as an MCP server in the settings of your AI coding tool: command karo, argument mcp.',
        )
      const { serveMcp } = await import('../../mcp/server.ts')
      using interrupt = watchInterrupt()
      // The program that asks is gone, and nobody is left to be told.
      process.stdout.once('error', () => process.exit())
      let told = false
      try {
        await serveMcp(
          worldOf(io),
          { input: process.stdin, output: process.stdout },
          interrupt.signal,
          (what) => {
            // Shown once, because a program that sends nonsense sends much of it.
            if (!told) io.err(`karo: ${what}\n`)
            told = true
          },
        )
      } finally {
        // An open stdin would keep the process alive.
        process.stdin.destroy()
      }
    },
  }),
]

function worldOf(io: CommandIo) {
  return {
    guard: () => loadGuard(io),
    place: placeOf(io),
    machine: (place: MachinePlace, guard: Guard) => machineOf(place, io.env, guard),
    mayReadHistory: () => allowed(io).history,
    mayGiveTasks: () => allowed(io).tasks,
    // Without the trace of this run, because each call of a tool gets its own.
    daemon: daemonAt({ socket: io.socket }),
    now: systemClock.now,
    monotonic: systemClock.monotonic,
  }
}

/** What the configuration lets tools do; nothing if it cannot be read. */
function allowed({ home, env }: CommandIo): Config['mcp'] {
  try {
    return loadConfig({ home, env }).config.mcp
  } catch {
    return { history: false, tasks: false }
  }
}
