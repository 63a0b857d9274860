// Named points at which a crash test kills the process like a power cut; without a test they do nothing.

/** Points after writes to the database, around the batch of events, and around the end of a spool file. */
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
  /**
   * Passes a point, at which the process may be killed. `restore-step` is between two steps of a restore, outside the
   * daemon; `upgrade-step` between two steps of a copy before an upgrade, of the upgrade, and of `karo config migrate`.
   */
  hit(point: FaultPoint | 'restore-step' | 'upgrade-step'): void
}

export const noFaults: Faults = { hit: () => {} }

/**
 * Reads `KARO_FAULT=<point>:<count>`, which kills this process with SIGKILL when it passes the point for the count-th time.
 * Any other value does nothing. For crash tests only.
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
