// Runs a tool of the system that tells how something is (systemctl, nft), bounded in time and output.
import { execFile } from 'node:child_process'
import type { Env } from '../../config/paths.ts'

/** Tools that ask a service which hangs would hang with it. */
const DEADLINE_MS = 5_000
/** A ruleset of tens of thousands of rules is below this. */
const MOST_BYTES = 32 * 1024 * 1024

type CommandOutcome =
  | { readonly kind: 'ran'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly reason: string }

export type RunCommand = (command: string, ...args: readonly string[]) => Promise<CommandOutcome>

/** Where administrators' tools are, which a person's PATH may leave out. */
const PATHS = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Never throws. The environment is the person's, with the C locale. */
export function commandRunner(env: Env, deadlineMs = DEADLINE_MS): RunCommand {
  const PATH = env.PATH === undefined ? PATHS : `${env.PATH}:${PATHS}`
  return (command, ...args) =>
    new Promise((resolve) => {
      execFile(
        command,
        [...args],
        { env: { ...env, PATH, LC_ALL: 'C' }, timeout: deadlineMs, maxBuffer: MOST_BYTES, encoding: 'utf8' },
        (error, stdout, stderr) => {
          if (error === null) resolve({ kind: 'ran', code: 0, stdout, stderr })
          else if (error.code === 'ENOENT') resolve({ kind: 'missing' })
          else if (typeof error.code === 'number') resolve({ kind: 'ran', code: error.code, stdout, stderr })
          else resolve({ kind: 'failed', reason: error.killed ? 'it took too long' : error.message })
        },
      )
    })
}
