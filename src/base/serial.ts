// Runs asynchronous work one after the other, in call order.

export type Serial = <T>(work: () => Promise<T>) => Promise<T>

/** A queue of its own; a failed piece of work rejects for its caller and does not stop the next. */
export function createSerial(): Serial {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }
}
