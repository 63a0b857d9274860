// Which commands of Karo loosen the guard: it asks about them, and they refuse to run below an AI tool.
/** Commands by which the guard lets more through, or hears no more of a tool or shell. */
const LOOSENS = /^(?:guard (?:allow|remove|trust)|(?:hook|shell) uninstall)$/

/** Whether `karo NAME` with these words loosens the guard. */
export const loosensGuard = (name: string, words: readonly string[]): boolean =>
  LOOSENS.test(name) ||
  (/^config (?:set|unset)$/.test(name) && words.some((word) => word.startsWith('guard.'))) ||
  (/^shell (?:install|init)$/.test(name) && words.includes('--no-guard'))
