// Runs an ACP agent for the editor on standard input and output, until either ends.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { within } from '../../base/async/deadline.ts'
import { systemTimers } from '../../base/clock.ts'
import { createProxy, type ProxyDeps } from './proxy.ts'

/** Bytes of one line; the official library has the same bound. */
const LINE_BYTES = 32 * 1024 * 1024

const NEWLINE = 0x0a

/** Nothing is given any more after a line that was too long: the rest of it could be anything. */
export function createLines(onLine: (line: Buffer) => void, most = LINE_BYTES) {
  let begun: Buffer[] = []
  let size = 0
  let broken = false
  return {
    /** Gives `onLine` each line that is complete now, with its newline. False: a line is longer than it may be. */
    push(chunk: Buffer): boolean {
      for (let at = 0; at < chunk.length && !broken; ) {
        const end = chunk.indexOf(NEWLINE, at)
        const piece = chunk.subarray(at, end < 0 ? chunk.length : end + 1)
        size += piece.length
        broken = size > most
        if (broken) {
          begun = []
          break
        }
        begun.push(piece)
        if (end < 0) break
        const line = begun.length === 1 ? piece : Buffer.concat(begun)
        begun = []
        size = 0
        at = end + 1
        onLine(line)
      }
      return !broken
    },
  }
}

/** Milliseconds for what an agent wrote before it ended. */
const LAST_WORDS_MS = 2_000

/**
 * Resolves with the exit code of the agent when none of its processes is left; null if a signal ended it. `signal` ends
 * it. Errors are reported by `deps.tell`.
 */
export async function serveAcp(
  argv: readonly string[],
  { input, output }: { readonly input: Readable; readonly output: Writable },
  deps: Pick<ProxyDeps, 'calls' | 'ask' | 'tell'>,
  signal: AbortSignal,
): Promise<number | null> {
  const ended = Promise.withResolvers<void>()
  const end = (why?: string): void => {
    if (why !== undefined) deps.tell(why)
    ended.resolve()
  }
  const agent = startAgent(argv, () => end('the process that ends the agent is not running'))
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

/** Milliseconds that the agent has to end by itself, and then again after SIGTERM. */
const GRACE_MS = 2_000

/** Kills the group in `$1` once its own input ends, which is when the process that holds the other end is gone. */
const KEEPER = 'read -r _; kill -s KILL -- "-$1" 2>/dev/null'

/** The agent in a process group of its own, which is gone when this process is, however that ends. `keeperGone`: nothing would end it any more. */
function startAgent(argv: readonly string[], keeperGone: () => void) {
  const [program = '', ...words] = argv
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(program, words, {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const { pid } = child
  const killAll = (signal: NodeJS.Signals): void => {
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch {
      // Nothing of it is left.
    }
  }
  const keeper =
    pid === undefined
      ? undefined
      : spawn('/bin/sh', ['-c', KEEPER, 'sh', String(pid)], {
          detached: true,
          stdio: ['pipe', 'ignore', 'ignore'],
        })
  let isOver = false
  keeper?.on('error', keeperGone)
  keeper?.on('exit', () => {
    if (!isOver) keeperGone()
  })
  keeper?.stdin?.on('error', () => {})
  child.stdin.on('error', () => {})

  /** Its exit code, null after a signal or where it could not be started. Never rejects. */
  const over = new Promise<{ code: number | null; problem?: string }>((resolve) => {
    child.once('error', ({ message }) =>
      resolve({
        code: null,
        problem: message.endsWith('ENOENT') ? `there is no program '${program}'` : message,
      }),
    )
    child.once('exit', (code) => {
      isOver = true
      // What it started and left behind; and the keeper has nothing to keep.
      killAll('SIGKILL')
      keeper?.kill('SIGKILL')
      resolve({ code })
    })
  })
  return {
    input: child.stdin,
    output: child.stdout,
    over,
    /** Ends it: its input first, then SIGTERM, then SIGKILL for all of its group. */
    async end() {
      child.stdin.end()
      if (await within(over, GRACE_MS)) return
      killAll('SIGTERM')
      if (await within(over, GRACE_MS)) return
      killAll('SIGKILL')
      await over
    },
  }
}
