// What to say when nothing in the history fits: whether the shell or the directory that was asked for is in it at all.
import { statSync } from 'node:fs'
import { callDaemon } from '../../api/contract/client.ts'
import { printable } from '../../base/format.ts'
import type { CommandInput, CommandIo } from '../command.ts'
import { pathWith } from '../values.ts'
import { filtersOf } from './filters.ts'

/** One sentence. Asks the daemon, at most twice. */
export async function nothingFound(io: CommandIo, { options }: CommandInput): Promise<string> {
  const { shell, cwd } = filtersOf({ args: {}, options })
  const never = async (name: string, value: string): Promise<boolean> => {
    const path = pathWith(
      '/api/v1/history',
      new URLSearchParams({ [name]: value, limit: '1' }),
      'karo history',
    )
    return ((await callDaemon(io, 'GET', path)) as { total: number }).total === 0
  }
  if (typeof shell === 'string' && (await never('shell', shell)))
    return `Nothing was ever recorded from a shell that is called ${quoted(shell)}.`
  if (typeof cwd === 'string' && (await never('cwd', cwd))) {
    const there = statSync(cwd, { throwIfNoEntry: false })?.isDirectory() === true
    return `Nothing was ever recorded in ${quoted(cwd)}${there ? '' : ', and there is no such directory'}.`
  }
  return 'No command in your history matches: try fewer words, or leave out a filter.'
}

/** It may hold anything; the terminal is told no more than can be seen. */
const quoted = (text: string): string => `"${printable(text)}"`
