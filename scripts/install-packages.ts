// Installs packages of npm for a script that tries them: into a directory of its own, from the registry that npm is configured with.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { track } from '../test/support/run/processes.ts'

/**
 * `scripts`: the packages' own install scripts run, for those that fetch their program by one. What npm has kept is not asked for again.
 * Rejects with what npm said.
 */
export async function installPackages(
  at: string,
  packages: readonly string[],
  { scripts }: { readonly scripts: boolean },
): Promise<void> {
  mkdirSync(at)
  const words = [
    'install',
    '--prefix',
    at,
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    '--loglevel',
    'error',
  ]
  const npm = track(
    spawn('npm', [...words, ...(scripts ? [] : ['--ignore-scripts']), ...packages], {
      stdio: ['ignore', 'ignore', 'pipe'],
    }),
  )
  let said = ''
  npm.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const [code] = await once(npm, 'close').catch((error: Error) => [error.message])
  if (code !== 0) throw new Error(`npm could not install ${packages.join(' ')}: ${said || code}`)
}
