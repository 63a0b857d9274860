// The shape of a recent problem of the daemon, which holds only constants of the program and numbers.
import { constants } from 'node:os'
import { ERROR_CODES } from '../errors.ts'
import { LOG_LEVELS } from './log.ts'

/** Names of error classes that may be shown. */
const KINDS = [
  'Error',
  'TypeError',
  'RangeError',
  'SyntaxError',
  'ReferenceError',
  'AggregateError',
  'AbortError',
  'KaroError',
  'FrameError',
] as const

const CODES: ReadonlySet<string> = new Set([
  ...Object.keys(ERROR_CODES),
  ...Object.keys(constants.errno),
  'LEVEL_DATABASE_NOT_OPEN',
  'LEVEL_LOCKED',
  'LEVEL_CORRUPTION',
  'LEVEL_IO_ERROR',
])

export const isKind = (text: unknown): text is string => KINDS.some((kind) => kind === text)
export const isCode = (text: unknown): text is string => typeof text === 'string' && CODES.has(text)
export const isProblemLevel = (text: unknown): text is Problem['level'] =>
  (text === 'warn' || text === 'error') && LOG_LEVELS.includes(text)

/** All log lines from one place in the program with one kind of error. */
export interface Problem {
  readonly level: 'warn' | 'error'
  /** Place of the log call as `file:line:column`; null if it is unknown. */
  readonly at: string | null
  /** Class of the error. */
  readonly kind: string | null
  /** Code of Karo or of the system. */
  readonly code: string | null
  /** Frames of this program that the error passed. */
  readonly stack: readonly string[]
  readonly times: number
  readonly first_seconds_ago: number
  readonly last_seconds_ago: number
  /** The nodes concerned, each as 8 hex digits that have no meaning outside of this report. */
  readonly peers: readonly string[]
}
