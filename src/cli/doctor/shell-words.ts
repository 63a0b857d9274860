// How a path stands in a command that is shown to be copied.
import { quoteShell } from '../../base/quote.ts'

/** As it is where no shell would touch it, else quoted. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : quoteShell(text)
}
