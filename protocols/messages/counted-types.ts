// Types of questions whose numbers are counted rows.
// Written by `npm run docs` from the files in src/exchange/query/query-types/counted/.
export const COUNTED_TYPES = ['PrivilegedUse'] as const
