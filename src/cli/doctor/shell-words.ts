// How a path stands in a command that is shown to be copied.
import { quoteShell } from '../../base/quote.ts'

/** As it is where no shell would touch it, else quoted. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : quoteShell(text)
}

/** The home that a line of a start file, or of a tool's settings, names; empty for the default one. */
export const homeIn = (line: string): string =>
  /--home (?:'([^']*)'|([^\s)]+))/.exec(line)?.slice(1).join('') ?? ''
