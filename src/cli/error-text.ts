// An error in the words that people and scripts are told it in.
import { type ErrorCode, KaroError } from '../base/errors.ts'
import { printable } from '../base/format.ts'
import { atHome, type Place } from './at-home.ts'
import { fitted } from './terminal/text.ts'

export interface ToldError {
  readonly code: ErrorCode
  readonly message: string
  readonly where?: string
  readonly hint?: string
}

/** `trace`: of a run that asked a daemon, whose log may say more. */
export function toldOf(error: unknown, place: Place | undefined, trace?: string): ToldError {
  const known = error instanceof KaroError
  const code = known ? error.code : 'internal'
  const message = error instanceof Error ? error.message : String(error)
  const looks =
    code === 'internal' && trace ? `karo logs tail --trace ${trace} shows what its log says.` : undefined
  const plain = (known ? error.hint : undefined) ?? looks
  // Also what the daemon says, which does not know by which name it was found.
  const hint = plain && place ? atHome(plain, place) : plain
  return { code, message, ...(known && error.where && { where: error.where }), ...(hint && { hint }) }
}

/** Lines of at most so many columns. `first`: what it says in front of the hint. */
export function errorLines({ message, where, hint }: ToldError, columns: number, first = message): string {
  // A usage error's place is the command itself, `karo peers trust`: no need to say karo twice.
  const program = where === 'karo' || where?.startsWith('karo ') ? '' : 'karo: '
  const place = where === undefined ? '' : `${printable(where)}: `
  const said = `${fitted(`${program}${place}${printable(first)}`, columns)}\n`
  if (!hint) return said
  return `${said}${fitted(`  ${hint.split('\n').map(printable).join('\n  ')}`, columns)}\n`
}
