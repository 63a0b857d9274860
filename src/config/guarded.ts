// Whether somebody else on this machine could change a file or directory that says whom this node trusts.
import type { Stats } from 'node:fs'
import { KaroError } from '../base/errors.ts'

/** Write permission for the group and for everybody. */
const OTHERS_WRITE = 0o022

/**
 * Refuses what others may write, or what belongs neither to this user nor to root: whoever can write the configuration
 * grants trust and consent. `what` names it for people, e.g. `the configuration`. Throws KaroError with `code` and the
 * command that repairs it.
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
      `${what} belongs to another user (uid ${stat.uid}), who could grant trust in it`,
      {
        where: path,
        hint: `Run karo as that user, or give it to yours: sudo chown ${self} ${path}`,
      },
    )
  }
  if ((stat.mode & OTHERS_WRITE) !== 0) {
    const who = (stat.mode & 0o002) !== 0 ? 'everybody on this machine' : 'its group'
    throw new KaroError(code, `${who} may write to ${what}, and so grant trust in this node's name`, {
      where: path,
      hint: `Run: chmod go-w ${path}`,
    })
  }
}
