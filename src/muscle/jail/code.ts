// What a jail runs as code: where it only reads, it gets the bytes that were compared, in directories of its own that nobody outside reaches.
import { constants, readlinkSync } from 'node:fs'
import { lstat, open, readdir, readlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { orElse } from '../../base/run/or-else.ts'
import { contentAt, MISSING, wordsFor } from '../contract/content.ts'
import type { Code } from '../contract/messages.ts'
import { isIn, type Part, type Place, type Places } from './places.ts'
import { JailError, type JailSpec } from './provider.ts'

/** What lies beside code is mounted one by one, and bubblewrap takes a second for so many. */
const MOST_BESIDE = 512
/** Bytes of code of one jail. */
const MOST_BYTES = 64 * 1024 * 1024
/** As the kernel follows. */
const MOST_LINKS = 40
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
/** Of a directory of its own; long links take some. */
const OWN_BYTES = String(1024 ** 2)

interface Held {
  readonly places: Places
  /** Lies where the jail writes, so that it cannot be put in its place: see `compare`. */
  readonly loose: readonly Code[]
}

/**
 * A mount on a file of the machine falls off when somebody outside removes that file, or renames a directory above it. So a place for
 * reading in which code lies is not mounted: its directories down to the code are made anew, with the code that was compared, the same links, and all
 * else mounted into them. Rejects with JailError `changed` for code that is not what it was, and `bad_path` where that takes too much.
 */
export async function hold(
  { code = [], fixed }: Pick<JailSpec, 'code' | 'fixed'>,
  places: Places,
): Promise<Held> {
  const seen = seenOf(code, places)
  if (fixed !== true) return { places, loose: seen }
  /** The outermost place that is only read, for what lies in no place for writing. The system is mounted whole. */
  const topOf = (path: string): Place | undefined => {
    const around = places.binds.filter((bind) => isIn(path, bind.path))
    return around.some(({ path: at, write }) => write || isIn(at, '/usr')) ? undefined : around[0]
  }
  const wanted = new Set<string>()
  const tops = new Set<Place>()
  for (const { path, hash } of seen) {
    if (isDirectory(hash)) continue
    for (const at of waysOf(path, (link) => orElse(() => readlinkSync(link), undefined))) {
      const top = topOf(at)
      if (top === undefined) continue
      tops.add(top)
      wanted.add(at)
    }
  }
  const { made, links, found } = await make([...tops], wanted)
  const isMade = (path: string): boolean => tops.has(topOf(path) as Place)
  const loose = seen.filter((one) => {
    const at = waysOf(one.path, (link) => links.get(link)).at(-1) as string
    const is = found.get(at)
    if (!isMade(at) || (isDirectory(one.hash) && is === undefined)) return true
    // A link that was put there meanwhile may lead to what nobody has looked at.
    check(one, is ?? (wanted.has(at) ? MISSING : ''))
    return false
  })
  const binds = places.binds.filter(({ path, write }) => write || !isMade(path))
  return { places: { ...places, binds, made }, loose }
}

const isDirectory = (hash: string): boolean => hash.startsWith('directory ')

/** Of all that is code what the jail sees: it has the system besides, which its user cannot change. */
export const seenOf = (code: readonly Code[], { binds, hidden }: Places): readonly Code[] =>
  code.filter(
    ({ path }) => binds.some((bind) => isIn(path, bind.path)) && !hidden.some((one) => isIn(path, one.path)),
  )

/** `root`: of the jail, as it is seen from here. Rejects with JailError `changed`. */
export async function compare(loose: readonly Code[], root: string): Promise<void> {
  for (const one of loose) check(one, (await contentAt(root + one.path)).hash)
}

function check({ path, hash }: Code, is: string): void {
  if (is === hash) return
  if (is.startsWith('file ') && /^[0-9a-f]+$/.test(hash))
    throw new JailError('bad_path', `${path} cannot be read by karo-exec, or is larger than 16 MiB`)
  throw changed(path)
}

const changed = (path: string): JailError =>
  new JailError('changed', `${path} has changed since it was let through`)

/** `found`: what is at each wanted path, and the directories on the way to it. */
async function make(tops: readonly Place[], wanted: ReadonlySet<string>) {
  const made: Part[] = []
  const [links, found] = [new Map<string, string>(), new Map<string, string>()]
  let [bytes, beside] = [0, 0]

  /** `from`: the same by the descriptor of the directory above it. */
  async function take(path: string, from = path, how = ['--dir']): Promise<void> {
    // It may be gone, or a filesystem of another user's.
    const is = await lstat(from, { bigint: true }).catch(() => undefined)
    if (is === undefined) return
    if (is.isSymbolicLink()) {
      const target = await readlink(from).catch(() => undefined)
      if (target === undefined) return
      links.set(path, target)
      return void made.push({ path, how: ['--symlink', target] })
    }
    if (is.isDirectory() && [...wanted].some((one) => one.startsWith(`${path}/`)))
      return takeAll(path, from, how)
    if (wanted.has(path)) {
      const content = is.isFile() ? await contentAt(from) : undefined
      const { data, hash } = content ?? {}
      found.set(path, data || hash === MISSING ? (hash as string) : wordsFor(is, is.isDirectory()))
      bytes += data?.length ?? 0
      if (bytes > MOST_BYTES) throw new JailError('bad_path', 'it runs more than 64 MiB of code')
      if (data) return void made.push({ path, data, how: ['--perms', content?.isProgram ? '0555' : '0444'] })
    }
    made.push({ path, how: ['--ro-bind-try', path], device: String(is.dev), inode: String(is.ino) })
    beside += 1
    if (beside > MOST_BESIDE)
      throw new JailError(
        'bad_path',
        `${dirname(path)} holds what it runs, beside more than ${MOST_BESIDE} other entries: install that in a place of its own`,
      )
  }

  async function takeAll(path: string, from: string, how: readonly string[]): Promise<void> {
    const directory = await open(from, FOLDER).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EACCES') throw changed(path)
      throw new JailError('bad_path', `${path} holds what it runs, and cannot be read by karo-exec`)
    })
    try {
      made.push({ path, how })
      found.set(path, wordsFor(await directory.stat({ bigint: true }), true))
      const inside = `/proc/self/fd/${directory.fd}`
      for (const name of await readdir(inside)) await take(join(path, name), `${inside}/${name}`)
    } finally {
      await directory.close()
    }
  }

  for (const { path, device, inode } of tops) {
    await take(path, path, ['--size', OWN_BYTES, '--tmpfs'])
    const is = found.get(path)
    if (is === undefined || !isDirectory(is)) continue
    if (is !== `directory ${device}:${inode}`) throw changed(path)
    made.push({ path, how: ['--remount-ro'] })
  }
  return { made, links, found }
}

/** The path, and what each link on it makes of it, one after the other. */
function waysOf(path: string, linkAt: (path: string) => string | undefined, most = MOST_LINKS): string[] {
  for (let end = 0; end < path.length; ) {
    const next = path.indexOf('/', end + 1)
    end = next < 0 ? path.length : next
    const here = path.slice(0, end)
    const target = linkAt(here)
    if (target === undefined) continue
    // Behind a link two dots lead to where that leads, and not back.
    if (most === 0 || /[^./][^/]*\/(?:.*\/)?\.\.(?:\/|$)/.test(target)) throw changed(path)
    const led = join(resolve(dirname(here), target), path.slice(end))
    return [path, ...waysOf(led, linkAt, most - 1)]
  }
  return [path]
}
