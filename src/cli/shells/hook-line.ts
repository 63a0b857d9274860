// The line of a shell's start file that loads the hook. Nothing here knows the hook itself, which has the guard's rules in it.
import { join } from 'node:path'
import { homePaths } from '../../config/paths.ts'
import type { Shell } from '../../observe/hooks/hook.ts'
import type { CommandIo } from '../command.ts'
import { programOf } from '../own-program.ts'
import { KEEP } from './flags.ts'
import { START_FILES } from './start-files.ts'

/** Where the hook of a shell is kept: `flags` of `shell init` make another hook, which has a file of its own. */
export const keptFile = (directory: string, shell: Shell, flags: readonly string[]): string =>
  join(directory, shell + flags.join(''))

/** The words that tell a command in the hook another home than the default; unquoted. */
export const homeWords = (io: CommandIo): readonly string[] => (io.env.KARO_HOME ? ['--home', io.home] : [])

/**
 * The line of the start file, with `flags` of `shell init`. On a machine without Karo the line does nothing silently,
 * because people share start files between machines.
 */
export function hookLine(io: CommandIo, shell: Shell, flags: readonly string[]): string {
  const { quote, line } = START_FILES[shell]
  const [option, home] = homeWords(io)
  const { words, byName } = programOf(io)
  const run = byName ? 'karo' : words.map(quote).join(' ')
  const test = byName
    ? 'command -v karo >/dev/null 2>&1'
    : words.map((word, i) => `[ ${i === 0 ? '-x' : '-r'} ${quote(word)} ]`).join(' && ')
  const kept =
    home === undefined
      ? keptFile('"$HOME"/.local/share/karo/shells', shell, flags)
      : quote(keptFile(homePaths(io.env).shells, shell, flags))
  const named = home ? [option, quote(home)] : []
  // Start files are edited as bytes, in latin1, so that their encoding does not matter.
  return Buffer.from(line(kept, test, [run, ...initWords(shell, flags), ...named].join(' '))).toString(
    'latin1',
  )
}

/** The words behind the program's name that print the hook for the line. */
export const initWords = (shell: Shell, flags: readonly string[]): readonly string[] => [
  'shell',
  'init',
  shell,
  ...flags,
  `--${KEEP}`,
]
