// What a drawing over time is made of.

export interface Point {
  /** RFC 3339. */
  readonly start: string
  /** Null where nothing is known. */
  readonly value: number | null
}

/** How long each point is. */
export type Step = 'hour' | 'day' | 'week'

/** One line of output. */
interface OutputLine {
  /** RFC 3339; absent: not known. */
  readonly at?: string
  /** Who says it, where it is not the program itself. */
  readonly mark?: string
  /** As the program wrote it, without its line end. */
  readonly text: string
}

export interface OutputProps {
  readonly label: string
  /** The oldest first. */
  readonly lines: readonly OutputLine[]
  /** New lines come, and the newest stay in sight; absent: nothing more comes. */
  readonly isLive?: boolean
  readonly onLive?: (live: boolean) => void
}
