// What narrows a search in the history down, as options and as the API names it; and what to say when nothing is left.

import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { getHistory } from '../../api/contract/operations/history.ts'
import { RISK_LEVELS } from '../../api/contract/shapes.ts'
import {
  type CommandIo,
  defined,
  type OptionsByName,
  type OptionsOf,
  parseDuration,
  printable,
  sinceTime,
  untilTime,
  usage,
  whole,
} from '../kit.ts'

export const filterOptions = {
  cwd: {
    value: 'dir',
    reads: (dir: string) => resolve(dir),
    description: 'only in this directory and below it',
  },
  failed: 'only those that ended with an error',
  exit: { value: 'code', reads: whole(0, 255), description: 'only those that ended with this code' },
  risk: { value: 'level', description: 'only this risk or higher', choices: RISK_LEVELS },
  since: { value: 'when', reads: sinceTime, description: 'only newer ones: 2h, 7d, today, or a time' },
  longer: {
    value: 'duration',
    reads: (text: string, where: string) => Math.min(parseDuration(text, where), MOST_MS),
    description: 'only those that took at least this long: 10s, 5m',
  },
  shell: {
    value: 'name',
    reads: (name: string) => name.toLowerCase(),
    description: 'only from this shell, e.g. bash',
    completes: ['bash', 'zsh', 'fish', 'sh'],
  },
  without: { value: 'word', description: 'only those without this text', repeat: true },
  generated: 'only what a program ran on your behalf',
  typed: 'only what you typed yourself',
} as const satisfies OptionsByName

/** Not of what is deleted: that has --before. */
export const untilOption = { value: 'when', reads: untilTime, description: 'only older ones' } as const

const MOST_MS = 4_000_000_000

type Given = Partial<OptionsOf<typeof filterOptions & { readonly until: typeof untilOption }>>
export type Filters = ReturnType<typeof filtersOf>

/** As the API names them, without those that were not given. Throws KaroError bad_request that names the option. */
export function filtersOf(words: readonly string[], options: Given) {
  const { since, until, cwd, exit, risk, shell, longer, failed, generated, typed } = options
  checkSpan(since, until, '--until')
  if (generated && typed) throw usage('--generated and --typed exclude each other', '--typed')
  return defined({
    word: some(words),
    without: some(options.without ?? []),
    failed,
    since,
    until,
    risk,
    cwd,
    shell,
    exit,
    longer_ms: longer,
    generated: generated || typed ? generated === true : undefined,
  })
}

/** Throws KaroError bad_request for an empty word, which a shell makes of a quoted variable without a value. */
function some(words: readonly string[]) {
  if (words.includes('')) throw usage('one is empty', 'the words', 'Leave it out.')
  return words.length === 0 ? undefined : words
}

/** RFC 3339, both. Throws KaroError bad_request when nothing can lie between them. */
export function checkSpan(since: string | undefined, until: string | undefined, where: string): void {
  if (since === undefined || until === undefined || Date.parse(since) < Date.parse(until)) return
  throw usage(
    `it is not later than --since, so nothing lies between them`,
    where,
    `For the time from ${until} to ${since}, swap --since and ${where}.`,
  )
}

/** One sentence. Asks the daemon, at most twice. */
export async function nothingFound(
  io: CommandIo,
  options: Parameters<typeof filtersOf>[1],
  words: readonly string[] = [],
): Promise<string> {
  const { shell, cwd } = filtersOf([], options)
  const never = async (query: { shell: string } | { cwd: string }): Promise<boolean> =>
    (await io.call(getHistory, { query: { ...query, limit: 1 } })).total === 0
  if (shell !== undefined && (await never({ shell })))
    return `No command was ever recorded from a shell named ${quoted(shell)}.`
  if (cwd !== undefined && (await never({ cwd }))) {
    const there = statSync(cwd, { throwIfNoEntry: false })?.isDirectory() === true
    return `No command was ever recorded in ${quoted(cwd)}${there ? '' : ', and there is no such directory'}.`
  }
  // As if it were a command of its own, which other programs have.
  const [first = ''] = words
  const tooMuch = /^(?:search|list|last|show|\d+)$/.test(first)
    ? ` The word ${first} is looked for, too; karo history alone lists the newest, --limit <n> as many.`
    : ''
  return `No command in your history matches: try fewer words, or leave out a filter.${tooMuch}`
}

/** The text may contain anything, so only printable characters reach the terminal. */
const quoted = (text: string): string => `"${printable(text)}"`
