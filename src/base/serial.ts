// Runs asynchronous work one after the other, in call order.

/** A queue of its own; a failed piece of work rejects for its caller and does not stop the next. */
export function createSerial(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }
}
