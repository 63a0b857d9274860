// Files that appear whole or not at all: new ones, never in place of another, and new contents of old ones.
import * as fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Random } from './clock.ts'
import { toHex } from './hex.ts'

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = fs.constants

/** A file in the making, under a name that nobody looks for. */
export interface NewFile {
  /** Where it is until it is placed: to be read again, for instance. */
  readonly temporary: string
  /** Of `temporary`: for its owner and mode. */
  readonly fd: number
  write(content: string | Uint8Array): void
  /** Places it, durably. False when something is there already; then it is still in the making. */
  create(): boolean
  /** Places it, durably, instead of what is there. */
  replace(): void
  /** Nothing of it stays; harmless after it was placed. */
  discard(): void
}

/**
 * Begins a file that is to be at `path`, with exactly `mode`, named `temporary` until then. A crash at any point leaves
 * at `path` what was there or the whole file (on FAT also an empty new one), at worst also `temporary`. Every call throws
 * the system's error.
 */
export function beginFile(path: string, mode: number, temporary: string): NewFile {
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
    syncDirectory(dirname(path))
  }
  // The umask may have taken bits away.
  fs.fchmodSync(fd, mode)
  return {
    temporary,
    fd,
    write: (content) => fs.writeFileSync(fd, content),
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
    replace() {
      fs.fsyncSync(fd)
      fs.renameSync(temporary, path)
      finish()
    },
    discard() {
      close()
      if (!placed) fs.rmSync(temporary, { force: true })
    },
  }
}

/** Throws EEXIST, with nothing changed, when there is something. */
function place(temporary: string, path: string): void {
  try {
    // link(2) is the atomic "create, but only if nobody else did"; rename(2) would overwrite.
    fs.linkSync(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error
    // FAT and exFAT have one name for each file. So the name is taken first: a crash right then leaves it empty.
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
 * Writes `content` to a new file at `path` with exactly `mode`, durably. A crash at any point leaves either no file
 * or the whole one (at worst also a `.tmp` file beside it that nothing reads). False when something is there already;
 * other failures throw the system's error.
 */
export function createFile(path: string, content: string, mode: number, random: Random): boolean {
  const file = beginFile(path, mode, temporaryBeside(path, random))
  try {
    file.write(content)
    return file.create()
  } finally {
    file.discard()
  }
}

/**
 * Gives the file at `path` new content and exactly `mode`, durably. A crash at any point leaves the old content or the
 * new, whole (at worst also a `.tmp` file beside it; the next call removes it). Failures throw the system's error.
 */
export function replaceFile(path: string, content: string, mode: number, random: Random): void {
  const directory = dirname(path)
  for (const name of fs.readdirSync(directory)) {
    // Of somebody who replaces it right now: they fail, and the file stays whole.
    if (name.startsWith(`.${basename(path)}.`) && name.endsWith('.tmp'))
      fs.rmSync(join(directory, name), { force: true })
  }
  const file = beginFile(path, mode, temporaryBeside(path, random))
  try {
    file.write(content)
    file.replace()
  } finally {
    file.discard()
  }
}

/** A name beside `path` that is nobody's. */
export function temporaryBeside(path: string, random: Random): string {
  const suffix = toHex(random.bytes(6))
  return join(dirname(path), `.${basename(path)}.${suffix}.tmp`)
}

/** Makes durable which names the directory has. */
export function syncDirectory(path: string): void {
  const directory = fs.openSync(path, O_RDONLY | O_DIRECTORY)
  try {
    fs.fsyncSync(directory)
  } finally {
    fs.closeSync(directory)
  }
}

/** Makes durable what stands in the directory's files (it has no directories) and their names. */
export function syncFilesOf(directory: string): void {
  for (const name of fs.readdirSync(directory)) {
    const file = fs.openSync(join(directory, name), O_RDONLY)
    try {
      fs.fsyncSync(file)
    } finally {
      fs.closeSync(file)
    }
  }
  syncDirectory(directory)
}

/** `<prefix>-<date>`, in UTC and with a number behind it from the second of that day on: where nothing is yet. */
export function freeName(prefix: string, now: number): string {
  const dated = `${prefix}-${new Date(now).toISOString().slice(0, 10)}`
  for (let n = 1; ; n++) {
    const name = n === 1 ? dated : `${dated}-${n}`
    if (fs.lstatSync(name, { throwIfNoEntry: false }) === undefined) return name
  }
}
