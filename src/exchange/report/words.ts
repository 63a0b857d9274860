// What the sections of a report tell apart, and what it says where there is one machine alone.

/** Of commands that the guard or Karo itself had a part in. */
export const ACTS = ['blocked', 'confirmed_risky', 'declined', 'karo_generated'] as const

interface Members {
  readonly enrolled: number
  readonly never_enrolled: number
}

/** Whether there is no machine but the one that is asked, so that there is nothing to add up. */
export const isLone = ({ enrolled, never_enrolled }: Members): boolean => enrolled + never_enrolled === 0
export const LONE_NOTE =
  'No other machine is trusted here, so a report would be about this machine alone: karo stats shows its numbers.'

/** Kinds of numbers that people consent to, each with totals of its own. */
export const CATEGORIES = ['tool_usage', 'safety_stats', 'anomalies'] as const
