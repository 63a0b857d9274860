// Runs a piece of work only once at a time; a call during that time gets the same outcome.

/** Starts `work`, or joins the run in progress, whose arguments then count. */
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
