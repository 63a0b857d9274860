// Reads an archive of tldr pages (ZIP) that somebody carried in, and packs its pages into one file that is read quickly.
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { KaroError } from '../../../base/errors.ts'

/** Bytes of an archive, of one page, and how many pages are taken. */
export const MOST_ARCHIVE = 128 * 1024 * 1024
const MOST_PAGE = 64 * 1024
const MOST_PAGES = 40_000
/** Bytes of all pages together, unpacked. */
const MOST_UNPACKED = 64 * 1024 * 1024
/** First bytes of a packed file: the format, then the length of its index as ten digits. */
export const PACK_FORMAT = 'karo-pages-1 '

/** Pages by the name of their tool; English ones for Linux or for every system. */
export function pagesIn(archive: Buffer, where: string): ReadonlyMap<string, string> {
  const wrong = (message: string): KaroError =>
    new KaroError('bad_file', message, {
      where,
      hint: 'Give the ZIP archive of tldr pages, for example tldr-pages.en.zip.',
    })
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]))
  if (end < 0 || end + 22 > archive.length) throw wrong('this is no ZIP archive')
  const pages = new Map<string, string>()
  const count = Math.min(archive.readUInt16LE(end + 10), MOST_PAGES)
  let at = archive.readUInt32LE(end + 16)
  let unpacked = 0
  try {
    for (let i = 0; i < count; i++) {
      if (archive.readUInt32LE(at) !== 0x02014b50) throw wrong('the ZIP archive is damaged')
      const [name, comment] = [archive.readUInt16LE(at + 28), archive.readUInt16LE(at + 32)]
      const path = archive.toString('utf8', at + 46, at + 46 + name)
      const tool = /^(?:pages(?:\.en)?\/)?(?:common|linux)\/([\w.+@-]{1,80})\.md$/.exec(path)?.[1]
      // A page for Linux is nearer than one for every system.
      if (tool !== undefined && (!pages.has(tool) || path.includes('linux/'))) {
        const page = content(archive, at)
        unpacked += page.length
        if (unpacked > MOST_UNPACKED)
          throw wrong(
            `the pages of the archive are more than ${MOST_UNPACKED / 1024 / 1024} MiB when unpacked`,
          )
        pages.set(tool, page.toString('utf8'))
      }
      at += 46 + name + archive.readUInt16LE(at + 30) + comment
    }
  } catch (error) {
    throw error instanceof KaroError ? error : wrong('the ZIP archive is damaged')
  }
  if (pages.size === 0) throw wrong('the archive holds no page of tldr')
  return pages
}

function content(archive: Buffer, entry: number): Buffer {
  const method = archive.readUInt16LE(entry + 10)
  const packed = archive.readUInt32LE(entry + 20)
  const local = archive.readUInt32LE(entry + 42)
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
  const bytes = archive.subarray(start, start + packed)
  return method === 0 ? bytes.subarray(0, MOST_PAGE) : inflateRawSync(bytes, { maxOutputLength: MOST_PAGE })
}

/** One file of all pages: format, length of the index, index as JSON, then each page deflated. */
export function pack(pages: ReadonlyMap<string, string>): Buffer {
  const index: Record<string, readonly [start: number, length: number]> = {}
  const chunks: Buffer[] = []
  let at = 0
  for (const [tool, text] of [...pages].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const bytes = deflateRawSync(text)
    index[tool] = [at, bytes.length]
    chunks.push(bytes)
    at += bytes.length
  }
  const head = Buffer.from(JSON.stringify(index))
  return Buffer.concat([Buffer.from(PACK_FORMAT + String(head.length).padStart(10, '0')), head, ...chunks])
}
