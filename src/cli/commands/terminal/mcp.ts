// karo mcp: serves an AI coding tool over standard input and output, by the Model Context Protocol.
import { streamBytes } from '../../../api/contract/client.ts'
import { type Guard, loadGuard, type MachinePlace, machineOf } from '../../../assist/guard/index.ts'
import { systemClock } from '../../../base/clock.ts'
import { EXIT, KaroError } from '../../../base/errors.ts'
import { loadConfig } from '../../../config/load.ts'
import type { Command, CommandIo } from '../../command.ts'
import { placeOf } from '../../place.ts'
import { watchInterrupt } from '../../terminal/interrupt.ts'

export const mcp: readonly Command[] = [
  {
    name: 'mcp',
    summary: 'serve check, explain, stats, queries and, if you allow it, history to an AI coding tool (MCP)',
    args: [],
    options: [],
    json: 'an error of the start as JSON; the protocol is JSON in any case',
    examples: [
      { run: 'claude mcp add karo -- karo mcp', does: 'makes Claude Code start it' },
      {
        run: 'karo config get mcp.history',
        does: 'whether such a tool may read your history: history = true under [mcp] in config.toml',
      },
    ],
    async run(io) {
      if (process.stdin.isTTY) {
        throw new KaroError('bad_request', 'karo mcp is started by an AI coding tool; it is not for typing', {
          where: 'karo mcp',
          hint: 'Name it as an MCP server in the settings of your AI coding tool: command karo, argument mcp.',
        })
      }
      const { serveMcp } = await import('../../mcp/index.ts')
      const interrupt = watchInterrupt()
      let told = false
      try {
        await serveMcp(
          worldOf(io),
          { input: process.stdin, output: process.stdout },
          interrupt.signal,
          (what) => {
            // Once: a program that sends nonsense sends much of it.
            if (!told) io.err(`karo: ${what}\n`)
            told = true
          },
        )
      } finally {
        interrupt.release()
        // It would hold the process.
        process.stdin.destroy()
      }
      return EXIT.done
    },
  },
]

function worldOf(io: CommandIo) {
  return {
    guard: () => loadGuard({ home: io.home, env: io.env }),
    place: placeOf(io),
    machine: (place: MachinePlace, guard: Guard) => machineOf(place, io.env, guard),
    mayReadHistory: () => mayReadHistory(io),
    ask: (method: 'GET' | 'POST', path: string, body: unknown, options: AskOptions) =>
      ask(io.socket, { method, path, body, type: 'application/json' }, options),
    now: systemClock.now,
    monotonic: systemClock.monotonic,
  }
}

interface AskOptions {
  readonly signal: AbortSignal
  readonly deadlineMs?: number
}

/** One request that is hung up on when nobody waits for its answer any more. Throws KaroError. */
async function ask(
  socket: string,
  request: Parameters<typeof streamBytes>[1],
  { signal, deadlineMs = DEADLINE_MS }: AskOptions,
): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of streamBytes({ socket }, request, { deadlineMs, signal })) {
    chunks.push(chunk)
    size += chunk.length
    if (size > MOST_ANSWER)
      throw new KaroError('too_large', "the daemon's answer is too large", { hint: 'Ask for less.' })
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new KaroError('unavailable', "the daemon's answer broke off")
  }
}

/** A daemon that takes longer for anything but a query is stuck. */
const DEADLINE_MS = 15_000
/** More than a model can read. */
const MOST_ANSWER = 8 * 1024 * 1024

/** A configuration that cannot be used allows nothing. */
function mayReadHistory({ home, env }: CommandIo): boolean {
  try {
    return loadConfig({ home, env }).config.mcp.history
  } catch {
    return false
  }
}
