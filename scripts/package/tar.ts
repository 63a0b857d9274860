// Archives that come out the same every time: ustar (POSIX.1-1988) and ar, in the order given, one owner, one time.
import { Buffer } from 'node:buffer'
import { TAR_BLOCK, tarHeader } from '../../src/base/tar.ts'

export interface Entry {
  /** Without a leading slash, at most 100 bytes, or 155 before a slash and 100 after it. */
  readonly path: string
  readonly mode: number
  readonly content: { readonly bytes: Uint8Array } | { readonly link: string } | 'directory'
}

/** Modes are ours, whatever umask the checkout was made with. */
export function plain(path: string, bytes: Uint8Array): Entry {
  return { path, mode: 0o644, content: { bytes } }
}

/** Everything belongs to root (0, 0) and has the time `seconds` (since the epoch). */
export function tar(entries: readonly Entry[], seconds: number): Buffer {
  const parts: Uint8Array[] = []
  for (const entry of entries) {
    const bytes = typeof entry.content === 'object' && 'bytes' in entry.content ? entry.content.bytes : EMPTY
    const link =
      typeof entry.content === 'object' && 'link' in entry.content ? { link: entry.content.link } : {}
    const path = entry.content === 'directory' ? `${entry.path}/` : entry.path
    const header = tarHeader({ path, mode: entry.mode, size: bytes.length, seconds, ...link })
    parts.push(header, bytes, Buffer.alloc(-bytes.length & (TAR_BLOCK - 1)))
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * TAR_BLOCK)])
}

const EMPTY = Buffer.alloc(0)

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
