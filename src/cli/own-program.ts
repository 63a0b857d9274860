// The words that start this program again from a file (a hook, a unit): `karo` if the PATH finds it, else full paths.
import { realpathSync } from 'node:fs'
import { onPath } from '../base/run/programs.ts'
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
export function programOf(io: CommandIo): OwnProgram {
  const { path, words } = found(io)
  return path === undefined ? { words, byName: false } : { words: ['karo'], byName: true }
}

/** The words that start this program from a file that everybody's shells read: only absolute paths, unquoted. */
export function absoluteProgram(io: CommandIo): readonly string[] {
  const { path, words } = found(io)
  return path?.startsWith('/') ? [path] : words
}

/** `path`: of the first `karo` on the PATH, if it is this very program. `words`: this process's runtime and program. */
function found({ env }: CommandIo) {
  const program = realpathSync(process.argv[1] ?? 'karo')
  const path = onPath('karo', env.PATH)
  const isThis = path !== undefined && realpathSync(path) === program
  return { path: isThis ? path : undefined, words: [process.execPath, program] }
}
