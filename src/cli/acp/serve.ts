// Runs an ACP agent for the editor on standard input and output, until either ends.
import type { Readable, Writable } from 'node:stream'
import { within } from '../../base/async/deadline.ts'
import { systemTimers } from '../../base/clock.ts'
import { type AgentProcess, startAgent } from './agent.ts'
import { createLines, LINE_BYTES } from './lines.ts'
import { createProxy, type ProxyDeps } from './proxy.ts'

/** Milliseconds for what an agent wrote before it ended. */
const LAST_WORDS_MS = 2_000

interface Editor {
  readonly input: Readable
  readonly output: Writable
}

/**
 * Resolves with the exit code of the agent when none of its processes is left; null if a signal ended it. `signal` ends
 * it. Errors are reported by `deps.tell`.
 */
export async function serveAcp(
  argv: readonly string[],
  { input, output }: Editor,
  deps: Pick<ProxyDeps, 'calls' | 'ask' | 'tell'>,
  signal: AbortSignal,
): Promise<number | null> {
  const ended = Promise.withResolvers<void>()
  const end = (why?: string): void => {
    if (why !== undefined) deps.tell(why)
    ended.resolve()
  }
  const agent: AgentProcess = startAgent(argv, () => end('the process that ends the agent is not running'))
  const proxy = createProxy({
    ...deps,
    end,
    timers: systemTimers,
    toEditor: (line) => write(output, line, agent.output),
    toAgent: (line) => write(agent.input, line, input),
  })
  const said = new Promise<void>((resolve) => agent.output.once('close', () => resolve()))
  connect(agent.output, proxy.fromAgent, 'the agent', end)
  connect(input, proxy.fromEditor, 'the editor', end)
  output.on('error', () => end())
  signal.addEventListener('abort', () => end(), { once: true })
  if (signal.aborted) end()
  const { code, problem } = await Promise.race([
    agent.over,
    ended.promise.then(async () => {
      proxy.stop()
      await agent.end()
      return agent.over
    }),
  ])
  proxy.stop()
  // What it wrote last is on its way still; a process that left its group may hold the pipe open.
  await within(said, LAST_WORDS_MS)
  if (problem !== undefined) deps.tell(`the agent could not be started: ${problem}`)
  return code
}

/**
 * Writes a line. While the receiver does not read, nothing more is read from the sender, so that at most one buffer
 * waits.
 */
function write(to: Writable, line: Buffer, from: Readable): void {
  if (!to.writable || to.write(line) || from.isPaused()) return
  from.pause()
  to.once('drain', () => from.resume())
}

function connect(
  from: Readable,
  onLine: (line: Buffer) => void,
  who: string,
  end: (why?: string) => void,
): void {
  const lines = createLines(onLine)
  from.on('data', (chunk: Buffer) => {
    if (!lines.push(chunk)) end(`${who} sent a line of more than ${LINE_BYTES / 1024 / 1024} MiB`)
  })
  from.once('end', () => end())
  from.once('error', () => end())
}
