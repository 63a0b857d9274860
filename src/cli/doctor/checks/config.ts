// Checks of the configuration: whether the file can be used, and whether the daemon uses it.
import type { KaroError } from '../../../base/errors.ts'
import { type Finding, fail, ok, skipped, warn } from '../result.ts'
import { quote } from '../shell-words.ts'
import type { World } from '../world.ts'
import { GROUP_OR_OTHERS_WRITE, narrowed } from './home.ts'

export async function configFile(world: World): Promise<readonly Finding[]> {
  const config = world.config()
  if ('loaded' in config) {
    const { file, warnings } = config.loaded
    if (warnings.length > 0)
      return warnings.map((says) => warn(says, 'Remove it or correct it; karo config list shows every key.'))
    return [ok(file === undefined ? 'there is no config.toml: every key has its default' : file)]
  }
  const { error } = config
  // home.directory checks the directory.
  if (error.where === world.paths.home) return [skipped(`see home.directory: ${error.message}`)]
  const path = world.paths.config
  const stat = world.stat(path)
  if (
    stat === 'denied' ||
    (stat !== 'missing' && world.uid !== 0 && stat.uid !== world.uid && (stat.mode & 0o044) === 0)
  ) {
    return [skipped(`only root may read ${path}: sudo karo doctor`)]
  }
  const where = error.where === undefined ? '' : `${error.where}: `
  const writable = stat !== 'missing' && error.where === path && (stat.mode & GROUP_OR_OTHERS_WRITE) !== 0
  const safe = writable ? narrowed(world, path, stat, stat.mode & ~GROUP_OR_OTHERS_WRITE & 0o7777) : undefined
  return [fail(`${where}${error.message}`, error.hint?.replace(/^Run: /, '') ?? editOf(error, path), safe)]
}

/** The command that opens the file at the named line; undefined if no line is named. */
function editOf({ where }: KaroError, file: string): string | undefined {
  const line = where?.startsWith(`${file}:`) ? where.slice(file.length + 1) : undefined
  return line && /^\d+$/.test(line) ? `"\${EDITOR:-vi}" +${line} ${quote(file)}` : undefined
}

export async function configInForce(world: World): Promise<readonly Finding[]> {
  const facts = await world.facts()
  if (facts === undefined) return []
  const { reload, restart, problem } = facts.config
  // config.file tells what is wrong with the file.
  if (problem !== null) return [skipped('the file cannot be used, so its changes are unknown')]
  const { service } = world
  const found: Finding[] = []
  if (reload.length > 0) {
    const by = service
      ? 'sudo systemctl'
      : (await isUserUnit(world, facts.pid))
        ? 'systemctl --user'
        : undefined
    found.push(
      by === undefined
        ? warn(
            `not in force yet: ${reload.join(', ')}; only a service can reload; karo up reads the file when it starts`,
            restartOf(world, facts.pid),
          )
        : warn(`not in force until the daemon reloads: ${reload.join(', ')}`, `${by} reload karo`),
    )
  }
  if (restart.length > 0) {
    found.push(warn(`in force after a restart: ${restart.join(', ')}`, restartOf(world, facts.pid)))
  }
  return found.length > 0 ? found : [ok('the daemon uses the values of the file')]
}

/** Whether the person's own systemd runs the daemon. */
async function isUserUnit({ run }: World, pid: number): Promise<boolean> {
  const ran = await run('systemctl', '--user', 'show', 'karo.service', '-p', 'MainPID')
  return ran.kind === 'ran' && ran.stdout.trim() === `MainPID=${pid}`
}

/** The command that restarts the daemon. */
export function restartOf({ service, homeFlag }: World, pid: number | undefined): string {
  if (service) return 'sudo systemctl restart karo'
  return `kill ${pid ?? '<pid>'}\nkaro up${homeFlag}`
}
