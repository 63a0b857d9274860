// Archives that come out the same every time: ustar (POSIX.1-1988) and ar, in the order given, one owner, one time.
import { Buffer } from 'node:buffer'

export interface Entry {
  /** Without a leading slash, at most 100 bytes, or 155 before a slash and 100 after it. */
  readonly path: string
  readonly mode: number
  readonly content: { readonly bytes: Uint8Array } | { readonly link: string } | 'directory'
}

const BLOCK = 512

/** Everything belongs to root (0, 0) and has the time `seconds` (since the epoch). */
export function tar(entries: readonly Entry[], seconds: number): Buffer {
  const parts: Uint8Array[] = []
  for (const entry of entries) {
    const bytes = typeof entry.content === 'object' && 'bytes' in entry.content ? entry.content.bytes : EMPTY
    parts.push(header(entry, bytes.length, seconds), bytes, Buffer.alloc(-bytes.length & (BLOCK - 1)))
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
}

const EMPTY = Buffer.alloc(0)

function header({ path, mode, content }: Entry, size: number, seconds: number): Buffer {
  const block = Buffer.alloc(BLOCK)
  const isDirectory = content === 'directory'
  const [prefix, name] = split(isDirectory ? `${path}/` : path)
  const link = typeof content === 'object' && 'link' in content ? content.link : ''
  const octal = (value: number, at: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  }
  if (Buffer.byteLength(link) > 100) throw new RangeError(`the link is too long for a tar: ${link}`)
  block.write(name, 0, 'utf8')
  octal(mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(seconds, 136, 12)
  // The sum is taken with blanks in its own place.
  block.write('        ', 148, 'latin1')
  block.write(isDirectory ? '5' : link === '' ? '0' : '2', 156, 'latin1')
  block.write(link, 157, 'utf8')
  block.write('ustar\x0000', 257, 'latin1')
  block.write('root', 265, 'latin1')
  block.write('root', 297, 'latin1')
  block.write(prefix, 345, 'utf8')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

function split(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path]
  for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)]
    if (Buffer.byteLength(prefix) <= 155 && name !== '' && Buffer.byteLength(name) <= 100)
      return [prefix, name]
  }
  throw new RangeError(`the path is too long for a tar: ${path}`)
}

/** The format around a .deb, ar(5); names of at most 16 characters. */
export function ar(members: readonly { name: string; bytes: Uint8Array }[], seconds: number): Buffer {
  const parts: Uint8Array[] = [Buffer.from('!<arch>\n')]
  for (const { name, bytes } of members) {
    const fields = [
      name.padEnd(16),
      String(seconds).padEnd(12),
      '0     ',
      '0     ',
      '100644  ',
      String(bytes.length).padEnd(10),
    ]
    parts.push(Buffer.from(`${fields.join('')}\`\n`, 'latin1'), bytes, Buffer.alloc(bytes.length & 1, '\n'))
  }
  return Buffer.concat(parts)
}

/** `entries` sorted by path, with every directory above them in front (0755). */
export function withDirectories(entries: readonly Entry[]): Entry[] {
  const all = new Map<string, Entry>()
  for (const entry of entries) {
    const parts = entry.path.split('/')
    for (let i = 1; i < parts.length; i++) {
      const path = parts.slice(0, i).join('/')
      if (!all.has(path)) all.set(path, { path, mode: 0o755, content: 'directory' })
    }
    all.set(entry.path, entry)
  }
  // By code units, so that no locale has a say.
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}
