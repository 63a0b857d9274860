// What to say when nothing in the history fits: whether the shell or the directory that was asked for is in it at all.
import { statSync } from 'node:fs'
import { getHistory } from '../../api/contract/operations/history.ts'
import { printable } from '../../base/format.ts'
import type { CommandIo } from '../command.ts'
import { filtersOf } from './filters.ts'

/** One sentence. Asks the daemon, at most twice. */
export async function nothingFound(
  io: CommandIo,
  options: Parameters<typeof filtersOf>[1],
  words: readonly string[] = [],
): Promise<string> {
  const { shell, cwd } = filtersOf([], options)
  const never = async (query: { shell: string } | { cwd: string }): Promise<boolean> =>
    (await io.call(getHistory, { query: { ...query, limit: 1 } })).total === 0
  if (shell !== undefined && (await never({ shell })))
    return `No command was ever recorded from a shell named ${quoted(shell)}.`
  if (cwd !== undefined && (await never({ cwd }))) {
    const there = statSync(cwd, { throwIfNoEntry: false })?.isDirectory() === true
    return `No command was ever recorded in ${quoted(cwd)}${there ? '' : ', and there is no such directory'}.`
  }
  // As if it were a command of its own, which other programs have.
  const tooMuch = words.length > 1 && words[0] === 'search' ? ' The word search is looked for, too.' : ''
  return `No command in your history matches: try fewer words, or leave out a filter.${tooMuch}`
}

/** The text may contain anything, so only printable characters reach the terminal. */
const quoted = (text: string): string => `"${printable(text)}"`
