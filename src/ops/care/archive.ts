// The backup of a whole node as one file: a tar of the key, the configuration and the database, and a list that proves them.
// The checksums prove against damage, not against a forger: the file bears no signature.

import { pipe } from 'it-pipe'
import { KaroError } from '../../base/errors.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { TAR_BLOCK, tarHeader } from '../../base/tar.ts'
import { type Encryption, encryptionOf, type Opener } from './age.ts'
import { bad, openFile, type Source, sourceOf } from './archive-source.ts'

/** Version of the format; it is raised when today's readers cannot read the new form. */
const FORMAT = 1
const MODE = 0o600
/** A piece of the database is 1 MiB and a row. */
const MOST_BYTES = 16 * 1024 * 1024
const MOST_ENTRIES = 1_000_000
const HEAD = 'karo-backup.json'
const LIST = 'manifest.json'
/** Hexadecimal BLAKE3 of the list, which itself has that of everything else. */
const PROOF = 'manifest.blake3'
export const KEY_ENTRY = 'identity.key'
export const CONFIG_ENTRY = 'config.toml'
/** Most characters of a name in the head. */
const MOST_TEXT = 256
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const ROWS = /^rows\/\d{6}$/

/** Says what the backup is of; the first entry of the file. */
export interface BackupHead {
  readonly format: number
  readonly karo_version: string
  /** Schema version of the database. */
  readonly schema: number
  readonly node_id: string
  readonly name: string
  /** RFC 3339. */
  readonly created_at: string
  /** The key is in it. */
  readonly key: boolean
}

export interface BackupContent {
  readonly head: Omit<BackupHead, 'format' | 'key'>
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The key file as it is, perhaps under a passphrase; undefined: left out. */
  readonly key: Uint8Array | undefined
  readonly config: Uint8Array | undefined
}

interface Listed {
  readonly path: string
  readonly size: number
  /** Hexadecimal. */
  readonly blake3: string
}

const digest = (bytes: Uint8Array): string => toHex(blake3([bytes]))
const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value)}\n`)

/** Makes the bytes of the file of the pieces of a database, as they come. */
export const archived = ({ head, now, key, config }: BackupContent) =>
  async function* (rows: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    const seconds = Math.floor(now / 1000)
    const listed: Listed[] = []
    function* entry(path: string, bytes: Uint8Array): Generator<Uint8Array> {
      listed.push({ path, size: bytes.length, blake3: digest(bytes) })
      yield tarHeader({ path, mode: MODE, size: bytes.length, seconds })
      yield bytes
      yield Buffer.alloc(-bytes.length & (TAR_BLOCK - 1))
    }
    const first: BackupHead = { format: FORMAT, ...head, key: key !== undefined }
    yield* entry(HEAD, json(first))
    if (key !== undefined) yield* entry(KEY_ENTRY, key)
    if (config !== undefined) yield* entry(CONFIG_ENTRY, config)
    let piece = 0
    for await (const bytes of rows) yield* entry(`rows/${String(++piece).padStart(6, '0')}`, bytes)
    const list = json({ files: [...listed] })
    yield* entry(LIST, list)
    yield* entry(PROOF, Buffer.from(`${digest(list)}\n`))
    yield Buffer.alloc(2 * TAR_BLOCK)
  }

export interface Archive {
  readonly head: BackupHead
  readonly encryption: Encryption
  readonly key: Uint8Array | undefined
  readonly config: Uint8Array | undefined
  /** Pieces of the database, each proven once more. Throws as `openArchive` does. */
  rows(): AsyncGenerator<Uint8Array, void>
  close(): Promise<void>
}

export interface OpenOptions {
  /** For an encrypted backup. */
  readonly opener?: Opener | undefined
  /** Called before anything is read: from then on who reads need no longer be who may open it. */
  readonly opened?: () => Promise<void>
}

/**
 * Reads the whole file and checks every byte of it. Throws KaroError `bad_file` that says at which byte, and why:
 * damaged, cut off, with something behind its end, of a newer format; `not_found`; `unauthorized` and `bad_request` where
 * the opener does not fit.
 */
export async function openArchive(
  path: string,
  { opener, opened = async () => {} }: OpenOptions = {},
): Promise<Archive> {
  const file = await openFile(path)
  try {
    await opened()
    const encryption = await encryptionOf(file, path)
    const source = sourceOf(file, path, encryption, opener)
    const seen: Listed[] = []
    let head: BackupHead | undefined
    let key: Uint8Array | undefined
    let config: Uint8Array | undefined
    let list: Buffer | undefined
    let proof: string | undefined
    let at = 0
    for await (const entry of pipe(source.read(), entriesOf(source))) {
      if (proof !== undefined) throw bad(source, entry.at, 'there is something behind its end')
      if (seen.length === 0) head = readHead(entry, source)
      else if (entry.path === HEAD) throw bad(source, entry.at, 'it begins twice')
      if (entry.path === KEY_ENTRY) key = entry.bytes
      if (entry.path === CONFIG_ENTRY) config = entry.bytes
      if (entry.path === LIST) list = entry.bytes
      else if (entry.path === PROOF) proof = entry.bytes.toString('latin1')
      else seen.push({ path: entry.path, size: entry.bytes.length, blake3: digest(entry.bytes) })
      at = entry.at + entry.bytes.length
    }
    if (head === undefined || list === undefined || proof === undefined)
      throw bad(source, at, 'it ends too early')
    if (proof !== `${digest(list)}\n`) throw bad(source, at, 'its list is not what was written')
    compare(source, seen, readList(list, source))
    if (head.key !== (key !== undefined)) throw bad(source, 0, 'it does not hold what it says')
    return {
      head,
      encryption,
      key,
      config,
      rows: () => pipe(source.read(), entriesOf(source), rowsIn(source, seen)),
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

function readHead({ path, bytes, at }: Entry, source: Source): BackupHead {
  try {
    if (path !== HEAD) throw new Error('it begins with something else')
    const head = JSON.parse(bytes.toString('utf8')) as BackupHead
    if (Number.isSafeInteger(head.format) && head.format > FORMAT)
      throw new KaroError('bad_file', `the backup has format ${head.format}; this program knows ${FORMAT}`, {
        where: source.path,
        hint: `Restore it with ${isText(head.karo_version) ? `Karo ${head.karo_version}` : 'a Karo'} or later.`,
      })
    if (!isHead(head)) throw new Error('it says something else')
    return head
  } catch (error) {
    if (error instanceof KaroError) throw error
    throw bad(source, at, 'this is no backup of Karo')
  }
}

/** Checks every member, because anybody can make a file whose checksums are right. */
function isHead(head: Readonly<Record<keyof BackupHead, unknown>>): boolean {
  const { format, schema, karo_version, node_id, name, created_at, key } = head
  return (
    [format, schema].every((number) => Number.isSafeInteger(number) && (number as number) > 0) &&
    [karo_version, node_id, name].every(isText) &&
    typeof created_at === 'string' &&
    TIME.test(created_at) &&
    typeof key === 'boolean'
  )
}

const isText = (value: unknown): boolean => typeof value === 'string' && value.length <= MOST_TEXT

function readList(list: Buffer, source: Source): readonly Partial<Listed>[] {
  try {
    const { files } = JSON.parse(list.toString('utf8')) as { files: unknown }
    if (Array.isArray(files) && files.every((one) => typeof one === 'object' && one !== null)) return files
  } catch {
    // A list that cannot be parsed is treated as any other that is no list.
  }
  throw bad(source, undefined, `${LIST} is not what was written`)
}

function compare(source: Source, seen: readonly Listed[], files: readonly Partial<Listed>[]): void {
  for (const [i, found] of seen.entries()) {
    const told = files[i]
    const same =
      told !== undefined &&
      told.path === found.path &&
      told.size === found.size &&
      told.blake3 === found.blake3
    if (!same) throw bad(source, undefined, `${found.path} is not what was written`)
  }
  if (files.length !== seen.length) throw bad(source, undefined, 'parts of it are missing')
}

const rowsIn = (source: Source, seen: readonly Listed[]) =>
  async function* (entries: AsyncIterable<Entry>) {
    let i = 0
    for await (const entry of entries) {
      if (ROWS.test(entry.path)) {
        if (digest(entry.bytes) !== seen[i]?.blake3)
          throw bad(source, entry.at, 'it changes while it is read')
        yield entry.bytes
      }
      i++
    }
    // The list and its proof are not in `seen`.
    if (i !== seen.length + 2) throw bad(source, undefined, 'it changes while it is read')
  }

interface Entry {
  readonly path: string
  readonly bytes: Buffer
  /** Where its content begins. */
  readonly at: number
}

/** Takes exact lengths from bytes that come in pieces of any size, of which at most one is kept beside what is being taken. */
function createByteReader(pieces: AsyncIterable<Uint8Array>) {
  const source = pieces[Symbol.asyncIterator]()
  let rest: Uint8Array = Buffer.alloc(0)
  let at = 0
  return {
    /** Bytes that were taken so far. */
    get at(): number {
      return at
    },
    /** The next `length` bytes; fewer only where the bytes end. */
    async take(length: number): Promise<Buffer> {
      const taken = Buffer.allocUnsafe(length)
      let filled = 0
      while (filled < length) {
        if (rest.length === 0) {
          const { value, done } = await source.next()
          if (done === true) break
          rest = value
          continue
        }
        const part = rest.subarray(0, length - filled)
        taken.set(part, filled)
        filled += part.length
        rest = rest.subarray(part.length)
      }
      at += filled
      return taken.subarray(0, filled)
    },
    /** Ends the source; nothing can be taken afterwards. */
    async end(): Promise<void> {
      await source.return?.()
    },
  }
}

/** Every byte is looked at: a header has to be the one we would write, padding zeros, and nothing behind the end. */
const entriesOf = (source: Source) =>
  async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
    const reader = createByteReader(pieces)
    const take = async (length: number): Promise<Buffer> => {
      const bytes = await reader.take(length)
      if (bytes.length < length) throw bad(source, reader.at, 'it ends too early')
      return bytes
    }
    try {
      for (let count = 0; count < MOST_ENTRIES; count++) {
        const { at } = reader
        const block = at === 0 ? await firstBlock(reader, source) : await take(TAR_BLOCK)
        if (block.every((byte) => byte === 0)) {
          if ((await take(TAR_BLOCK)).some((byte) => byte !== 0))
            throw bad(source, at + TAR_BLOCK, 'its end is damaged')
          if ((await reader.take(1)).length > 0)
            throw bad(source, at + 2 * TAR_BLOCK, 'there is something behind its end')
          return
        }
        const { name, length } = parseHeader(block, source, at)
        const whole = await take(length + (-length & (TAR_BLOCK - 1)))
        if (whole.subarray(length).some((byte) => byte !== 0))
          throw bad(source, at + TAR_BLOCK + length, 'its padding is damaged')
        yield { path: name, bytes: whole.subarray(0, length), at: at + TAR_BLOCK }
      }
      throw bad(source, reader.at, 'it has too many parts')
    } finally {
      await reader.end()
    }
  }

/** Throws KaroError `bad_file` for what never was a backup: another copy of it would be none either. */
async function firstBlock(reader: ReturnType<typeof createByteReader>, source: Source): Promise<Buffer> {
  const block = await reader.take(TAR_BLOCK)
  if (block.toString('latin1', 0, HEAD.length) !== HEAD) {
    throw new KaroError('bad_file', `this is not a karo backup${block.length === 0 ? ': it is empty' : ''}`, {
      where: source.name,
      hint: 'Nothing was changed. A backup is what karo backup <file> makes.',
    })
  }
  if (block.length < TAR_BLOCK) throw bad(source, block.length, 'it ends too early')
  return block
}

function parseHeader(block: Buffer, source: Source, at: number): { name: string; length: number } {
  const octal = (from: number, digits: number): number =>
    Number.parseInt(block.toString('latin1', from, from + digits), 8)
  const end = block.indexOf(0)
  const name = block.toString('latin1', 0, end < 0 || end > 100 ? 100 : end)
  const length = octal(124, 11)
  const seconds = octal(136, 11)
  const known = [HEAD, LIST, PROOF, KEY_ENTRY, CONFIG_ENTRY].includes(name) || ROWS.test(name)
  const right =
    known &&
    length <= MOST_BYTES &&
    Number.isSafeInteger(seconds) &&
    tarHeader({ path: name, mode: MODE, size: length, seconds }).equals(block)
  if (!right) throw bad(source, at, 'a header in it is damaged')
  return { name, length }
}
