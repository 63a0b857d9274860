// The summaries room's door: this node's numbers leave as sealed documents, and those of others are read.

export type { Summarized, SummaryParts } from './derive.ts'
export { SUMMARY_CATEGORIES, type SummaryCategory } from './groups.ts'
export { createSummaries, type Summaries } from './summaries.ts'
export type * from './types.ts'
