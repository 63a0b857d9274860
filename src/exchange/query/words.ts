// What the result of a query tells apart.

/** What became of a member that was asked. */
export const OUTCOMES = [
  'answered',
  'from_summary',
  'denied',
  'withheld',
  'busy',
  'error',
  'not_supported',
  'bad_signature',
  'unreachable',
] as const

/**
 * Why a member is `unreachable`. `away`: nobody has heard of it lately, and why is not known; `never`: its certificate is all
 * that came here of it; `ended`: its certificate ended at most 30 days ago.
 */
export const UNREACHED = [
  'clock',
  'not_trusted_there',
  'encryption',
  'stalls',
  'links_full',
  'links_full_there',
  'left',
  'lost',
  'silent',
  'away',
  'never',
  'ended',
] as const

/** The three ways in which a query ends. */
export const ENDINGS = ['all_done', 'deadline', 'cancelled'] as const
