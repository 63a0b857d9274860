// Work that is not begun a second time while it is under way: who asks meanwhile gets the same outcome.

/** Starts `work`, or joins the one that runs. */
export function singleFlight<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  return () => {
    running ??= work().finally(() => {
      running = undefined
    })
    return running
  }
}
