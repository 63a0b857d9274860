// Named pipes, which Node has no call for: mkfifo(3).
import { loadLibc } from './libc.ts'

/** Makes a named pipe that only its owner may open. Throws where the path exists, or the library cannot be loaded. */
export async function makeFifo(path: string): Promise<void> {
  const { libc } = await loadLibc()
  const mkfifo = libc.func('int mkfifo(const char *path, uint32_t mode)') as (
    path: string,
    mode: number,
  ) => number
  if (mkfifo(path, 0o600) !== 0) throw new Error(`no named pipe can be made at ${path}`)
}
