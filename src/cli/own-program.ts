// The words that start this program again from a file (a hook, a unit): `karo` if the PATH finds it, else full paths.
import { accessSync, constants, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { CommandIo } from './command.ts'

export interface OwnProgram {
  /** Unquoted: `karo`, or runtime and program, both absolute. */
  readonly words: readonly string[]
  readonly byName: boolean
}

/**
 * This program by name if a shell will find it, so that an update of Karo needs no change. Otherwise the paths of this
 * process's runtime and program, because the `node` of the program's first line may be too old.
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
      // `karo` is not in this directory.
    }
  }
  return false
}
