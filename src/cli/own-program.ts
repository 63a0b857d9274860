// How this program is called again from a file that is written now: by name where that finds it, else by its paths.
import { accessSync, constants, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { CommandIo } from './command.ts'

export interface OwnProgram {
  /** Unquoted: `karo`, or runtime and program, both absolute. */
  readonly words: readonly string[]
  readonly byName: boolean
}

/**
 * This program by name where a shell will find it, so that an update of Karo needs no change; otherwise by the paths
 * of this process's own runtime and program, since the `node` that the program's first line would find may be too old.
 */
export function programOf(io: Pick<CommandIo, 'env'>): OwnProgram {
  const program = process.argv[1] ?? 'karo'
  if (isOnPath(io, program)) return { words: ['karo'], byName: true }
  return { words: [process.execPath, realpathSync(program)], byName: false }
}

/** True when `karo` on the PATH is this very program. */
function isOnPath({ env }: Pick<CommandIo, 'env'>, program: string): boolean {
  for (const directory of (env.PATH ?? '').split(delimiter)) {
    const candidate = join(directory, 'karo')
    try {
      accessSync(candidate, constants.X_OK)
      return realpathSync(candidate) === realpathSync(program)
    } catch {
      // Not in this one.
    }
  }
  return false
}
