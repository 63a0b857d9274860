// Turns an error into the text and the JSON that people and scripts get.
import { type ErrorCode, KaroError } from '../base/errors.ts'
import { printable } from '../base/format.ts'
import { atHome, type Place } from './at-home.ts'
import { fitted } from './terminal/text.ts'

export interface ToldError {
  readonly code: ErrorCode
  readonly message: string
  readonly where: string | undefined
  readonly hint: string | undefined
}

/** `trace` is the trace id of a run that asked a daemon; the daemon's log may say more. */
export function toldOf(error: unknown, place: Place | undefined, trace?: string): ToldError {
  const known = error instanceof KaroError
  const code = known ? error.code : 'internal'
  const message = error instanceof Error ? error.message : String(error)
  const looks =
    code === 'internal' && trace ? `karo logs tail --trace ${trace} shows what the daemon logged.` : undefined
  const plain = (known ? error.hint : undefined) ?? looks
  // Hints of the daemon need the home too, because the daemon does not know under which path a person reached it; nor does it know names.
  const hint = plain && place ? atHome(plain, place).replace('<you>', place.env?.USER || '$&') : plain
  return { code, message, where: known ? error.where : undefined, hint }
}

/** The error in lines of at most `screen.columns` columns. `first` is the text in front of the hint. */
export function errorLines(
  { message, where, hint }: ToldError,
  screen: { readonly columns: number },
  first = message,
): string {
  // The place of a usage error is the command itself (`karo peers trust`), so `karo:` is not put in front again.
  const program = where === 'karo' || where?.startsWith('karo ') ? '' : 'karo: '
  // Of a field of a request, its name.
  const place = where ? `${printable(where.replace(/^(?:body|querystring)\//, ''))}: ` : ''
  const said = `${fitted(`${program}${place}${printable(first)}`, screen)}\n`
  if (!hint) return said
  return `${said}${fitted(`  ${hint.split('\n').map(printable).join('\n  ')}`, screen)}\n`
}
