// The last step of a restore: what stands ready in the home takes the place of what was there; a kill only delays it.
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Faults } from '../base/faults.ts'

/** Complete when it has this name. */
export const READY = 'restored'
/** In it: the name of the directory that what was there is moved to. */
export const ASIDE = 'aside'

/** True when there is something to finish. */
export const isReady = (home: string): boolean => existsSync(join(home, READY))

/**
 * Moves each thing that stands ready into its place, and what was there aside. Whoever is killed in it goes on where
 * it was. Resolves with the directory of what was there; undefined when there was nothing. Nobody may run in `home`.
 */
export function finishRestore(home: string, faults: Faults): string | undefined {
  const ready = join(home, READY)
  const aside = join(home, readFileSync(join(ready, ASIDE), 'utf8'))
  const { uid, gid } = statSync(home)
  for (const name of readdirSync(ready)) {
    if (name === ASIDE) continue
    const place = join(home, name)
    if (existsSync(place)) {
      if (!existsSync(aside)) {
        mkdirSync(aside, { mode: 0o700 })
        chownSync(aside, uid, gid)
      }
      renameSync(place, join(aside, name))
      faults.hit('restore-step')
    }
    renameSync(join(ready, name), place)
    faults.hit('restore-step')
  }
  rmSync(ready, { recursive: true })
  return existsSync(aside) ? aside : undefined
}
