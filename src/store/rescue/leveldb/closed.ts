// The lengths of a database's files when it was closed in order: a later change of them is damage.
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32c } from './crc.ts'

/** Level leaves files alone whose names it does not know. */
const NAME = 'CLOSED'
const ITS_FILES = /^(CURRENT|MANIFEST-\d+|\d+\.(log|ldb|sst))$/

/** After the database was closed. A disk that does not take it is none the worse for that. */
export function writeClosed(directory: string): void {
  const sizes = readdirSync(directory)
    .filter((name) => ITS_FILES.test(name))
    .map((name) => [name, statSync(join(directory, name)).size])
  const text = JSON.stringify(Object.fromEntries(sizes))
  writeFileSync(join(directory, NAME), `${text}\n${checksum(text)}\n`, { mode: 0o600 })
}

/** A file that says what another one should be must not be wrong itself. */
const checksum = (text: string) => crc32c(Buffer.from(text)).toString(16)

/** Before it is opened. */
export function removeClosed(directory: string): void {
  rmSync(join(directory, NAME), { force: true })
}

/**
 * Bytes by file name; undefined when it was not closed in order, or that is not known. Whatever opens it makes a new
 * MANIFEST: where CURRENT names another one, a program that does not write this record, such as an older Karo, has had
 * it open since.
 */
export async function readClosed(directory: string): Promise<ReadonlyMap<string, number> | undefined> {
  try {
    const [text = '', check] = (await readFile(join(directory, NAME), 'utf8')).split('\n')
    if (check !== checksum(text)) return undefined
    const sizes = new Map<string, number>(Object.entries(JSON.parse(text)))
    const current = (await readFile(join(directory, 'CURRENT'), 'utf8')).trim()
    return /^MANIFEST-\d+$/.test(current) && !sizes.has(current) ? undefined : sizes
  } catch {
    return undefined
  }
}
