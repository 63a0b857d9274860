// What only a person decides, such as what loosens the guard. A script of theirs may; a tool would be giving itself what it has to ask for.
import { KaroError } from '../../base/errors.ts'
import { loosensGuard } from '../../base/words/loosening.ts'
import type { CommandIo } from '../command.ts'

/** Also which node judges a tool and how it is told, and what agents and tools may do unasked. */
export const isForPerson = (name: string, words: readonly string[]): boolean =>
  loosensGuard(name, words) ||
  /^(?:(?:hook|shell) install|run allow|config set .* (?:agents|mcp)\.)/.test(`${name} ${words.join(' ')}`)

/** Throws KaroError `refused` below an AI tool. */
export async function refuseTool(io: Pick<CommandIo, 'toolAbove'>, command: string): Promise<void> {
  const tool = await io.toolAbove?.()
  if (tool !== undefined)
    throw new KaroError('refused', `this was started by ${tool}, and only you decide what it may do`, {
      where: command,
      hint: `Run it yourself, in a terminal that no AI tool opened: ${command} …`,
    })
}
