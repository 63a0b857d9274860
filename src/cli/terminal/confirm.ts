// Asks a person at a terminal: for a line, or whether to go on; who cannot be asked has to say so beforehand.
import { createInterface } from 'node:readline'
import type { Client } from '../../api/contract/client/client.ts'
import type { Operation } from '../../api/contract/operation.ts'
import { getStatus } from '../../api/contract/operations/status.ts'
import { refuseWithout } from '../../api/contract/without-right.ts'
import { screened } from '../../base/printable.ts'
import { usage } from '../usage.ts'
import { watchInterrupt } from './interrupt.ts'
import { fitted } from './text.ts'

/** Of a command's `io`. */
interface Asking {
  readonly json: boolean
  readonly columns: number
  readonly call: Client['call']
  err(text: string): void
}
interface Asked {
  /** It was said beforehand (--yes). */
  readonly yes?: boolean | undefined
  /** What follows a yes. */
  readonly shows?: Operation | undefined
  readonly where: string
  /** What a no means. */
  readonly no?: string
}

/**
 * True for `y` and `yes`; a no is told. Throws KaroError `bad_request` where nobody can be asked, nor a program that wants one document
 * (--json), and `refused` where a yes would be. Ctrl-C and Ctrl-D are a no.
 */
export async function confirm(
  io: Asking,
  question: string,
  { yes, shows, where, no = 'Nothing was changed.' }: Asked,
): Promise<boolean> {
  if (yes) return true
  if (!canAsk(io))
    throw usage(
      'this command asks for a confirmation, and there is no terminal to ask at',
      where,
      'Add --yes to confirm.',
    )
  await permitted(io, shows)
  // What stands above the question, a table perhaps, has its width already.
  const above = question.slice(0, question.lastIndexOf('\n') + 1)
  const asked = fitted(question.slice(above.length), { columns: io.columns - ROOM_FOR_ANSWER })
  if (/^y(es)?$/i.test((await askLine(`${above}${asked} [y/N] `)) ?? '')) return true
  io.err(`${no}\n`)
  return false
}

/** Throws as the daemon does where this person may not use it: nobody is asked for anything then. */
export async function permitted({ call }: Asking, operation: Operation | undefined) {
  if (operation?.access === 'admin') refuseWithout('admin', (await call(getStatus)).you)
}

const ROOM_FOR_ANSWER = ' [y/N] yes'.length

/** False without a terminal, and for a program that wants one document (--json). */
export const canAsk = ({ json }: Partial<Asking> = {}): boolean =>
  !json && process.stdin.isTTY === true && process.stderr.isTTY === true

/** What the person answers, without blanks around it; undefined after Ctrl-C and Ctrl-D. Only where `canAsk` is true. */
export async function askLine(question: string): Promise<string | undefined> {
  const { stdin: input, stderr: output } = process
  // The terminal edits the line itself: nothing has to be restored, and nothing is drawn that one might not know.
  const asking = createInterface({ input, output, terminal: false })
  using interrupt = watchInterrupt()
  try {
    const answer = await new Promise<string | undefined>((resolve) => {
      const nothing = (): void => resolve(undefined)
      asking.once('close', nothing)
      interrupt.signal.addEventListener('abort', nothing)
      asking.question(screened(question, { colour: true, redraws: false }), resolve)
    })
    // What was not ended by Enter leaves the cursor behind the question.
    if (answer === undefined) output.write('\n')
    return answer?.trim()
  } finally {
    asking.close()
  }
}
