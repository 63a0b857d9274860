// What was typed after `karo query` as the request that the daemon gets; mistakes are named by the option they are in.
import { ASKED_TYPES, checkFilters, parseFilter, queryType } from '../../api/contract/shapes.ts'
import { KaroError } from '../../base/errors.ts'
import type { CommandInput } from '../command.ts'
import { durationIn, parseDuration, parseSince, parseUntil, rfc3339 } from '../input/time.ts'
import { usage } from '../usage.ts'

/** What is asked without --last or --from: a week shows habits, a day shows chance. */
export const DEFAULT_LAST = '7d'

/** A question now and then, not a flood: owners take 20 of one author in 10 s. */
export const EVERY = { least: '1s', most: '1h', default: '5s' } as const

export type QueryRequest = ReturnType<typeof bodyOf>

/** The daemon names a member of the request; here it was an option. */
export function asTyped(error: unknown, { options }: CommandInput): unknown {
  if (!(error instanceof KaroError)) return error
  const { code, message, hint } = error
  const typed: Readonly<Record<string, string>> = {
    team: '--team',
    range: options.from === undefined ? '--last' : '--from',
  }
  const where = typed[error.where ?? '']
  if (where === undefined) return error
  return new KaroError(code, message, { where, hint, cause: error })
}

/** In ms; undefined without --watch. Throws KaroError bad_request. */
export function everyOf({ options }: CommandInput): number | undefined {
  const { watch: watching, every } = options
  if (watching !== true) {
    if (every === undefined) return undefined
    throw usage('this needs --watch, which is not given', '--every', 'Add --watch.')
  }
  if (options['require-complete']) {
    throw usage(
      'this cannot be given together with --watch',
      '--require-complete',
      'Leave out one of the two.',
    )
  }
  return durationIn(typeof every === 'string' ? every : EVERY.default, '--every', EVERY.least, EVERY.most)
}

/** Hours are widened by the daemon; the words are checked here. Throws KaroError bad_request. */
export function bodyOf({ args, options }: CommandInput, now: number) {
  const { last, from, to, level, timeout, where, team, 'max-age': maxAge } = options
  const query_type = ASKED_TYPES.find((type) => queryType(type).word === args.type)
  if (query_type === undefined) throw new Error(`the command line let ${args.type} through`)
  const filters = Array.isArray(where) ? where.map((text: string) => parseFilter(text, '--where')) : []
  checkFilters(query_type, filters, '--where', String(args.type))
  return {
    query_type,
    range: rangeOf(last, from, to, now),
    level: level === undefined ? undefined : level === '1' ? (1 as const) : (2 as const),
    // Anomalies at level 1 are those of people who let them be named, so the names belong to the answer.
    per_node: options['per-node'] === true || (query_type === 'Anomalies' && level !== '2') || undefined,
    filters: filters.length === 0 ? undefined : filters.map((one) => ({ ...one, value: [one.value].flat() })),
    as: options['as-node'] ? ('node' as 'node' | 'operator') : undefined,
    team: typeof team === 'string' ? team : undefined,
    max_age_ms: typeof maxAge === 'string' ? ageIn(maxAge) : undefined,
    // Also what query.timeout_ms could be.
    timeout_ms: typeof timeout === 'string' ? durationIn(timeout, '--timeout', '100ms', '60s') : undefined,
  }
}

const ageIn = (text: string): number => (text === '0' ? 0 : durationIn(text, '--max-age', '1s', '24h'))

type Value = CommandInput['options'][string]

function rangeOf(last: Value, from: Value, to: Value, now: number): { start: string; end: string } {
  if (typeof last === 'string' && (typeof from === 'string' || typeof to === 'string')) {
    throw usage(
      'this option already sets the beginning and the end',
      '--last',
      'Give either --last, or --from and --to.',
    )
  }
  if (typeof to === 'string' && typeof from !== 'string') {
    throw usage('there is an end, but no beginning', '--to', 'Add --from.')
  }
  const start =
    typeof from === 'string'
      ? parseSince(from, now, '--from')
      : now - parseDuration(typeof last === 'string' ? last : DEFAULT_LAST, '--last')
  const end = typeof to === 'string' ? parseUntil(to, now) : now
  if (start >= end) {
    throw usage(
      'the range ends before it starts',
      typeof from === 'string' ? '--from' : '--last',
      'It has to begin before it ends; without --to it ends now.',
    )
  }
  return { start: rfc3339(start, typeof from === 'string' ? '--from' : '--last'), end: rfc3339(end, '--to') }
}
