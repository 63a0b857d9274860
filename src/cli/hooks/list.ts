// karo hook list: which AI coding tools have the hook, and whether they run it.
import * as fs from 'node:fs'
import { orElse } from '../../base/run/or-else.ts'
import { ADAPTER_NAMES, ADAPTERS } from '../adapters/index.ts'
import { ownHooks } from '../adapters/settings.ts'
import { type CommandIo, printJson } from '../command.ts'
import { startersOf } from '../run/starters.ts'
import { table } from '../terminal/table.ts'
import { fitted } from '../terminal/text.ts'
import { fileOf, isHere, type Place, toolDirectory } from './settings.ts'
import { startsInJail } from './starter.ts'
import { type Trust, trustOf } from './trust.ts'

export function listHooks(io: CommandIo, home: string): undefined {
  const tools = ADAPTER_NAMES.flatMap((name) => {
    const adapter = ADAPTERS[name]
    const { settings } = adapter
    if (settings === undefined) return []
    const at = (scope: Place['scope']) => {
      const file = fileOf(io, settings, scope, home)
      const installed = isInstalled(file)
      const trust = installed ? trustOf(name, file, toolDirectory(io, settings, home)) : undefined
      return { file, installed, trust }
    }
    const found = isHere(io, settings, home)
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
  const standing = ({ installed, trust }: { installed: boolean; trust: Trust | undefined }): string =>
    trust === undefined || trust === 'trusted' ? yes(installed) : TRUST_WORDS[trust]
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
  for (const { title, user, project } of tools)
    if ([user, project].some(({ trust }) => trust === 'untrusted' || trust === 'disabled'))
      io.out(`${title} does not run the hook until you trust it: type /hooks in ${title}.\n`)
  if (tools.some(({ jail }) => jail) && !(io.env.PATH ?? '').split(':').includes(startersOf(io.home)))
    io.out(
      fitted(
        'This shell does not have the hook of Karo, so it starts tools without a jail. karo shell install gives it to new shells.\n',
        io.columns,
      ),
    )
}

const TRUST_WORDS = { untrusted: 'not trusted', disabled: 'off', unknown: 'unknown' } as const

function isInstalled(file: string): boolean {
  return orElse(() => Object.keys(ownHooks(fs.readFileSync(file, 'latin1'))).length > 0, false)
}
