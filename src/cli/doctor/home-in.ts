// Which home a line that Karo wrote speaks of.
/** The home that a line of a start file, or of a tool's settings, names; empty for the default one. */
export const homeIn = (line: string): string =>
  /--home (?:'([^']*)'|([^\s)]+))/.exec(line)?.slice(1).join('') ?? ''
