// The bundle for machines without a package manager of Debian's, or without any network: files, checksums, a script.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { PackageOf } from './deb.ts'
import { type Entry, tar, withDirectories } from './tar.ts'

const INSTALL = join(import.meta.dirname, '../../packaging/install.sh')

export function offlineName(version: string): string {
  return `karo-${version}-linux-${process.arch}`
}

/** One directory of the bundle's name: install.sh, SHA256SUMS of all the rest, and below `root/` what is installed. */
export function offlineBundle({ version, tree, seconds, level }: PackageOf): Buffer {
  const files: Entry[] = [
    ...tree.map((entry) => ({ ...entry, path: `root/${entry.path}` })),
    { path: 'VERSION', mode: 0o644, content: { bytes: Buffer.from(`${version}\n`) } },
    { path: 'install.sh', mode: 0o755, content: { bytes: readFileSync(INSTALL) } },
  ]
  const sums = withDirectories(files).flatMap(({ path, content }) =>
    typeof content === 'object' && 'bytes' in content ? [`${sha256(content.bytes)}  ${path}\n`] : [],
  )
  files.push({ path: 'SHA256SUMS', mode: 0o644, content: { bytes: Buffer.from(sums.join('')) } })
  const name = offlineName(version)
  const below = files.map((entry) => ({ ...entry, path: `${name}/${entry.path}` }))
  return gzipSync(tar(withDirectories(below), seconds), { level })
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
