// Reads files that say whom this node trusts, and refuses those that another user of this machine could change.
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs'
import { whyUnreadable } from '../base/disk-trouble.ts'
import { KaroError } from '../base/errors.ts'

/** Write permission for the group and for everybody. */
const OTHERS_WRITE = 0o022

/**
 * Refuses a path that others may write, or that belongs neither to this user nor to root, because a writer of the
 * configuration can grant trust and consent. `what` names the path for people, e.g. `the configuration`. Throws
 * KaroError with `code` and the command that repairs the path.
 */
export function refuseForeign(
  path: string,
  stat: Pick<Stats, 'uid' | 'mode'>,
  what: string,
  code: 'bad_file' | 'bad_config',
  self = process.getuid?.() ?? 0,
): void {
  if (stat.uid !== self && stat.uid !== 0)
    throw new KaroError(
      code,
      `${what} belongs to another user (uid ${stat.uid}), who could use it to grant trust`,
      {
        where: path,
        // A daemon that runs as the owner could no longer read a file that is taken from it.
        hint: `Run karo as that user: sudo -u '#${stat.uid}' karo … Only where the node is your own and somebody else put the path there: sudo chown ${self} ${path}`,
      },
    )
  if ((stat.mode & OTHERS_WRITE) !== 0) {
    const who = (stat.mode & 0o002) !== 0 ? 'everybody on this machine' : 'its group'
    throw new KaroError(code, `${who} may write to ${what}, and could so grant trust in this node's name`, {
      where: path,
      hint: `Run: chmod go-w ${path}`,
    })
  }
}

/**
 * The bytes of the file, undefined if there is none. `what` names it for people. Looks at what it has opened, so that nobody
 * can put another file there in between. Throws KaroError `bad_config` for what cannot be read, has more than `most` bytes, or
 * is no file of this user or root alone.
 */
export function readGuarded(path: string, what: string, most: number): Buffer | undefined {
  try {
    // Non-blocking, because opening a FIFO would wait for a writer.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stat = fstatSync(descriptor)
      if (!stat.isFile()) throw new KaroError('bad_config', 'this is not a file', { where: path })
      refuseForeign(path, stat, what, 'bad_config')
      if (stat.size > most)
        throw new KaroError('bad_config', `the file has ${stat.size} bytes, at most ${most} are read`, {
          where: path,
        })
      return readFileSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (cause) {
    if (cause instanceof KaroError) throw cause
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new KaroError('bad_config', `${what} cannot be read: ${whyUnreadable(cause)}`, {
      where: path,
      cause,
    })
  }
}

/** Bytes of a file as text. Throws KaroError `bad_config` that names the line with the first fault. */
export function utf8Of(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    // The decoder does not say which byte is wrong, so the line is found by the first replacement character.
    const line = bytes.toString('utf8').split('\ufffd')[0]!.split('\n').length
    throw new KaroError('bad_config', 'the file is not UTF-8 text', { where: `${path}:${line}`, cause })
  }
}
