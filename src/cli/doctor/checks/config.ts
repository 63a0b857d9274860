// Checks of the configuration and of policy files: whether they can be used, and whether the daemon uses them.

import { shellWord } from '../../../base/quote.ts'
import { digestOf, loadPolicies, readPolicyFiles } from '../../../trust/policy/load.ts'
import { type Checks, configOf, fail, ok, onlyRoot, skipped, warn } from '../check.ts'
import { narrowed, OTHERS_WRITE } from '../own.ts'
import type { World } from '../world.ts'

export const config = {
  'config.file': {
    title: 'configuration',
    what: 'config.toml can be read, is TOML, has only keys that exist with values that are allowed, and only you or root can write it; no KARO_… variable is mistyped.',
    why: 'The daemon does not start with an invalid file. A person who can write the file can grant trust in your name.',
    severity: 'fail',
    fix: 'Correct the named line; karo config list shows every key. If others may write the file: chmod go-w <file>.',
    safeFix: 'removes the write permission of others, if the file is yours',
    look(world) {
      const found = world.config()
      if ('loaded' in found) {
        const { file, warnings } = found.loaded
        if (warnings.length > 0) return warnings.map((says) => warn(says))
        return ok(file ?? 'there is no config.toml: every key has its default')
      }
      const { where, message, hint } = found.error
      // home.directory checks the directory.
      if (where === world.paths.home) return skipped(`see home.directory: ${message}`)
      const path = world.paths.config
      const stat = world.stat(path)
      const seen = typeof stat === 'object' ? stat : undefined
      if (
        stat === 'denied' ||
        (seen && world.uid !== 0 && seen.uid !== world.uid && (seen.mode & 0o044) === 0)
      )
        return onlyRoot(path)
      const writable = seen !== undefined && where === path && (seen.mode & OTHERS_WRITE) !== 0
      // At the named line, if one is named.
      const line = where?.startsWith(`${path}:`) ? where.slice(path.length + 1) : ''
      const edit = /^\d+$/.test(line) ? `"\${EDITOR:-vi}" +${line} ${shellWord(path)}` : undefined
      return fail(
        `${where ? `${where}: ` : ''}${message}`,
        hint?.replace(/^Run: /, '') ?? edit,
        writable ? narrowed(world, path, seen, seen.mode & ~OTHERS_WRITE & 0o7777) : undefined,
      )
    },
  },
  'config.in_force': {
    title: 'configuration in force',
    what: 'The running daemon uses the values of the file.',
    why: 'A change of the file may need a reload or a restart; until then the daemon uses the old value.',
    severity: 'warn',
    looksAt: 'admin',
    fix: 'karo config reload, or for the keys that need it: karo config reload --restart. Where it is a service: with sudo.',
    async look({ config: { reload, restart, problem } }, world) {
      // config.file tells what is wrong with the file.
      if (problem !== null) return skipped('the file cannot be used, so its changes are unknown')
      const again = reloadOf(world)
      const found = []
      if (reload.length > 0) found.push(warn(`not in force yet: ${reload.join(', ')}`, again))
      if (restart.length > 0)
        found.push(warn(`in force after a restart: ${restart.join(', ')}`, `${again} --restart`))
      return [...found, ok('the daemon uses the values of the file')]
    },
  },
  'policy.files': {
    title: 'policy files',
    what: 'The files in policy.files can be read, only you or root can write them, Cedar accepts every policy, and the running daemon uses their present content.',
    why: 'The daemon does not start with an invalid policy. After a refused reload it uses the last valid policies, which differ from the files.',
    severity: 'fail',
    fix: 'Correct the named line, then: karo config reload. karo policy test <file> compares policies with your expectations.',
    async look(world) {
      const paths = configOf(world).policy.files
      const facts = (await world.facts())?.policy
      const found = []
      try {
        const { warnings } = await loadPolicies(paths)
        found.push(...warnings.map((says) => warn(says)))
        const now = readPolicyFiles(paths).map(({ path, bytes }) => `${path} ${digestOf(bytes)}`)
        const inForce = facts?.files.map(({ path, digest }) => `${path} ${digest}`)
        if (inForce !== undefined && inForce.join('\n') !== now.join('\n'))
          found.push(warn('the policies in force differ from the files', reloadOf(world)))
      } catch (error) {
        const { message, where } = error as { message: string; where?: string }
        const kept = facts ? '; the daemon uses the policies that it has' : ''
        found.push(fail(`${where ? `${where}: ` : ''}${message}${kept}`))
      }
      const all =
        paths.length === 0 ? 'none: the built-in role table is in force' : `${paths.length} in force`
      return [...found, ok(all)]
    },
  },
} satisfies Checks

/** The command that has the daemon take over the file. */
const reloadOf = ({ service, homeFlag }: World): string =>
  `${service ? 'sudo ' : ''}karo config reload${homeFlag}`

export const RESTART =
  'karo stop, then karo up --background. Where it is a service: sudo systemctl restart karo.'

/** The command that restarts the daemon. */
export const restartOf = ({ service, homeFlag }: World): string =>
  service ? 'sudo systemctl restart karo' : `karo stop${homeFlag}\nkaro up --background${homeFlag}`
