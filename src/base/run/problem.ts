// What a recent problem of the daemon is when nothing but constants of the program may be told of it.
import { constants } from 'node:os'
import { ERROR_CODES } from '../errors.ts'
import { LOG_LEVELS } from './log.ts'

/** Errors' classes that are told apart. */
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

/** Lines of one place in the program with one kind of error. */
export interface Problem {
  readonly level: 'warn' | 'error'
  /** Where it was logged: `file:line:column` of ours; null when that cannot be told. */
  readonly at: string | null
  /** Class of the error, a code of ours or of the system. */
  readonly kind: string | null
  readonly code: string | null
  /** Frames of ours that the error passed. */
  readonly stack: readonly string[]
  readonly times: number
  readonly first_seconds_ago: number
  readonly last_seconds_ago: number
  /** How many nodes it was about, as 8 hex digits each that mean nothing outside this one report. */
  readonly peers: readonly string[]
}
