// The environment of programs that tests start from the sources: Node.js keeps what it compiled, so that types are taken out of each file once.
import { join } from 'node:path'

/** Without it, a start of `src/cli/main.ts` takes twice the processor time, and one of `src/muscle/main.ts` three times. */
export const COMPILED = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../../node_modules/.cache/karo-compiled'),
} as const
