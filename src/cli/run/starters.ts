// Where the programs lie by which tools start in a jail of karo run: in a file of its own, because every new shell loads it.
import { join } from 'node:path'

/** Directory of the programs by which tools start in a jail of `karo run`; shells have it in front of their PATH. */
export const startersOf = (karo: string): string => join(karo, 'run', 'bin')
