// Who wants to hear of something: each listener is told until it says that it does not want to any more.

/** Listeners of one kind; `on` returns what ends it. */
export function createListeners<Args extends readonly unknown[]>() {
  const listeners = new Set<(...args: Args) => void>()
  return {
    tell: (...args: Args) => {
      for (const listener of listeners) listener(...args)
    },
    on(listener: (...args: Args) => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
