// Measures how late the event loop is: everything the daemon does waits behind what makes it late.

const EVERY_MS = 1_000

/** Tells `lagged` every second how much too late (ms) a timer ran, until the function it returns is called. */
export function watchLag(lagged: (late_ms: number) => void, monotonic: () => number): () => void {
  let due = monotonic() + EVERY_MS
  const timer = setInterval(() => {
    const now = monotonic()
    lagged(now - due)
    due = now + EVERY_MS
  }, EVERY_MS)
  // The timer does not keep a daemon running that has nothing else to do.
  timer.unref()
  return () => clearInterval(timer)
}
