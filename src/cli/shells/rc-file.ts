// Adds one marked line to a shell's start file and takes it out again, leaving every other line as it was.
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { systemRandom } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { beginFile, replaceFile, temporaryBeside } from '../../base/files.ts'
import { orElse } from '../../base/run/or-else.ts'
import { writing } from '../writing.ts'

/** The end of the line, by which it is found again. */
const MARK = '# karo shell hook'
/** A start file is written by hand; something larger is not one. */
const MOST_BYTES = 8 * 1024 * 1024

const LF = '\n'

/**
 * The file's text with `line` in it once: in place of an earlier one, or at the end. What is appended to the file later
 * must not become part of it, so it ends in a line end whatever the file did.
 */
export function withLine(text: string, line: string): string {
  const marked = `${line} ${MARK}`
  const lines = text.split(LF)
  const at = lines.findIndex(isMarked)
  const changed =
    at < 0
      ? `${text}${text === '' || text.endsWith(LF) ? '' : LF}${marked}`
      : lines.flatMap((old, i) => (i === at ? [marked] : isMarked(old) ? [] : [old])).join(LF)
  return at < 0 || changed.endsWith(marked) ? `${changed}${LF}` : changed
}

/** The file's text without the line. */
export function withoutLine(text: string): string {
  return text
    .split(LF)
    .filter((line) => !isMarked(line))
    .join(LF)
}

/** The file's text with each line that `withLine` put there changed; `change` gets and returns it without its mark. */
export function changeMarked(text: string, change: (line: string) => string): string {
  const changed = (line: string): string => {
    const old = line.trimEnd().slice(0, -MARK.length).trimEnd()
    const next = change(old)
    return next === old ? line : `${next} ${MARK}`
  }
  return text
    .split(LF)
    .map((line) => (isMarked(line) ? changed(line) : line))
    .join(LF)
}

/** The lines of the text that `withLine` put there, without their mark. */
export function markedLines(text: string): readonly string[] {
  return text
    .split(LF)
    .filter(isMarked)
    .map((line) => line.trimEnd().slice(0, -MARK.length).trimEnd())
}

const isMarked = (line: string): boolean => line.trimEnd().endsWith(MARK)

/** The file in latin1, as it is edited: whatever its encoding, every byte stays. One that is not there, or not to be read, is empty. */
export const textOf = (file: string): string => orElse(() => fs.readFileSync(file, 'latin1'), '')

/** Writes a file that is Karo's own as a whole, with its directory; false where it says the same already. */
export function writeOwn(path: string, text: string, mode: number): boolean {
  if (orElse(() => fs.readFileSync(path, 'utf8'), undefined) === text) return false
  fs.mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  replaceFile(path, text, mode, systemRandom)
  return true
}

/** Removes a start file in which nothing is; true if it did. A symbolic link stays, because somebody keeps files elsewhere. */
export function removeEmpty(path: string): boolean {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isFile() || stat.size > 0) return false
  fs.rmSync(path)
  return true
}

/** Removes the directory and those above it, below `end`, in which nothing is. One that is a link stays. */
export function dropEmpty(path: string, end: string): void {
  if (path.startsWith(join(end, '/')) && orElse(() => fs.rmdirSync(path) ?? true, false))
    dropEmpty(dirname(path), end)
}

/**
 * Replaces the file's text by what `change` makes of it, atomically and durably; mode, owner and symbolic links to it
 * stay. False when nothing had to be changed. A missing file counts as empty. Throws KaroError `bad_file`.
 */
export function editFile(path: string, change: (text: string) => string): boolean {
  const edit = (): boolean => {
    if (!fs.existsSync(dirname(path)))
      throw new KaroError('bad_file', `there is no directory ${dirname(path)}`, { where: path })
    const target = follow(path)
    const stat = fs.statSync(target, { throwIfNoEntry: false })
    if (stat !== undefined && !stat.isFile())
      throw new KaroError('bad_file', 'this is not a file', { where: path })
    if (stat !== undefined && stat.size > MOST_BYTES)
      throw new KaroError('bad_file', `this file has ${stat.size} bytes; a start file has fewer`, {
        where: path,
      })
    // Latin-1 keeps every byte, whatever encoding the file has; the line itself is ASCII or escaped by the caller.
    const text = stat ? fs.readFileSync(target, 'latin1') : ''
    const changed = change(text)
    if (changed === text) return false
    replace(target, Buffer.from(changed, 'latin1'), stat)
    return true
  }
  return writing(path, edit, 'the file cannot be changed')
}

/** The file behind symbolic links, so that a link stays a link. */
function follow(path: string): string {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return path
  if (stat.isSymbolicLink() && !fs.existsSync(path))
    throw new KaroError('bad_file', `this is a link to ${fs.readlinkSync(path)}, which is not there`, {
      where: path,
      hint: 'Make that file, or name another one with --rc.',
    })
  return fs.realpathSync(path)
}

function replace(path: string, bytes: Buffer, old: fs.Stats | undefined): void {
  const file = beginFile(path, 0o600, temporaryBeside(path, systemRandom))
  try {
    file.write(bytes)
    if (old !== undefined && (old.uid !== process.getuid?.() || old.gid !== process.getgid?.()))
      fs.fchownSync(file.fd, old.uid, old.gid)
    fs.fchmodSync(file.fd, old === undefined ? 0o644 : old.mode & 0o7777)
    file.replace()
  } finally {
    file.discard()
  }
}

/** Makes a directory; also the spool, which the hook does not make, so that commands before the first `karo up` are kept. */
export function makeDirectory(directory: string, mode: number, what: string): void {
  writing(directory, () => fs.mkdirSync(directory, { recursive: true, mode }), `${what} cannot be made`)
}
