// Opens another program's history for reading: finds it, refuses what is none, and says how far it was read.

import { readFileSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { pipe } from 'it-pipe'
import { orElse } from '../../base/run/or-else.ts'
import { openAtuin } from '../../observe/imports/atuin.ts'
import { readBash } from '../../observe/imports/bash.ts'
import type { ForeignShell, Item, Source } from '../../observe/imports/entry.ts'
import { readFish } from '../../observe/imports/fish.ts'
import { bounded, linesOf, type Reader } from '../../observe/imports/lines.ts'
import { LOOKS, type Looks, looksOf, TAKES } from '../../observe/imports/looks.ts'
import { placesOf } from '../../observe/imports/places.ts'
import type { Survey } from '../../observe/imports/timeline.ts'
import { readZsh } from '../../observe/imports/zsh.ts'
import { openRegular } from '../input/regular-file.ts'
import { type CommandIo, homeOf, KaroError } from '../kit.ts'
import { beginningOf, keepInput, STANDARD_INPUT } from './source.ts'

export interface ForeignHistory {
  readonly source: Source
  /** For people. */
  readonly where: string
  /** Bytes, or rows of a database. */
  readonly total: number
  /** Of these, read so far. */
  done(): number
  /** When it was last written, microseconds since the epoch. */
  readonly end_us: number
  /** What else there is to say of it before it is read. */
  readonly notes: readonly string[]
  survey(): Promise<Survey>
  /** From the beginning, each time. */
  items(): AsyncGenerator<Item, void>
  close(): Promise<void>
}

const READERS: Readonly<Record<ForeignShell, Reader>> = { bash: readBash, zsh: readZsh, fish: readFish }
const PIECE = 256 * 1024

/** Where a history is looked for. */
const placesFor = (io: CommandIo, source: Source): readonly string[] =>
  placesOf(source, {
    env: io.env,
    home: homeOf(io),
    read: (path) => orElse(() => readFileSync(path, 'utf8'), undefined),
  })

/** The first place where there is one, else the first file that cannot be read, whose error is told then. Throws nothing. */
export async function findHistory(io: CommandIo, source: Source): Promise<string | undefined> {
  let odd: string | undefined
  for (const path of placesFor(io, source)) {
    const looks = await look(path)
    if (looks === 'binary') odd ??= path
    else if (looks !== 'empty' && TAKES[source].includes(looks)) return path
  }
  return odd
}

async function look(path: string): Promise<Looks> {
  try {
    await using file = await openRegular(path)
    return looksOf(await beginningOf(file))
  } catch (error) {
    const { code, cause } = error as KaroError
    // What is no file, such as /dev/null, is in the place of a history that somebody does not want.
    return code === 'bad_file' && cause ? 'binary' : 'empty'
  }
}

/**
 * `name`: a file, `-` for standard input, or undefined for the usual place. Throws KaroError `not_found`; `bad_file` for
 * what is no such history, and says what it looks like.
 */
export async function openHistory(
  io: CommandIo,
  source: Source,
  name: string | undefined,
  { allHosts }: { readonly allHosts: boolean },
): Promise<ForeignHistory> {
  const path = name === undefined ? await findHistory(io, source) : name
  if (path === undefined) {
    const places = placesFor(io, source)
    throw new KaroError('not_found', `no history of ${source} was found`, {
      where: places.join(', '),
      hint: `Name the file: karo import ${source} FILE`,
    })
  }
  if (source === 'atuin') return openDatabase(resolve(path), allHosts)
  return path === '-' ? openText(source, undefined) : openText(source, resolve(path))
}

async function openText(source: ForeignShell, path: string | undefined): Promise<ForeignHistory> {
  const where = path ?? STANDARD_INPUT
  const file = path === undefined ? await keepInput(process.stdin) : await openRegular(path)
  try {
    const looks = looksOf(await beginningOf(file))
    if (!TAKES[source].includes(looks)) throw wrongKind(source, looks, where)
    // As much as there is now: what is written meanwhile is for the next time.
    const { size, mtimeMs } = await file.stat()
    return textHistory(source, where, file, size, Math.floor(Math.min(mtimeMs, Date.now())) * 1000)
  } catch (error) {
    await file.close()
    throw error
  }
}

/** `source`: the program that the file was expected to be of. */
export function wrongKind(source: Source | 'karo', looks: Looks, where: string): KaroError {
  const right: Partial<Record<Looks, string>> = {
    bash: 'karo import bash FILE',
    zsh: 'karo import zsh FILE',
    fish: 'karo import fish FILE',
    sqlite: 'karo import atuin FILE, if it is atuin’s',
    karo: 'karo import FILE',
    'old-fish': 'Start fish 2 or newer once: it converts the file to the present format.',
    gzip: `gunzip -c FILE | karo import ${source === 'karo' ? '' : `${source} `}-`,
  }
  const hint = right[looks]
  const wanted = source === 'karo' ? 'not a file of karo export' : `no history of ${source}`
  return new KaroError('bad_file', `it is ${wanted}; it looks like ${LOOKS[looks]}`, {
    where,
    hint,
  })
}

function textHistory(
  source: ForeignShell,
  where: string,
  file: FileHandle,
  size: number,
  end_us: number,
): ForeignHistory {
  let done = 0
  async function* bytes(): AsyncGenerator<Uint8Array, void> {
    const buffer = Buffer.alloc(PIECE)
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(PIECE, size - at), at)
      if (bytesRead === 0) return
      at += bytesRead
      done = at
      yield buffer.subarray(0, bytesRead)
    }
  }
  const items = (): AsyncGenerator<Item, void> => pipe(bytes(), linesOf, READERS[source], bounded(where))
  return {
    source,
    where,
    total: size,
    end_us,
    notes: [],
    items,
    done: () => done,
    async survey() {
      let untimed = 0
      for await (const item of items()) {
        if (!('entry' in item)) continue
        // A clock that was ahead makes no command the newest for years.
        if (item.entry.start_us !== null) return { untimed, first_us: Math.min(item.entry.start_us, end_us) }
        untimed++
      }
      return { untimed, first_us: null }
    },
    close: () => file.close(),
  }
}

async function openDatabase(path: string, allHosts: boolean): Promise<ForeignHistory> {
  const file = await openRegular(path)
  try {
    const looks = looksOf(await beginningOf(file))
    if (!TAKES.atuin.includes(looks)) throw wrongKind('atuin', looks, path)
  } finally {
    await file.close()
  }
  const history = await openAtuin(path)
  const own = hostname().toLowerCase()
  const hosts = allHosts ? undefined : new Set([own])
  const total = allHosts ? history.total : (history.hosts.get(own) ?? 0)
  const others = history.total - total
  let done = 0
  return {
    source: 'atuin',
    where: path,
    total,
    end_us: 0,
    notes:
      others > 0
        ? [
            `${others === 1 ? '1 command of other machines is' : `${others} commands of other machines are`} left out: --all-hosts imports them too.`,
          ]
        : [],
    done: () => done,
    survey: async () => ({ untimed: 0, first_us: null }),
    async *items() {
      done = 0
      for (const item of history.items(hosts)) {
        done++
        yield item
      }
    },
    close: async () => history.close(),
  }
}
