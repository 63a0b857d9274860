// The database of a node that does not run: looked into, or saved into a new one, by whom it belongs to.
import { existsSync } from 'node:fs'
import { parseNodeId } from '../../../protocols/node-id.ts'
import { KaroError } from '../../base/errors.ts'
import { shellWord } from '../../base/quote.ts'
import { holdHome } from '../../ops/system/home-lock.ts'
import type { RepairOptions, Report } from '../../store/rescue/repair.ts'
import { verifyLedger } from '../../trust/audit/verify.ts'
import { readPublicIdentity } from '../../trust/identity/index.ts'
import type { World } from './world.ts'

export type { Report } from '../../store/rescue/repair.ts'

/**
 * With `dry` nothing is changed. KaroErrors: `conflict` while a daemon has it open, `not_found` without a database,
 * `bad_file`.
 */
export async function mendDatabase(world: World, dry: boolean): Promise<Report> {
  const { paths, service, homeFlag } = world
  const directory = paths.db
  const state = await world.daemon()
  if (state.kind === 'up' || state.kind === 'unreachable')
    throw new KaroError('conflict', `a daemon has the database open, with pid ${state.pid}`, {
      where: directory,
      hint: `Stop it first: ${service ? 'sudo systemctl stop karo' : `karo stop${homeFlag}`}`,
    })
  const { checkDatabase, repairDatabase } = await import('../../store/rescue/repair.ts')
  const options = ledgerOptions(paths.key)
  const letGo = existsSync(paths.home) ? await holdHome(paths, service) : undefined
  try {
    return await (dry ? checkDatabase(directory, options) : repairDatabase(directory, options))
  } finally {
    letGo?.()
  }
}

/** Without the key whose signatures the heads bear the chain cannot be judged, and the rest can. */
function ledgerOptions(key: string): RepairOptions {
  let publicKey: Uint8Array
  try {
    publicKey = parseNodeId(readPublicIdentity(key).nodeId) as Uint8Array
  } catch {
    return {}
  }
  return {
    async ledger(repository) {
      const { ok, first_bad } = await verifyLedger(repository, publicKey)
      return ok
        ? undefined
        : `entry ${first_bad} of the audit ledger is altered, missing, or not what was signed`
    },
  }
}

/** What may bring back more than a repair: as it has to be typed, but for the home. */
export const restoreCommand = (service: boolean): string =>
  service ? 'sudo karo restore <file> --service --replace' : 'karo restore <file> --replace'

/** Where the one that was damaged is kept, and how to be rid of it. */
export function aboutCopy(copy: string): string {
  return `The database as it was is kept in ${copy}. When you do not need it any more: rm -r ${shellWord(copy)}`
}
