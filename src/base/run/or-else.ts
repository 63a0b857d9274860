// Asks for something that may be missing, damaged or forbidden, and takes another value then.

/** What `ask` returns, or `otherwise` where it throws. */
export function orElse<T, E>(ask: () => T, otherwise: E): T | E {
  try {
    return ask()
  } catch {
    return otherwise
  }
}
