// The command line that a command is about: one quoted argument, or `-` for standard input; and the shell that it is for.

import { SHELLS, type Shell } from '../assist/risk/index.ts'
import { KaroError } from '../base/errors.ts'
import type { CommandInput, CommandOption } from './command.ts'

/** Bytes read from standard input: longer than any command is judged; beyond, it is no command line. */
const MOST_INPUT = 4 * 1024 * 1024

export const shellOption: CommandOption = {
  name: 'shell',
  value: 'shell',
  description: 'the shell that would run it',
  choices: SHELLS,
  default: 'bash',
}
export const shellOf = ({ options }: CommandInput): Shell => options.shell as Shell

/**
 * The argument `command` as given to `karo <name>`: one, because several words were made into one when they were parsed.
 * Throws bad_request for none, too_large for endless input. `none`: what else one might have wanted who gives no command.
 */
export async function commandText({ args }: CommandInput, name: string, none = ''): Promise<string> {
  const words = args.command as readonly string[]
  if (words[0] === undefined) {
    throw new KaroError('bad_request', 'no command is given', {
      where: `karo ${name}`,
      hint: `Quote one: karo ${name} 'rm -rf build'${none && `; ${none}`}.`,
    })
  }
  return words[0] === '-' ? await readInput(name) : words[0]
}

async function readInput(name: string): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer)
    length += (chunk as Buffer).length
    if (length > MOST_INPUT)
      throw new KaroError('too_large', `more than ${MOST_INPUT} bytes on standard input`, {
        where: `karo ${name} -`,
      })
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}
