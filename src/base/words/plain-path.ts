// Paths that say by their text alone where they lead.

/** Whether an absolute path has no `.`, `..` or empty part, and no slash at its end. Links may still lead elsewhere. */
export const isPlainPath = (path: string): boolean =>
  path === '/' ||
  path
    .slice(1)
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..')
