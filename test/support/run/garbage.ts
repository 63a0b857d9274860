// What this process has in use once everything that nobody holds is gone.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** After a full collection, in bytes; `external` and `arrayBuffers` are beside the heap. */
export function memoryInUse(): NodeJS.MemoryUsage {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  // V8 frees array buffers on another thread, which a busy machine may not have run yet; the next collection waits for it.
  collect()
  return process.memoryUsage()
}
