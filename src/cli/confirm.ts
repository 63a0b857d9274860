// Asks a person at a terminal whether to go on; whoever cannot be asked has to say so beforehand.
import { createInterface } from 'node:readline'
import { KaroError } from '../base/errors.ts'

/**
 * True for `y` and `yes`. `yes`: it was said beforehand (--yes). Throws KaroError `bad_request` where nobody can be
 * asked; Ctrl-D is a no, and Ctrl-C ends the program as anywhere.
 */
export async function confirm(question: string, yes: boolean, where: string): Promise<boolean> {
  if (yes) return true
  const { stdin: input, stderr: output } = process
  if (input.isTTY !== true || output.isTTY !== true)
    throw new KaroError('bad_request', 'nobody can be asked here', {
      where,
      hint: 'With --yes it does not ask.',
    })
  // The terminal edits the line itself: nothing has to be restored, and nothing is drawn that one might not know.
  const asking = createInterface({ input, output, terminal: false })
  try {
    return await new Promise((resolve) => {
      asking.once('close', () => resolve(false))
      asking.question(`${question} [y/N] `, (answer) => resolve(/^y(es)?$/i.test(answer.trim())))
    })
  } finally {
    asking.close()
  }
}
