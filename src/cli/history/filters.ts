// What narrows a search in the history down, as options and as the API names it.

import { HISTORY_LIMIT_MAX } from '../../api/contract/constants.ts'
import { RISK_LEVELS } from '../../api/contract/shapes.ts'
import { KaroError } from '../../base/errors.ts'
import type { CommandInput, CommandOption } from '../command.ts'
import { absolutePath } from '../place.ts'
import { parseDuration, parseSince, parseUntil, rfc3339 } from '../time.ts'
import { checkText, parseWhole } from '../values.ts'

export const filterOptions: readonly CommandOption[] = [
  {
    name: 'cwd',
    value: 'dir',
    description: 'only in this directory and below it',
    completes: 'directory',
  },
  { name: 'failed', description: 'only those that ended with an error' },
  { name: 'exit', value: 'code', description: 'only those that ended with this code' },
  { name: 'risk', value: 'level', description: 'only this risk or higher', choices: RISK_LEVELS },
  { name: 'since', value: 'when', description: 'only newer ones: 2h, 7d, today, or a time' },
  { name: 'longer', value: 'duration', description: 'only those that took at least so long: 10s, 5m' },
  {
    name: 'shell',
    value: 'name',
    description: 'only from this shell, e.g. bash',
    completes: ['bash', 'zsh', 'fish', 'sh'],
  },
  { name: 'without', value: 'word', description: 'only those without this text', repeat: true },
  { name: 'generated', description: 'only what a program ran on your behalf' },
  { name: 'typed', description: 'only what you typed yourself' },
]

/** Not of what is deleted: that has --before. */
export const untilOption: CommandOption = { name: 'until', value: 'when', description: 'only older ones' }

/** What the API takes. */
const MOST_WORDS = 32
const MOST_WORD = 1024
const MOST_PATH = 4096
const MOST_SHELL_NAME = 32

const FILTERS = [
  ...['cwd', 'failed', 'exit', 'risk', 'since', 'until', 'longer', 'shell', 'without', 'generated', 'typed'],
  'unique',
] as const

export const isUnfiltered = ({ args, options }: CommandInput): boolean =>
  (args.words ?? []).length === 0 && FILTERS.every((name) => options[name] === undefined)

/** As the API names them. Throws KaroError bad_request that names the option. */
export function filtersOf({
  args,
  options,
}: CommandInput): Record<string, string | number | boolean | readonly string[]> {
  const filters: Record<string, string | number | boolean | readonly string[]> = {}
  const words = (args.words ?? []) as readonly string[]
  const without = (options.without ?? []) as readonly string[]
  for (const [name, list, where] of [
    ['word', words, 'words'],
    ['without', without, '--without'],
  ] as const) {
    if (list.length > MOST_WORDS) {
      throw new KaroError(
        'bad_request',
        `there are ${list.length} words, at most ${MOST_WORDS} can be used`,
        {
          where,
          hint: 'Quote what belongs together, it is one word then.',
        },
      )
    }
    if (list.length > 0) filters[name] = list.map((word) => checkText(word, where, MOST_WORD))
  }
  if (options.failed === true) filters.failed = true
  if (typeof options.cwd === 'string')
    filters.cwd = checkText(absolutePath(options.cwd, '--cwd'), '--cwd', MOST_PATH)
  if (typeof options.since === 'string')
    filters.since = rfc3339(parseSince(options.since, Date.now()), '--since')
  if (typeof options.until === 'string')
    filters.until = rfc3339(parseUntil(options.until, Date.now(), '--until'), '--until')
  checkSpan(filters.since, filters.until, '--until')
  if (typeof options.risk === 'string') filters.risk = options.risk
  if (typeof options.shell === 'string')
    filters.shell = checkText(options.shell, '--shell', MOST_SHELL_NAME).toLowerCase()
  if (typeof options.exit === 'string') filters.exit = parseWhole(options.exit, '--exit', 0, 255)
  if (typeof options.longer === 'string')
    filters.longer_ms = Math.min(parseDuration(options.longer, '--longer'), MOST_MS)
  if (options.generated === true && options.typed === true)
    throw new KaroError('bad_request', '--generated and --typed exclude each other', { where: '--typed' })
  if (options.generated === true || options.typed === true) filters.generated = options.generated === true
  return filters
}
const MOST_MS = 4_000_000_000

/** RFC 3339, both. Throws KaroError bad_request when nothing can lie between them. */
export function checkSpan(since: unknown, until: unknown, where: string): void {
  if (typeof since !== 'string' || typeof until !== 'string' || Date.parse(since) < Date.parse(until)) return
  throw new KaroError('bad_request', `it is not later than --since, so nothing lies between them`, {
    where,
    hint: `From ${until} to ${since} would be --since and ${where} the other way round.`,
  })
}

/** As the API's query. */
export function queryOf(filters: ReturnType<typeof filtersOf>): URLSearchParams {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(filters)) {
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [String(value)])
      query.append(name, one)
  }
  return query
}

export function searchOf(input: CommandInput): URLSearchParams {
  const limit = parseWhole(String(input.options.limit), '--limit', 1, HISTORY_LIMIT_MAX)
  const search = queryOf(filtersOf(input))
  search.set('limit', String(limit))
  if (input.options.unique === true) search.set('unique', 'true')
  return search
}
