// The guard as loadGuard gives it, without the code that reads TOML where no file sets anything of it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULTS, type Guard } from './guard.ts'
import { type GuardSources, MACHINE_RULES, setsAny } from './sources.ts'

/** Never rejects; see loadGuard. */
export async function quickGuard(from: GuardSources): Promise<Guard> {
  const { machineFile = MACHINE_RULES, now = Date.now } = from
  const own = join(from.home, 'guard.toml')
  if (setsAny(from) || existsSync(own) || existsSync(machineFile))
    return (await import('./load.ts')).loadGuard(from)
  return {
    ...DEFAULTS,
    rules: [],
    files: [
      { path: machineFile, whose: 'machine' },
      { path: own, whose: 'own' },
    ],
    warnings: [],
    now,
  }
}
