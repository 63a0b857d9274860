// Puts the given home into the commands that a text names, so that a person who copies one reaches the same node.

import type { CommandIo } from './command.ts'
import { quote } from './doctor/shell-words.ts'

/** The `io` of a command has all of these; without `env`, `home` or `commands` a text stays as it is. */
export type Place = Partial<Pick<CommandIo, 'env' | 'home' | 'commands'>>

/** Commands that are about no node, so they need no home. */
const NODELESS = ['check', 'completion', 'version']

/**
 * Adds the given home (`--home` or KARO_HOME) to each Karo command in `text`: `karo up` becomes `karo --home /srv/k up`.
 * Without it a copied command would make another node in the default place. A line that names a home stays as it is.
 */
export function atHome(text: string, { env, home, commands = [] }: Place): string {
  if (!env?.KARO_HOME || home === undefined || commands.length === 0) return text
  const words = commands.map(({ name }) => name).filter((name) => !NODELESS.includes(name))
  // `karo` must not be part of a path or of another word, and the command's word must be whole.
  const command = new RegExp(`(?<![\\w./-])karo (?=(?:${words.join('|')})(?![\\w-]))`, 'g')
  return text
    .split('\n')
    .map((line) =>
      line.includes('--home') ? line : line.replace(command, () => `karo --home ${quote(home)} `),
    )
    .join('\n')
}

/** The same `io`, whose output names the given home in each command. */
export const namingHome = (io: CommandIo): CommandIo =>
  Object.create(io, { out: { value: (text: string) => io.out(atHome(text, io)) } }) as CommandIo
