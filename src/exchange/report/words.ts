// What the sections of a report tell apart.

/** Of commands that the guard or Karo itself had a part in. */
export const ACTS = ['blocked', 'confirmed_risky', 'declined', 'karo_generated'] as const

/** Kinds of numbers that people consent to, each with totals of its own. */
export const CATEGORIES = ['tool_usage', 'safety_stats', 'anomalies'] as const
