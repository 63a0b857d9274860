// A Debian package, deb(5): control and data archives inside an ar.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ar, type Entry, plain, tar, withDirectories } from './tar.ts'

const SCRIPTS = join(import.meta.dirname, '../../packaging/debian')
const MAINTAINER = 'The Karo developers <karo@localhost>'
/** Names by which Debian and Node call the same machine. */
export const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

export interface PackageOf {
  readonly version: string
  readonly tree: readonly Entry[]
  /** Seconds since the epoch, of every file. */
  readonly seconds: number
  /** 1 to 9; gzip, because every dpkg reads it and the Node that is pinned always writes the same. */
  readonly level: number
}

export function debName(version: string): string {
  return `karo_${version}_${ARCHITECTURES[process.arch]}.deb`
}

export function deb({ version, tree: all, seconds, level }: PackageOf): Buffer {
  const tree = [...all, changelog(version, seconds)]
  const inside = (entries: readonly Entry[]): Buffer =>
    tar(
      [
        { path: '.', mode: 0o755, content: 'directory' },
        ...withDirectories(entries).map((entry) => ({ ...entry, path: `./${entry.path}` })),
      ],
      seconds,
    )
  const files = tree.flatMap(({ path, content }) =>
    typeof content === 'object' && 'bytes' in content ? [{ path, bytes: content.bytes }] : [],
  )
  files.sort((a, b) => (a.path < b.path ? -1 : 1))
  const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')
  const control: Entry[] = [
    text('control', controlOf(version, files)),
    // Files of the administrator: upgrades ask before they replace one that was changed.
    text(
      'conffiles',
      files
        .filter(({ path }) => path.startsWith('etc/'))
        .map(({ path }) => `/${path}\n`)
        .join(''),
    ),
    text('md5sums', files.map(({ path, bytes }) => `${md5(bytes)}  ${path}\n`).join('')),
    ...['preinst', 'postinst', 'prerm', 'postrm'].map((name) => ({
      ...text(name, readFileSync(join(SCRIPTS, name), 'utf8')),
      mode: 0o755,
    })),
  ]
  return ar(
    [
      { name: 'debian-binary', bytes: Buffer.from('2.0\n') },
      { name: 'control.tar.gz', bytes: gzipSync(inside(control), { level }) },
      { name: 'data.tar.gz', bytes: gzipSync(inside(tree), { level }) },
    ],
    seconds,
  )
}

const text = (path: string, content: string): Entry => plain(path, Buffer.from(content))

/** Debian asks for one; what changed is in the commits. */
function changelog(version: string, seconds: number): Entry {
  const date = new Date(seconds * 1000).toUTCString().replace('GMT', '+0000')
  const lines = `karo (${version}) unstable; urgency=medium\n\n  * See the history of the sources.\n\n -- ${MAINTAINER}  ${date}\n`
  return plain('usr/share/doc/karo/changelog.gz', gzipSync(lines, { level: 9 }))
}

/** Node is linked with these four; sysusers, tmpfiles and the unit are systemd's. */
function controlOf(version: string, files: readonly { bytes: Uint8Array }[]): string {
  const kilobytes = files.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / 1024), 0)
  return `Package: karo
Version: ${version}
Architecture: ${ARCHITECTURES[process.arch]}
Maintainer: ${MAINTAINER}
Installed-Size: ${kilobytes}
Depends: libc6 (>= 2.28), libgcc-s1 | libgcc1, libstdc++6 (>= 8), systemd (>= 247)
Recommends: bubblewrap (>= 0.8)
Section: admin
Priority: optional
Description: terminal intelligence for closed networks
 A personal copilot for the commands of a machine, and a serverless encrypted
 mesh of machines together. The mesh never carries raw commands.
 .
 Brings its own Node.js.
`
}
