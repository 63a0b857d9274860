// Finds the tldr pages of this machine: carried in with `karo knowledge add`, or kept by a tldr client.
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { PACK_FORMAT } from './archive.ts'
import { type Page, readPage } from './pages.ts'

export type Examples = ReturnType<typeof openExamples>

/** Name of the packed file below the home of the node. */
export const PACK_FILE = 'knowledge-pages.bin'
/** Where clients keep their pages, below the home directory of the person. */
const CLIENTS: readonly string[] = [
  '.cache/tealdeer/tldr-pages', '.cache/tlrc', '.cache/tldr', '.local/share/tldr', '.local/share/tldr/tldr', '.tldr/cache', '.tldrc/tldr', '.tldr/tldr',
] // biome-ignore format: a list
const PARTS = ['pages.en/linux', 'pages.en/common', 'pages/linux', 'pages/common']
const MOST_INDEX = 8 * 1024 * 1024
const MOST_PAGE = 64 * 1024

/** `home` is the directory of the node, `person` the home directory of whoever asks; reads nothing until a page is asked for. */
export function openExamples(home: string, person: string | undefined) {
  const carried = packIn(join(home, PACK_FILE))
  const clients = (person?.startsWith('/') ? CLIENTS.map((one) => join(person, one)) : []).filter((place) =>
    PARTS.some((part) => isDirectory(join(place, part))),
  )
  return {
    /** The places that hold pages; `tools`: those with a page, null where they were not counted. */
    sources: [
      ...(carried === undefined ? [] : [{ name: 'carried in', path: carried.path, tools: carried.count }]),
      ...clients.map((path) => ({ name: 'tldr client', path, tools: null })),
    ],
    /** The page of a tool by its plain name, or of a subcommand such as `git commit`; undefined if there is none. */
    page(tool: string): (Page & { readonly source: string }) | undefined {
      const name = tool.replaceAll(' ', '-')
      if (!/^[\w.+@-]{1,80}$/.test(name)) return undefined
      const packed = carried?.read(name)
      const page = packed === undefined ? undefined : readPage(packed)
      if (page !== undefined) return { ...page, source: `tldr ${name}` }
      for (const place of clients)
        for (const part of PARTS) {
          const text = readText(join(place, part, `${name}.md`))
          const found = text === undefined ? undefined : readPage(text)
          if (found !== undefined) return { ...found, source: `tldr ${name}` }
        }
      return undefined
    },
  }
}

function packIn(path: string) {
  try {
    const file = openSync(path, 'r')
    try {
      const head = Buffer.alloc(PACK_FORMAT.length + 10)
      readSync(file, head, 0, head.length, 0)
      const length = Number(head.toString('latin1', PACK_FORMAT.length))
      if (!head.toString('latin1').startsWith(PACK_FORMAT) || !(length > 0 && length <= MOST_INDEX))
        return undefined
      const bytes = Buffer.alloc(length)
      readSync(file, bytes, 0, length, head.length)
      const index = JSON.parse(bytes.toString('utf8')) as Record<string, readonly [number, number]>
      const read = (tool: string): string | undefined =>
        Object.hasOwn(index, tool)
          ? unpacked(path, head.length + length, index[tool] as readonly [number, number])
          : undefined
      return { path, count: Object.keys(index).length, read }
    } finally {
      closeSync(file)
    }
  } catch {
    return undefined
  }
}

function unpacked(
  path: string,
  offset: number,
  [start, length]: readonly [number, number],
): string | undefined {
  if (!(length > 0 && length <= MOST_PAGE)) return undefined
  try {
    const file = openSync(path, 'r')
    try {
      const bytes = Buffer.alloc(length)
      readSync(file, bytes, 0, length, offset + start)
      return inflateRawSync(bytes, { maxOutputLength: MOST_PAGE }).toString('utf8')
    } finally {
      closeSync(file)
    }
  } catch {
    return undefined
  }
}

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

function readText(path: string): string | undefined {
  try {
    const found = statSync(path)
    return found.isFile() && found.size <= MOST_PAGE ? readFileSync(path, 'utf8') : undefined
  } catch {
    return undefined
  }
}
