// The spool directory from outside: which files are there, how large they are, and whose shells are gone.
import { accessSync, constants, type Dirent, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { mayBeHooks, parseSpoolName, type SpoolName, shellAlive } from './spool-file.ts'

export function listSpool(directory: string): SpoolName[] {
  let entries: Dirent[]
  try {
    entries = readdirSync(directory, { withFileTypes: true })
  } catch {
    // health() tells it.
    return []
  }
  // No hook makes directories, and unlink(2) does not remove them.
  return entries.flatMap((entry) => (entry.isDirectory() ? [] : (parseSpoolName(entry.name) ?? [])))
}

/** Of what may be read; undefined for anything else that has such a name. */
export function sizeOf(directory: string, name: string): number | undefined {
  try {
    const stat = lstatSync(join(directory, name), { bigint: true })
    return mayBeHooks(stat) ? Number(stat.size) : undefined
  } catch {
    return undefined
  }
}

export function ownerOf(directory: string, name: string): number | undefined {
  try {
    return lstatSync(join(directory, name)).uid
  } catch {
    return undefined
  }
}

/** The system's code (`EACCES`) when the directory cannot be listed, or files in it not opened, made or removed. */
export function obstacleAt(directory: string): string | undefined {
  try {
    readdirSync(directory)
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

/**
 * Files whose shell is gone, or has loaded the hook anew after `exec`; nobody's by the name of somebody else's file.
 * `owner` is undefined until it is known whose file it is.
 */
export function shellsOver(
  all: readonly SpoolName[],
  { owner, now }: { readonly owner: (name: string) => number | undefined; readonly now: number },
): ReadonlySet<SpoolName> {
  const newest = new Map<string, number>()
  const shellOf = ({ name, pid }: SpoolName): string | undefined => {
    const whose = owner(name)
    return whose === undefined ? undefined : `${whose}-${pid}`
  }
  for (const file of all) {
    const shell = shellOf(file)
    if (shell !== undefined) newest.set(shell, Math.max(file.born, newest.get(shell) ?? 0))
  }
  const replaced = (file: SpoolName): boolean => file.born < (newest.get(shellOf(file) ?? '') ?? 0)
  return new Set(all.filter((file) => replaced(file) || !shellAlive(file, now)))
}
