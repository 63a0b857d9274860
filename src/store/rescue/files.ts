// Reads the files of a database without opening it: finds the files in use, and damaged bytes in them.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { whyUnreadable } from '../../base/disk-trouble.ts'
import { KaroError } from '../../base/errors.ts'
import { readClosed } from './leveldb/closed.ts'
import { readLog } from './leveldb/log.ts'
import { isCurrent, readManifest } from './leveldb/manifest.ts'
import { type Entry, readBatch, readTable } from './leveldb/table.ts'

/** One defect of a database. */
export interface Finding {
  /** A file of the directory with the byte where it begins (`000005.ldb:4096`), or a keyspace (`rollups_day`). */
  readonly where: string
  /** One sentence for a person; never what was typed. */
  readonly what: string
  /** False: the daemon starts with it, and a repair changes nothing about it. */
  readonly damage: boolean
}

export interface FilesRead {
  readonly findings: readonly Finding[]
  /** Bytes of files that hold rows and could not be read, or are not there any more as far as that is known. */
  readonly unreadableBytes: number
  /** Bytes of all files that hold rows, the damaged ones included. */
  readonly rowBytes: number
  /** Rows may be gone, newer versions of present rows too; false when only lists and lengths of files are wrong. */
  readonly lossy: boolean
}

const TABLE = /^(\d{6,})\.(ldb|sst)$/
const LOG = /^(\d{6,})\.log$/
const numberOf = (name: string): number => Number.parseInt(name, 10)

/**
 * Reads every byte: some 700 MB a second, from a warm cache. With `entry` it is given every entry that can be read, in
 * no order that means anything. Errors: `not_found` where no database is, `bad_file` when it cannot be read.
 */
export async function readFiles(
  directory: string,
  entry?: (entry: Entry) => Promise<void> | void,
): Promise<FilesRead> {
  const findings: Finding[] = []
  let unreadableBytes = 0
  let rowBytes = 0
  let lossy = false
  const names = await list(directory)
  if (!names.some((name) => TABLE.test(name) || LOG.test(name) || name.startsWith('MANIFEST-'))) {
    throw new KaroError('not_found', 'there is no database here', {
      where: directory,
      hint: 'Check --home or KARO_HOME; the service has its database in /var/lib/karo.',
    })
  }
  const note = (where: string, what: string, damage = true): void =>
    void findings.push({ where, what, damage })
  const read = (name: string): Promise<Buffer> => load(join(directory, name))

  /** Bytes that are missing from files although their size was recorded. */
  const gone = new Map<string, number>()
  const noteGone = (name: string, bytes: number): void =>
    void gone.set(name, Math.max(bytes, gone.get(name) ?? 0))

  const closed = await readClosed(directory)
  if (closed !== undefined) {
    for (const [name, size] of closed) {
      const found = names.includes(name) ? (await stat(join(directory, name))).size : undefined
      if (found === size) continue
      if (TABLE.test(name) || LOG.test(name)) {
        lossy = true
        noteGone(name, size - (found ?? 0))
      }
      note(
        name,
        found === undefined
          ? 'it was there when the daemon stopped, and is gone'
          : `it had ${size} bytes when the daemon stopped, and has ${found}`,
      )
    }
  }

  const version = await currentVersion()
  const isLive = (name: string): boolean => {
    if (version === undefined) return true
    return LOG.test(name) ? numberOf(name) >= version.log : version.tables.has(numberOf(name))
  }
  for (const [number, size] of version?.tables ?? []) {
    const name = names.find((one) => TABLE.test(one) && numberOf(one) === number)
    const found = name === undefined ? 0 : (await stat(join(directory, name))).size
    if (found === size) continue
    lossy = true
    noteGone(name ?? nameOf(number, 'ldb'), size - found)
    if (name === undefined) note(nameOf(number, 'ldb'), 'the table is missing')
    else note(`${name}:${Math.min(found, size)}`, `it has ${found} bytes instead of ${size}`)
  }
  if (version !== undefined && version.log > 0 && !names.includes(nameOf(version.log, 'log'))) {
    lossy = true
    note(nameOf(version.log, 'log'), 'the log of the last changes is missing')
  }

  const tables = names.filter((name) => TABLE.test(name) && isLive(name))
  for (const name of tables) {
    const entries: Entry[] = []
    const file = await read(name)
    rowBytes += file.length
    for (const { at, length, what } of readTable(file, entry && ((one) => void entries.push(one)))) {
      note(`${name}:${at}`, `${length} bytes are damaged: ${what}`)
      unreadableBytes += length
    }
    for (const one of entries) await entry?.(one)
  }
  // The newest first. An open that finds no room leaves an empty log behind the one that it has read.
  let newest = true
  for (const name of names.filter((name) => LOG.test(name) && isLive(name)).reverse()) await readLogFile(name)
  for (const bytes of gone.values()) {
    unreadableBytes += bytes
    rowBytes += bytes
  }
  return { findings, unreadableBytes, rowBytes, lossy: lossy || unreadableBytes > 0 }

  /** Undefined where nothing says for sure which files there are to be. */
  async function currentVersion() {
    const current = names.includes('CURRENT') ? (await read('CURRENT')).toString('latin1') : ''
    const manifest = current.trimEnd()
    if (!isCurrent(current) || !names.includes(manifest)) {
      note('CURRENT', 'it does not name the list of files, so all files that are there are looked at')
      return undefined
    }
    const file = await read(manifest)
    const { damaged, torn, version: told } = readManifest(file)
    for (const { at, length } of damaged)
      note(`${manifest}:${at}`, `${length} bytes of the list of files are damaged`)
    if (torn !== undefined)
      note(`${manifest}:${torn.at}`, 'the list of files ends in the middle of an entry', closed !== undefined)
    // Cut off between two entries it still reads as a whole list, of fewer files.
    const isShort = closed && (torn || file.length !== closed.get(manifest))
    return damaged.length > 0 || isShort ? undefined : told
  }

  async function readLogFile(name: string) {
    const file = await read(name)
    rowBytes += file.length
    for (const item of readLog(file)) {
      if (item.kind === 'record') {
        try {
          // All or nothing, as it was written.
          for (const one of [...readBatch(item.bytes)]) await entry?.(one)
          continue
        } catch (error) {
          if (!(error instanceof RangeError)) throw error
          note(`${name}:${item.at}`, `${item.bytes.length} bytes are no change of this database`)
          unreadableBytes += item.bytes.length
          continue
        }
      }
      // A kill, a power cut or a full disk leaves the last log like that, and nothing that was durable is in there.
      const cutOff = item.kind === 'torn' && newest && closed === undefined
      const what = cutOff ? 'were being written when the machine or the daemon ended' : 'are damaged'
      note(`${name}:${item.at}`, `the ${item.length} bytes there ${what}`, !cutOff)
      if (!cutOff) unreadableBytes += item.length
    }
    newest &&= file.length === 0
  }
}

const nameOf = (number: number, kind: string): string => `${String(number).padStart(6, '0')}.${kind}`

async function list(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new KaroError('not_found', 'there is no database here', { where: directory, cause })
    throw unreadable(directory, cause)
  }
}

async function load(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

const unreadable = (where: string, cause: unknown): KaroError =>
  new KaroError('bad_file', `the database cannot be read: ${whyUnreadable(cause)}`, {
    where,
    hint: 'Check that it belongs to this user, and the disk it is on.',
    cause,
  })
