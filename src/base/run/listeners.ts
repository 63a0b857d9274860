// A set of listeners for one kind of event: each is called until it unsubscribes.

/**
 * Listeners of one kind; `on` returns the function that unsubscribes. With `failed`, every listener is called even if
 * another one throws, and `failed` gets the error. Without it, the first error ends the round and is thrown.
 */
export function createListeners<Args extends readonly unknown[]>(failed?: (error: unknown) => void) {
  const listeners = new Set<(...args: Args) => void>()
  return {
    tell(...args: Args) {
      for (const listener of listeners) {
        try {
          listener(...args)
        } catch (error) {
          if (failed === undefined) throw error
          failed(error)
        }
      }
    },
    on(listener: (...args: Args) => void) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
  }
}
