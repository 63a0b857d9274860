// Where events wait for a state machine: one is handled at a time, also when performing its actions brings the next event.

export interface Mailbox<Event> {
  readonly put: (event: Event) => void
  /** From now on each event is handled at once, or right after the one under way. */
  open(handle: (event: Event) => void): void
  /** Does something that must be through before the next event is handled. */
  hold<T>(act: () => T): T
}

export function createMailbox<Event>(): Mailbox<Event> {
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
    put(event) {
      waiting.push(event)
      drain()
    },
    open(handle) {
      handler = handle
      drain()
    },
    hold(act) {
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
