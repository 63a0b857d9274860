// The shape of every room of the daemon: it starts, stops and reports its health.

export interface HealthCheck {
  /** Stable identifier, `room.what`, e.g. `store.open`. */
  readonly name: string
  readonly ok: boolean
  /** One sentence for a person; never level 0 data, never a secret. */
  readonly detail: string
}

/**
 * Rooms are built by `create…(deps): Room` without side effects; `start` acquires, `stop` releases.
 * `start` may be aborted; a room whose `start` failed has released what it took.
 * `stop` is idempotent, never throws for a network reason, and ends within its own deadline.
 */
export interface Room {
  readonly name: string
  start(signal: AbortSignal): Promise<void>
  stop(): Promise<void>
  /** Checks that decide `health.ready`; absent means the room cannot make the node unready. */
  health?(): readonly HealthCheck[]
}
