// Refuses below an AI tool what only a person decides. A script of theirs may; a tool would be giving itself what it has to ask for.
import { KaroError } from '../../base/errors.ts'
import type { CommandIo } from '../command.ts'

/** Throws KaroError `refused` below an AI tool. */
export async function refuseTool(io: CommandIo, command: string): Promise<void> {
  const tool = await io.toolAbove?.()
  if (tool !== undefined)
    throw new KaroError('refused', `this was started by ${tool}, and only you decide what it may do`, {
      where: command,
      hint: `Run it yourself, in a terminal that no AI tool opened: ${command} …`,
    })
}
