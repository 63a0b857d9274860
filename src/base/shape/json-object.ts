// Objects of JSON, by their members; who wrote them may have written anything.

export type Members = Readonly<Record<string, unknown>>

/** An object that is no list. */
export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Undefined for anything else than such an object. */
export const membersOf = (value: unknown): Members | undefined => (isMembers(value) ? value : undefined)
