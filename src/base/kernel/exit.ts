// An end of this process that waits for none of its threads: one may be in a call that a server never answers.
import { loadLibc } from './libc.ts'

/** From now on the process ends by _exit(2), behind all that it does at its exit. Rejects as loadLibc does. */
export async function exitWithoutThreads(): Promise<void> {
  const { libc } = await loadLibc()
  const end = libc.func('void _exit(int)')
  process.once('exit', (code) => end(code))
}
