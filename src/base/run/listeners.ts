// Who wants to hear of something: each listener is told until it says that it does not want to any more.

/**
 * Listeners of one kind; `on` returns what ends it. With `failed`, every listener is told whatever another one throws, and
 * `failed` gets what it threw; without, the first that throws ends the telling.
 */
export function createListeners<Args extends readonly unknown[]>(failed?: (error: unknown) => void) {
  const listeners = new Set<(...args: Args) => void>()
  return {
    tell: (...args: Args) => {
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
      return () => void listeners.delete(listener)
    },
  }
}
