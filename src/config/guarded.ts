// Refuses a file or directory that says whom this node trusts if another user of this machine could change it.
import type { Stats } from 'node:fs'
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
  if (stat.uid !== self && stat.uid !== 0) {
    throw new KaroError(
      code,
      `${what} belongs to another user (uid ${stat.uid}), who could use it to grant trust`,
      {
        where: path,
        // A daemon that runs as the owner could no longer read a file that is taken from it.
        hint: `Run karo as that user: sudo -u '#${stat.uid}' karo … Only where the node is your own and somebody else put the path there: sudo chown ${self} ${path}`,
      },
    )
  }
  if ((stat.mode & OTHERS_WRITE) !== 0) {
    const who = (stat.mode & 0o002) !== 0 ? 'everybody on this machine' : 'its group'
    throw new KaroError(code, `${who} may write to ${what}, and could so grant trust in this node's name`, {
      where: path,
      hint: `Run: chmod go-w ${path}`,
    })
  }
}
