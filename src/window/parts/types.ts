// What a drawing over time is made of.

export interface Point {
  /** RFC 3339. */
  readonly start: string
  /** Null where nothing is known. */
  readonly value: number | null
}

/** How long each point is. */
export type Step = 'hour' | 'day' | 'week'
