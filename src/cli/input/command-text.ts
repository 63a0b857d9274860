// Reads the command line that `check` and `explain` are about, from an argument or standard input, and its shell.

import { SHELLS, type Shell } from '../../assist/risk/index.ts'
import { type CommandInput, type OptionWords, usage } from '../kit.ts'
import { bytesFrom } from './text-from.ts'

/** Most bytes from standard input; no command line is as long. */
const MOST_INPUT = 4 * 1024 * 1024

export const commandArgument = {
  variadic: true,
  oneThing: true,
  description: 'the command, quoted or as you would type it; - reads it from standard input',
} as const

export const shellOption: OptionWords = {
  value: 'shell',
  description: 'the shell that runs the command',
  choices: SHELLS,
  default: 'bash',
}
export const shellOf = ({ options }: CommandInput): Shell => options.shell as Shell

/**
 * The command line that was given to `karo <name>`; its words were joined when they were parsed. Throws KaroError
 * `bad_request` if there is none, `too_large` for endless input. `none`: advice for a person who gave no command.
 */
export async function commandText({ args }: CommandInput, name: string, none = ''): Promise<string> {
  const words = args.command as readonly string[]
  if (words[0] === undefined)
    throw usage(
      'no command is given',
      `karo ${name}`,
      `Quote one: karo ${name} 'rm -rf build'${none && `; ${none}`}.`,
    )
  if (words[0] !== '-') return words[0]
  return (await bytesFrom('-', MOST_INPUT)).toString('utf8').replace(/\r?\n$/, '')
}
