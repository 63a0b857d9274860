// Work that is not begun a second time while it is under way: who asks meanwhile gets the same outcome.

/** Starts `work`, or joins the one that runs, with whatever arguments that was begun. */
export function singleFlight<A extends readonly unknown[], T>(
  work: (...args: A) => Promise<T>,
): (...args: A) => Promise<T> {
  let running: Promise<T> | undefined
  return (...args) => {
    running ??= work(...args).finally(() => {
      running = undefined
    })
    return running
  }
}
