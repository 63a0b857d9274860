// Installs packages of npm for a script that tries them: into a directory of its own, from the registry that npm is configured with.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

/**
 * `scripts`: the packages' own install scripts run, for those that fetch their program by one. Throws with what npm said.
 */
export function installPackages(
  at: string,
  packages: readonly string[],
  { scripts }: { readonly scripts: boolean },
): void {
  mkdirSync(at)
  const words = ['install', '--prefix', at, '--no-audit', '--no-fund', '--loglevel', 'error']
  const done = spawnSync('npm', [...words, ...(scripts ? [] : ['--ignore-scripts']), ...packages], {
    encoding: 'utf8',
  })
  if (done.status !== 0)
    throw new Error(`npm could not install ${packages.join(' ')}: ${done.error?.message ?? done.stderr}`)
}
