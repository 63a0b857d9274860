// Filters of a search: what a person can ask for, and whether an event fits.
import type { RiskLevel } from '../../assist/risk/index.ts'
import { revealLevel0 } from '../../base/level0/level0.ts'
import { IMPORTED, type StoredEvent } from './rows.ts'

/** A filter by the facts of an event beside its text and place; every part that is given must fit. */
interface FactFilter {
  readonly failed?: boolean
  /** This level or a higher one. */
  readonly risk?: RiskLevel
  /** Milliseconds since the epoch: from, and before. */
  readonly since?: number
  readonly until?: number
  readonly shell?: string
  /** Exactly this exit code. */
  readonly exit?: number
  /** Least duration, milliseconds. */
  readonly longerMs?: number
  /** Typed on the person's behalf, or by themselves. */
  readonly generated?: boolean
  /** Of exactly this shell session. */
  readonly session?: number
  /** Brought by an import, or recorded on this machine. */
  readonly imported?: boolean
}

export interface IndexFilter extends FactFilter {
  /** Whether the text with this number fits; absent: all texts fit. */
  readonly fits?: ((number: number) => boolean) | undefined
  /** Whether the directory fits. */
  readonly inPlace?: (cwd: string) => boolean
}

export interface EventFilter extends FactFilter {
  /** Every one must occur in the command, ignoring case. */
  readonly words: readonly string[]
  /** None of these words may occur in the command. */
  readonly without?: readonly string[]
  /** The directory itself or one below it. */
  readonly cwd?: string
  /** Only the newest event that fits of each command. */
  readonly unique?: boolean | undefined
  readonly limit: number
}

/** A test of texts in lower case; undefined where any text fits. */
export function textFits({
  words,
  without = [],
}: Pick<EventFilter, 'words' | 'without'>): ((text: string) => boolean) | undefined {
  if (words.length + without.length === 0) return undefined
  const wanted = words.map((word) => word.toLowerCase())
  const unwanted = without.map((word) => word.toLowerCase())
  return (text) =>
    wanted.every((word) => text.includes(word)) && !unwanted.some((word) => text.includes(word))
}

/** Filters over fields that stand in an event's value and not in its key. */
export const VALUE_FILTERS = ['cwd', 'shell', 'exit', 'longerMs', 'generated', 'session', 'imported'] as const
/** `false` is something to look for in these; in `failed` and `unique` it asks for nothing. */
const FILTERS = [...VALUE_FILTERS, 'risk', 'since', 'until'] as const

/** True for what allows everything. */
export const isUnfiltered = (filter: Omit<EventFilter, 'limit'>): boolean =>
  textFits(filter) === undefined &&
  FILTERS.every((name) => filter[name] === undefined) &&
  !filter.failed &&
  !filter.unique

export function indexFilter({
  cwd,
  limit: _,
  ...filter
}: Omit<EventFilter, 'words' | 'unique'>): IndexFilter {
  return { ...filter, ...(cwd !== undefined && { inPlace: (place) => isIn(place, cwd) }) }
}

export function fitsValue(
  event: StoredEvent,
  { cwd, shell, exit, longerMs, generated, session, imported }: EventFilter,
): boolean {
  if (shell !== undefined && event.shell !== shell) return false
  if (exit !== undefined && event.exit_code !== exit) return false
  if (longerMs !== undefined && (event.duration_ms === null || event.duration_ms < longerMs)) return false
  if (generated !== undefined && event.karo_generated !== generated) return false
  if (session !== undefined && event.session !== session) return false
  if (imported !== undefined && isImported(event.session, event.untimed === true) !== imported) return false
  return cwd === undefined || isIn(revealLevel0(event.cwd), cwd)
}

/**
 * Commands without a time are always imported. Imports with times from before sessions were stored look like recorded
 * commands.
 */
export const isImported = (session: number | undefined, untimed: boolean): boolean =>
  session === IMPORTED || untimed

/** The directory itself or one below it. */
export const isIn = (place: string, cwd: string): boolean =>
  place === cwd || place.startsWith(cwd.endsWith('/') ? cwd : `${cwd}/`)
