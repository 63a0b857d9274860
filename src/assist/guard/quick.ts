// Loads the guard without the code that reads TOML if no file sets anything of it.
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { fleetFile, fleetRules, MACHINE_FLEET } from '../../config/paths.ts'
import { DEFAULTS, type Guard } from './guard.ts'
import { loosened, sealedIn } from './seal.ts'
import { type GuardSources, MACHINE_RULES, setsAny } from './sources.ts'

/** The same guard as loadGuard gives. Never rejects. */
export async function quickGuard(from: GuardSources): Promise<Guard> {
  const { machineFile = MACHINE_RULES, machineFleet = MACHINE_FLEET, now = Date.now } = from
  const own = join(from.home, 'guard.toml')
  const fleets = [...new Set([fleetFile(from.home), machineFleet])]
  const isLooser = loosened(sealedIn(from.home, DEFAULTS.sets), DEFAULTS.sets).length > 0
  if (isLooser || setsAny(from) || [own, machineFile, ...fleets].some(mayBeThere))
    return (await import('./load.ts')).loadGuard(from)
  return {
    ...DEFAULTS,
    rules: [],
    files: [
      ...[machineFile, ...fleets.map(fleetRules)].map((path) => ({ path, whose: 'machine' as const })),
      { path: own, whose: 'own' },
    ],
    warnings: [],
    now,
    home: from.home,
  }
}

/** Whether loadGuard should look at the path; also true for dangling links and unreadable paths, which it reports. */
function mayBeThere(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code !== 'ENOENT' && code !== 'ENOTDIR'
  }
}
