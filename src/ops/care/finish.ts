// The last step of a restore: entries that stand ready in the home take the places of the old ones; a kill only delays it.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { KaroError } from '../../base/errors.ts'
import { syncPath } from '../../base/files.ts'
import type { Faults } from '../../base/run/faults.ts'

/** Complete when it has this name. */
export const READY = 'restored'
/** A file with the name of the directory to which the home's former content is moved. */
export const ASIDE = 'aside'

const ASIDE_NAME = /^before-restore-[\d-]+$/
/** The entries that a restore puts into a home. */
const RESTORED = ['identity.key', 'config.toml', 'config.toml.from-backup', 'db'] as const

/** True when there is something to finish. */
export const isReady = (home: string): boolean => existsSync(join(home, READY))

/**
 * Moves each thing that stands ready into its place, and what was there aside. Whoever is killed in it goes on where
 * it was. Returns the directory of what was there; undefined when there was nothing. Nobody may run in `home`.
 * Throws KaroError, with nothing moved: `bad_file` for what no restore left, `refused` for root in somebody's home.
 */
export function finishRestore(home: string, faults: Faults): string | undefined {
  const { uid } = statSync(home)
  if (process.geteuid?.() === 0 && uid !== 0) {
    throw new KaroError('refused', `an unfinished restore waits here, and the home belongs to uid ${uid}`, {
      where: home,
      hint: `Run it as that user: sudo -u '#${uid}' karo up`,
    })
  }
  const ready = join(home, READY)
  // Killed after the last step, while it was being removed.
  if (readdirSync(ready).length === 0) {
    rmdirSync(ready)
    return undefined
  }
  const aside = join(home, asideOf(ready))
  for (const name of RESTORED) {
    if (!existsSync(join(ready, name))) continue
    const place = join(home, name)
    if (existsSync(place)) {
      if (!existsSync(aside)) mkdirSync(aside, { mode: 0o700 })
      renameSync(place, join(aside, name))
      faults.hit('restore-step')
    }
    renameSync(join(ready, name), place)
    faults.hit('restore-step')
  }
  const kept = existsSync(aside) ? aside : undefined
  // The list of moves may be removed only when all of them are on disk.
  if (kept !== undefined) syncPath(kept)
  syncPath(home)
  rmSync(ready, { recursive: true })
  syncPath(home)
  return kept
}

/** The directory that the file names. Refused when it leads out of the home, so that only restored entries are moved. */
function asideOf(ready: string): string {
  const strange = readdirSync(ready).find((name) => name !== ASIDE && !RESTORED.some((one) => one === name))
  const aside = readFileSync(join(ready, ASIDE), 'utf8')
  if (strange === undefined && ASIDE_NAME.test(aside)) return aside
  throw new KaroError(
    'bad_file',
    'this directory has the name of an unfinished restore, and no restore left it',
    {
      where: strange === undefined ? join(ready, ASIDE) : join(ready, strange),
      hint: `Look at it, and remove it: rm -r ${ready}`,
    },
  )
}
