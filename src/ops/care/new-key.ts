// Makes a new key for a home whose key is lost. From then on its history belongs to another node.
import { statSync } from 'node:fs'
import type { Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { type HomePaths, isKeyLost } from '../../config/paths.ts'
import { createIdentityFile, type Identity } from '../../trust/identity/index.ts'
import { refuseSecond } from '../system/lock.ts'

/**
 * Errors: `conflict` where there is a key, or a daemon that runs and has one in its memory; `not_found` where there is
 * no node; `refused` for anybody but the home's owner, whose daemon could not read it; `bad_file`.
 */
export async function newKey(paths: HomePaths, random: Random): Promise<Identity> {
  await refuseSecond(paths.lock)
  const user = process.geteuid?.()
  const owner = statSync(paths.home, { throwIfNoEntry: false })?.uid
  if (owner !== undefined && user !== undefined && owner !== user) {
    throw new KaroError('refused', `the directory belongs to uid ${owner}, and so does its key`, {
      where: paths.home,
      hint: `Run it as that user: sudo -u '#${owner}' karo identity new`,
    })
  }
  if (!isKeyLost(paths) && statSync(paths.key, { throwIfNoEntry: false }) === undefined) {
    throw new KaroError('not_found', 'there is no node here yet', {
      where: paths.home,
      hint: 'karo init makes one.',
    })
  }
  return createIdentityFile(paths.key, random)
}
