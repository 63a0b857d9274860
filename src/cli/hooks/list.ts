// karo hook list: which AI coding tools have the hook, and whether they run it as it is.
import { ADAPTER_NAMES, ADAPTERS } from '../adapters/index.ts'
import { isThere, judgeToolHook } from '../doctor/checks/terminal.ts'
import { type CommandIo, fitted, printJson, table } from '../kit.ts'
import { startersOf } from '../run/starters.ts'
import { hookLook } from './looks.ts'
import { fileOf, isHere, type Place } from './settings.ts'
import { startsInJail } from './starter.ts'

export function listHooks(io: CommandIo): undefined {
  const tools = ADAPTER_NAMES.flatMap((name) => {
    const adapter = ADAPTERS[name]
    const { settings } = adapter
    if (settings === undefined) return []
    const own = fileOf(io, settings, 'user')
    const at = (scope: Place['scope']) => {
      const file = fileOf(io, settings, scope)
      // In the home the file of a project is the person's own.
      const look = scope === 'project' && file === own ? undefined : hookLook(io, name, scope)
      const finding = look && judgeToolHook(look, '', isThere(io.env))
      return {
        file,
        installed: look !== undefined,
        trust: look?.trust,
        // What keeps the tool from running the hook as it is now, and what to do.
        warning: finding?.outcome === 'warn' ? `${finding.detail}: ${finding.fix}` : undefined,
        stale: finding?.safe !== undefined,
      }
    }
    const found = isHere(io, settings)
    return [
      {
        tool: name,
        title: adapter.title,
        found,
        user: at('user'),
        project: at('project'),
        jail: startsInJail(io, name),
      },
    ]
  })
  if (io.json) return printJson(io, { tools })
  const yes = (is: boolean): string => (is ? 'yes' : '–')
  const standing = ({ installed, warning, stale }: (typeof tools)[number]['user']): string =>
    warning === undefined ? yes(installed) : stale ? 'stale' : 'not run'
  io.out(
    table(io, tools, {
      TOOL: 'tool',
      NAME: 'title',
      HERE: ({ found }) => yes(found),
      'FOR YOU': ({ user }) => standing(user),
      'IN A JAIL': ({ jail }) => yes(jail),
      'IN THIS PROJECT': ({ project }) => standing(project),
    }),
  )
  for (const { warning } of tools.flatMap(({ user, project }) => [user, project]))
    if (warning !== undefined) io.out(fitted(`${warning}\n`, io))
  if (tools.some(({ jail }) => jail) && !(io.env.PATH ?? '').split(':').includes(startersOf(io.home)))
    io.out(
      fitted(
        'This shell starts tools without a jail: open a new one; if that does too, karo shell install\n',
        io,
      ),
    )
}
