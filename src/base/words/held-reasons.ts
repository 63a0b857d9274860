// Why a person's data is held back, in words that rooms, API and command line share.

/**
 * Why data waits: `account_gone`, `renamed` (the uid has another name now), `no_account`, `other_machine`, `restored`
 * (from a backup that says nothing of its people), `unsure` (the name service does not answer).
 */
export const HELD_REASONS = [
  'account_gone',
  'renamed',
  'no_account',
  'other_machine',
  'restored',
  'unsure',
] as const
export type HeldReason = (typeof HELD_REASONS)[number]
