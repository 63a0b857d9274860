// Makes a new key for a home whose key is lost. From then on its history belongs to another node.
import { existsSync, renameSync } from 'node:fs'
import type { Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { type HomePaths, isKeyLost } from '../../config/paths.ts'
import { createIdentityFile, type Identity, readPublicIdentity } from '../../trust/identity/index.ts'
import { refuseSecond } from '../system/lock.ts'
import { actAsOwner } from './owner.ts'

/**
 * `replace`: a key that is there is kept under another name. Errors: `conflict` where there is one without that, or a daemon
 * that runs and has one in its memory; `not_found` where there is no node; `refused` for anybody but the home's owner, whose daemon could not read it; `bad_file`.
 */
export async function newKey(paths: HomePaths, random: Random, replace: boolean): Promise<Identity> {
  await refuseSecond(paths.lock)
  // The owner's daemon has to read what is made.
  actAsOwner(paths.home)
  const isLost = isKeyLost(paths)
  if (!isLost && !existsSync(paths.key))
    throw new KaroError('not_found', 'there is no node here yet', {
      where: paths.home,
      hint: 'karo init makes one.',
    })
  if (replace && !isLost) renameSync(paths.key, `${paths.key}.${readPublicIdentity(paths.key).fingerprint}`)
  return createIdentityFile(paths.key, random)
}
