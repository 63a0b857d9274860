// One timer that is set at most once at a time, and keeps no process running.

export interface Alarm {
  /** Rings after `ms`, unless it is set already. */
  set(ms: number): void
  clear(): void
}

export function createAlarm(ring: () => void): Alarm {
  let timer: NodeJS.Timeout | undefined
  return {
    set(ms) {
      timer ??= setTimeout(() => {
        timer = undefined
        ring()
      }, ms).unref()
    },
    clear() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
