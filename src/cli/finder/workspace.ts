// The git workspace of a directory: the nearest one above it that has a `.git`, a directory or, in a worktree, a file.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Undefined outside of any workspace. `directory` is absolute. */
export function workspaceOf(directory: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at
    if (at === dirname(at)) return undefined
  }
}
