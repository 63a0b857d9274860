// Asks a person at a terminal whether to go on; whoever cannot be asked has to say so beforehand.
import { createInterface } from 'node:readline'
import { KaroError } from '../base/errors.ts'

/**
 * True for `y` and `yes`. `yes`: it was said beforehand (--yes). Throws KaroError `bad_request` where nobody can be
 * asked; Ctrl-C and Ctrl-D are a no.
 */
export async function confirm(question: string, yes: boolean, where: string): Promise<boolean> {
  if (yes) return true
  const { stdin: input, stderr: output } = process
  if (input.isTTY !== true || output.isTTY !== true)
    throw new KaroError('bad_request', 'nobody can be asked here', {
      where,
      hint: 'With --yes it does not ask.',
    })
  const asking = createInterface({ input, output })
  try {
    return await new Promise((resolve) => {
      asking.once('close', () => resolve(false))
      asking.once('SIGINT', () => resolve(false))
      asking.question(`${question} [y/N] `, (answer) => resolve(/^y(es)?$/i.test(answer.trim())))
    })
  } finally {
    asking.close()
  }
}
