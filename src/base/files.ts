// Writes files that appear whole or not at all: new files, which never replace another one, and new contents.
import * as fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Random } from './clock.ts'
import { toHex } from './hex.ts'

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = fs.constants

export type NewFile = ReturnType<typeof beginFile>

/**
 * Begins a file that will be at `path` with exactly `mode`, and is named `temporary` until then. After a crash, `path` has
 * what was there before or the whole new file (on FAT perhaps an empty one), and `temporary` may remain. Every call throws
 * the system's error.
 */
export function beginFile(path: string, mode: number, temporary: string) {
  const fd = fs.openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
  let open = true
  let placed = false
  const close = (): void => {
    if (open) fs.closeSync(fd)
    open = false
  }
  const finish = (): void => {
    placed = true
    close()
    syncPath(dirname(path))
  }
  // The umask may have removed bits.
  fs.fchmodSync(fd, mode)
  return {
    /** Path of the file until it is placed, for example to read it again. */
    temporary,
    /** Descriptor of the temporary file, for setting owner and mode. */
    fd,
    write: (content: string | Uint8Array) => fs.writeFileSync(fd, content),
    /** Places the file, durably. False if something is there already; the file then stays temporary. */
    create() {
      fs.fsyncSync(fd)
      try {
        place(temporary, path)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
        throw error
      }
      fs.rmSync(temporary, { force: true })
      finish()
      return true
    },
    /** Places the file, durably, instead of the one that is there. */
    replace() {
      fs.fsyncSync(fd)
      fs.renameSync(temporary, path)
      finish()
    },
    /** Removes the temporary file; does nothing after it was placed. */
    discard() {
      close()
      if (!placed) fs.rmSync(temporary, { force: true })
    },
  }
}

/** Gives the file its name. Throws EEXIST, with nothing changed, if the name is taken. */
function place(temporary: string, path: string): void {
  try {
    // link(2) atomically creates a file only if the name is free; rename(2) would overwrite an existing file.
    fs.linkSync(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error
    // FAT and exFAT allow only one name for a file, so an empty file takes the name first; a crash then leaves it
    // empty.
    fs.closeSync(fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600))
    try {
      fs.renameSync(temporary, path)
    } catch (failed) {
      fs.rmSync(path, { force: true })
      throw failed
    }
  }
}

/**
 * Writes `content` to a new file at `path` with exactly `mode`, durably. A crash leaves either no file or the whole one,
 * perhaps with a `.tmp` file beside it that nothing reads. False if something is there already; other failures throw the
 * system's error.
 */
export function createFile(
  path: string,
  content: string | Uint8Array,
  mode: number,
  random: Random,
): boolean {
  const file = beginFile(path, mode, temporaryBeside(path, random))
  try {
    file.write(content)
    return file.create()
  } finally {
    file.discard()
  }
}

/**
 * Gives the file at `path` new content and exactly `mode`, durably. A crash leaves the old content or the new, whole; a
 * `.tmp` file that it leaves is removed by the next call. Failures throw the system's error. `check` is called when all is
 * ready, with whether nobody else has something ready for that place; what it throws leaves the old content.
 */
export function replaceFile(
  path: string,
  content: string | Uint8Array,
  mode: number,
  random: Random,
  check?: (isAlone: boolean) => void,
): void {
  const directory = dirname(path)
  const temporaries = () =>
    fs
      .readdirSync(directory)
      .filter((name) => name.startsWith(`.${basename(path)}.`) && name.endsWith('.tmp'))
  // Such a file may belong to another process that replaces the same file now. In that case the other process fails, and the
  // file stays whole.
  for (const name of temporaries()) fs.rmSync(join(directory, name), { force: true })
  const file = beginFile(path, mode, temporaryBeside(path, random))
  try {
    file.write(content)
    check?.(temporaries().length === 1)
    file.replace()
  } finally {
    file.discard()
  }
}

/** An unused name beside `path`. */
export function temporaryBeside(path: string, random: Random): string {
  const suffix = toHex(random.bytes(6))
  return join(dirname(path), `.${basename(path)}.${suffix}.tmp`)
}

/** Makes the contents of a file, or the names in a directory, durable. */
export function syncPath(path: string): void {
  const opened = fs.openSync(path, O_RDONLY)
  try {
    fs.fsyncSync(opened)
  } finally {
    fs.closeSync(opened)
  }
}

/** Makes the contents and names of the directory's files durable. The directory must not have directories in it. */
export function syncFilesOf(directory: string): void {
  for (const name of fs.readdirSync(directory)) syncPath(join(directory, name))
  syncPath(directory)
}

/** The first free name of `<prefix>-<date>`, `<prefix>-<date>-2`, …; the date is in UTC. */
export function freeName(prefix: string, now: number): string {
  const dated = `${prefix}-${new Date(now).toISOString().slice(0, 10)}`
  for (let n = 1; ; n++) {
    const name = n === 1 ? dated : `${dated}-${n}`
    if (fs.lstatSync(name, { throwIfNoEntry: false }) === undefined) return name
  }
}
