// View of `karo fix`: the line that failed, what went wrong, and the next line with its risk.
import { styleText } from 'node:util'
import type { Fixed } from '../../assist/copilot/fix/fix.ts'
import { printable } from '../../base/format.ts'
import type { CommandIo } from '../command.ts'
import { fitted } from '../terminal/text.ts'
import { printAnswer } from './ask.ts'

const UNKNOWN = 'Karo does not know what went wrong; read what the command itself said.'

/** Ends with a newline; holds no control character of a command. */
export function printFixed(fixed: Fixed, screen: Pick<CommandIo, 'colour' | 'columns'>): string {
  const { failed, exit_code, problem } = fixed
  const code = exit_code === null ? '' : ` (exit code ${exit_code})`
  const line = `${printable(failed)}${code}`
  const shown = screen.colour ? styleText('dim', line, { validateStream: false }) : line
  const said = fitted(printable(problem ?? UNKNOWN), screen.columns)
  const head = `${shown}\n${said}\n`
  return fixed.command === null ? head : `${head}\n${printAnswer(fixed, screen)}`
}
