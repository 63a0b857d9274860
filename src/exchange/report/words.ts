// What the sections of a report tell apart, and what it says where there is one machine alone.

/** Of commands that the guard or Karo itself had a part in. */
export const ACTS = ['blocked', 'confirmed_risky', 'declined', 'karo_generated'] as const

/** All that the report of a machine says that knows no other one. */
export const LONE_NOTE =
  'No other machine is trusted here, so a report would be about this machine alone: karo stats shows its numbers.'

/** Kinds of numbers that people consent to, each with totals of its own. */
export const CATEGORIES = ['tool_usage', 'safety_stats', 'anomalies'] as const
