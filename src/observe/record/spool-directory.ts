// The spool directory from outside: which files are there, how large they are, and whose shells are gone.
import { accessSync, constants, type Dir, type Dirent, lstatSync, opendirSync } from 'node:fs'
import { join } from 'node:path'
import { orElse } from '../../base/run/or-else.ts'
import { mayBeHooks, parseSpoolName, type SpoolName, shellAlive } from './spool-file.ts'

/** Names that are read at once: everybody may make files in a shared directory, as many as the disk takes. */
const MOST_LISTED = 16_384

export interface Listing {
  readonly files: readonly SpoolName[]
  /** These are all there are. */
  readonly whole: boolean
}

/** Each call lists what is there; of a directory with too many names, the next part. Undefined where it cannot be listed now. */
export function createLister(
  directory: string,
  most = MOST_LISTED,
): { next(): Listing | undefined; close(): void } {
  let open: Dir | undefined
  function close(): void {
    try {
      open?.closeSync()
    } catch {
      // It was closed when its end was reached.
    }
    open = undefined
  }
  return {
    next() {
      const begun = open === undefined
      const files: SpoolName[] = []
      try {
        open ??= opendirSync(directory, { bufferSize: 512 })
        for (let seen = 0; seen < most; seen++) {
          const entry: Dirent | null = open.readSync()
          if (entry === null) {
            close()
            return { files, whole: begun }
          }
          // No hook makes directories, and unlink(2) does not remove them.
          const file = entry.isDirectory() ? undefined : parseSpoolName(entry.name)
          if (file !== undefined) files.push(file)
        }
      } catch {
        // health() tells it.
        close()
        return undefined
      }
      return { files, whole: false }
    },
    close,
  }
}

/** What is there, of too many a part. */
export function listSpool(directory: string): readonly SpoolName[] {
  const lister = createLister(directory)
  const listing = lister.next()
  lister.close()
  return listing?.files ?? []
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
  return orElse(() => lstatSync(join(directory, name)).uid, undefined)
}

/** The system's code (`EACCES`) when the directory cannot be listed, or files in it not opened, made or removed. */
export function obstacleAt(directory: string): string | undefined {
  try {
    // Opened and not listed: others may have made any number of names there.
    opendirSync(directory).closeSync()
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
