// Which commands of Karo only a person gives: a line that has one is asked about, and below an AI tool it refuses to run.
/** By these the guard lets more through, or hears no more of a tool or shell. Whoever gives one is asked. */
const LOOSENS =
  /^(?:guard (?:allow|remove|trust)|(?:hook|shell) uninstall|config (?:set|unset) .*\bguard\.|shell in.* --no-guard)/
/** By these another node judges a tool, or agents and tools may do more unasked. A tool that gives one is asked, a person is not. */
const GIVES = /^(?:(?:hook|shell) install|run allow|config (?:set|unset) .*\b(?:agents|mcp)\.)/

/** Whether `karo NAME` with these words loosens the guard. */
export const loosensGuard = (name: string, words: readonly string[]): boolean =>
  LOOSENS.test([name, ...words].join(' '))

/** Whether `karo NAME` with these words is refused below an AI tool. */
export const isForPerson = (name: string, words: readonly string[]): boolean =>
  loosensGuard(name, words) || GIVES.test([name, ...words].join(' '))
