// Puts the home that was given into commands of Karo inside a text, so that whoever copies one reaches the same node.

import type { CommandIo } from './command.ts'
import { quote } from './doctor/shell-words.ts'

/** The `io` of a command has all of these; without `env`, `home` or `commands` a text stays as it is. */
export type Place = Partial<Pick<CommandIo, 'env' | 'home' | 'commands'>>

/** Commands that are about no node, so they are right without a home. */
const NODELESS = ['check', 'completion']

/**
 * `text` with the home that was given (`--home`, KARO_HOME) in each command of Karo: `karo up` becomes
 * `karo --home /srv/k up`; without it a copied command would make another node in the default place. A line that names
 * a home already stays.
 */
export function atHome(text: string, { env, home, commands = [] }: Place): string {
  if (!env?.KARO_HOME || home === undefined || commands.length === 0) return text
  const words = commands.map(({ name }) => name).filter((name) => !NODELESS.includes(name))
  // A command stands at the beginning of a path's or word's first letter, and ends at a blank, a stop or the end.
  const command = new RegExp(`(?<![\\w./-])karo (?=(?:${words.join('|')})(?![\\w-]))`, 'g')
  return text
    .split('\n')
    .map((line) =>
      line.includes('--home') ? line : line.replace(command, () => `karo --home ${quote(home)} `),
    )
    .join('\n')
}
