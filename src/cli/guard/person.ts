// Only a person loosens the guard. A script of theirs may; what an AI tool started would be giving itself what it has to ask for.
import { KaroError } from '../../base/errors.ts'
import type { CommandIo } from '../command.ts'

/** Throws KaroError `refused` below an AI tool. */
export async function refuseTool(io: Pick<CommandIo, 'toolAbove'>, command: string): Promise<void> {
  const tool = await io.toolAbove?.()
  if (tool !== undefined)
    throw new KaroError('refused', `this was started by ${tool}, and only you may loosen the guard`, {
      where: command,
      hint: `Run it yourself, in a terminal that no AI tool opened: ${command} …`,
    })
}
