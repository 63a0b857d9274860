// Where events wait for a state machine: one is handled at a time, also when performing its actions brings the next event.

export function createMailbox<Event>() {
  const waiting: Event[] = []
  let handler: ((event: Event) => void) | undefined
  let busy = false

  const drain = (): void => {
    if (handler === undefined || busy) return
    busy = true
    try {
      for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) handler(event)
    } finally {
      busy = false
    }
  }

  return {
    put(event: Event) {
      waiting.push(event)
      drain()
    },
    /** From now on each event is handled at once, or right after the one under way. */
    open(handle: (event: Event) => void) {
      handler = handle
      drain()
    },
    /** Does something that must be through before the next event is handled. */
    hold<T>(act: () => T) {
      if (busy) return act()
      busy = true
      try {
        return act()
      } finally {
        busy = false
        drain()
      }
    },
  }
}
