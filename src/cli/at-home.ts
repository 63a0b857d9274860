// Puts the given home, or sudo, into the commands that a text names, so that a person who copies one reaches the same node.

import { shellWord } from '../base/quote.ts'
import { type Env, recordingPaths } from '../config/paths.ts'
import type { CommandIo } from './command.ts'

/** The `io` of a command has all of these; without `env`, `home` or `commands` a text stays as it is. */
export type Place = Partial<Pick<CommandIo, 'env' | 'home' | 'commands'>>

/** Commands that are about no node, so they need no home. */
const NODELESS = ['check', 'completion', 'version']

/** True where the node of this person is the machine's. */
export const isMachines = (env: Env): boolean => recordingPaths(env).whose === 'machine'

/** Starts the node of this person. */
export const startWords = (env: Env): string =>
  isMachines(env) ? 'sudo systemctl start karo' : 'karo up --background'

/** What administrators alone may run; a test compares it with what commands ask the daemon for. */
const OF_ADMINISTRATORS =
  'peers (?:trust|deny|revoke)|ca(?! show)|identity new|invite|join|leave|operator|backup|people|cap|policy sign|fleet (?:un)?set|config (?:reload|set agents)|logs'
const commandOf = (words: string) => new RegExp(`(?<![\\w./-]|sudo )karo (?=(?:${words})(?![\\w-]))`, 'g')
const ADMINISTRATORS = commandOf(OF_ADMINISTRATORS)
/** Agents, their secrets, their tasks and what these ask belong to the account that made them: behind sudo, to root. */
const ROOTS = commandOf(`${OF_ADMINISTRATORS}|agent|approvals|secret|task`)

/**
 * Adds the given home (`--home` or KARO_HOME) to each Karo command in `text`: `karo up` becomes `karo --home /srv/k up`.
 * Without it a copied command would make another node in the default place. A line, or a part of it up to a semicolon, that names
 * a home stays as it is. Where no home is given and the node is the machine's, commands of administrators get sudo in front: who
 * administers it seldom is root.
 */
export function atHome(text: string, { env, home, commands = [] }: Place): string {
  if (!env || !home || !commands.length) return text
  if (!env.KARO_HOME) {
    const isRoot = process.getuid?.() === 0
    if ((isRoot && !env.SUDO_USER) || !isMachines(env)) return text
    return text.replace(isRoot ? ROOTS : ADMINISTRATORS, 'sudo karo ')
  }
  const words = commands.map(({ name }) => name).filter((name) => !NODELESS.includes(name))
  // `karo` must not be part of a path or of another word, and the command's word must be whole.
  const command = new RegExp(`(?<![\\w./-])karo (?=(?:${words.join('|')})(?![\\w-]))`, 'g')
  return text
    .split(/(?<=[\n;])/)
    .map((part) =>
      part.includes('--home') ? part : part.replace(command, () => `karo --home ${shellWord(home)} `),
    )
    .join('')
}
