// The process of an ACP agent: in a group of its own, which is gone when this process is, however that ends.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { within } from '../../base/async/deadline.ts'

/** Milliseconds that the agent has to end by itself, and then again after SIGTERM. */
const GRACE_MS = 2_000

export interface AgentProcess {
  readonly input: Writable
  readonly output: Readable
  /** Resolves with its exit code, null after a signal or where it could not be started. Never rejects. */
  readonly over: Promise<{ readonly code: number | null; readonly problem?: string }>
  /** Ends it: its input first, then SIGTERM, then SIGKILL for all of its group. */
  end(): Promise<void>
}

/** Kills the group in `$1` once its own input ends, which is when the process that holds the other end is gone. */
const KEEPER = 'read -r _; kill -s KILL -- "-$1" 2>/dev/null'

/** `argv`: the words, of which the first is looked up in PATH. `keeperGone`: nothing would end it any more. */
export function startAgent(argv: readonly string[], keeperGone: () => void): AgentProcess {
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

  const over = new Promise<{ code: number | null; problem?: string }>((resolve) => {
    child.once('error', ({ message }) => resolve({ code: null, problem: message }))
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
