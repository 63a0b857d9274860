// The check of the guard: the profile in force, whether its files can be used, and shells without the guard.
import { loadGuard } from '../../../assist/guard/index.ts'
import { type Finding, ok, warn } from '../result.ts'
import type { World } from '../world.ts'

export async function shellGuard(world: World): Promise<readonly Finding[]> {
  // Shells of a person use the person's files and the machine's rules, never the service's directory.
  const { profile, source, warnings } = loadGuard({
    home: world.personHome ?? world.paths.home,
    env: world.env,
    now: world.now,
  })
  if (warnings.length > 0) return warnings.map((said) => warn(said, `karo guard list${world.homeFlag}`))
  if (profile === 'off') return [ok(`off (${source})`)]
  const bare = world.startFiles().filter(({ marked }) => marked.some((line) => line.includes(' --no-guard')))
  const without =
    bare.length === 0 ? '' : `; not in ${bare.map(({ shell }) => shell).join(', ')} (--no-guard)`
  return [ok(`${profile} (${source})${without}`)]
}
