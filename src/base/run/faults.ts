// Named points at which a crash test ends the process as hard as a power cut would; harmless unless asked for.

/** Where it can end: after any write to the database, around the batch of events, around the end of a spool file. */
export const FAULT_POINTS = [
  'after-write',
  'after-read',
  'before-batch',
  'after-batch',
  'before-unlink',
  'after-unlink',
] as const
export type FaultPoint = (typeof FAULT_POINTS)[number]

export interface Faults {
  /** Passing a point; the process may be gone afterwards. `restore-step`: between two steps of a restore, in no daemon. */
  hit(point: FaultPoint | 'restore-step'): void
}

export const noFaults: Faults = { hit: () => {} }

/**
 * Reads `KARO_FAULT=<point>:<count>`: SIGKILL to this process when the point is passed for the count-th time.
 * Anything else in it, or nothing, does nothing. For crash tests only.
 */
export function faultsFromEnv(env: Readonly<Record<string, string | undefined>>): Faults {
  const match = /^([a-z-]+):([1-9]\d{0,8})$/.exec(env.KARO_FAULT ?? '')
  if (match === null) return noFaults
  const [, point] = match
  let left = Number(match[2])
  return {
    hit(passed) {
      if (passed === point && --left === 0) process.kill(process.pid, 'SIGKILL')
    },
  }
}
