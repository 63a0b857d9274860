// A question whose failure is an answer too: what is missing, damaged or forbidden counts as nothing.

/** What `ask` returns, or `otherwise` where it throws. */
export function orElse<T, E>(ask: () => T, otherwise: E): T | E {
  try {
    return ask()
  } catch {
    return otherwise
  }
}
