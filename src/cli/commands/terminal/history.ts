// karo history: searches and ranks the commands a person ran, or lets the person choose one.
import {
  HISTORY_LIMIT_DEFAULT,
  HISTORY_LIMIT_MAX,
  RANKED_LIMIT_MAX,
} from '../../../api/contract/constants.ts'
import { getHistory, getRankedCommands } from '../../../api/contract/operations/history.ts'
import type { RankedShape } from '../../../api/contract/shapes.ts'
import { loadConfig } from '../../../config/load.ts'
import type { Ranking } from '../../finder/finder.ts'
import { historyColumns } from '../../history/columns.ts'
import { deleteHistory } from '../../history/delete.ts'
import { filterOptions, filtersOf, nothingFound, untilOption } from '../../history/filters.ts'
import { withNode } from '../../kept/with-node.ts'
import {
  atHome,
  type CommandIo,
  defineCommand,
  type OptionsOf,
  printJson,
  table,
  whole,
  workingDirectory,
} from '../../kit.ts'
import { pause } from '../../terminal/interrupt.ts'

/** Rows; as in the table of configuration. */
const HEIGHT_MAX = 200

const OPTIONS = {
  ...filterOptions,
  until: untilOption,
  unique: 'each command once, with its newest use',
  rank: 'each command once, the likeliest last (used often, lately, here, successfully)',
  limit: {
    value: 'n',
    description: `most commands to show (up to ${HISTORY_LIMIT_MAX}, with --rank ${RANKED_LIMIT_MAX})`,
    default: String(HISTORY_LIMIT_DEFAULT),
  },
  interactive: { short: 'i', description: 'choose a command at the terminal; it is printed, not run' },
  height: {
    value: 'rows',
    needs: 'interactive',
    reads: whole(0, HEIGHT_MAX),
    description: 'take so many rows below the prompt; 0 for the whole screen (finder.height)',
  },
} as const

interface Input {
  readonly args: { readonly words: readonly string[] }
  readonly options: OptionsOf<typeof OPTIONS>
}

const find = defineCommand('history', {
  summary: 'search the commands you ran, newest last',
  shows: getHistory,
  args: {
    words: {
      optional: true,
      variadic: true,
      description: 'words that must all occur in the command, in any case',
    },
  },
  options: OPTIONS,
  examples: {
    'karo history --failed --since today --cwd .': 'commands that failed here today',
    'karo history --interactive': 'type to find, Enter to print; Ctrl-R does it: karo shell install --ctrl-r',
  },
  async run(io, input) {
    if (input.options.interactive) return choose(io, input)
    if (input.options.rank) return rank(io, input)
    const { args, options } = input
    const filters = filtersOf(args.words, options)
    const limit = whole(1, HISTORY_LIMIT_MAX)(options.limit, '--limit')
    const found = await withNode(io, () =>
      io.call(getHistory, {
        query: { ...filters, unique: options.unique, limit },
        where: 'karo history',
      }),
    )
    if (io.json) return printJson(io, found)
    const { events, total } = found
    if (events.length === 0) {
      const says =
        total === 0 && Object.keys(filters).length === 0 && !options.unique
          ? atHome(
              `No command is recorded yet${(await import('../../shells/start-file-looks.ts')).hookWords(io)}.`,
              io,
            )
          : await nothingFound(io, options, args.words)
      io.out(`${says}\n`)
      return
    }
    const peaks = events.some(({ peak_rss_bytes: peak }) => typeof peak === 'number')
    io.out(table(io, events.toReversed(), historyColumns(io, peaks)))
    // --limit cannot be raised beyond the most that the API gives.
    const further = limit < HISTORY_LIMIT_MAX ? '--limit shows more' : '--until and karo export show others'
    if (total > events.length) io.err(`${events.length} of ${total}; ${further}.\n`)
  },
})

/** The request for a ranking. It has no `unique`, because a ranking always has each command once. */
function rankingOf({ args, options }: Input): Ranking {
  const { word: _, without: __, ...filters } = filtersOf(args.words, options)
  return filters
}

/** The words of a search as a person types them into the finder. */
function questionOf({ args, options }: Input): string {
  const quoted = (word: string): string => (/[\s"!]/.test(word) ? `"${word.replaceAll('"', ' ')}"` : word)
  const without = (options.without ?? []).map((word) => `!${quoted(word)}`)
  return [...args.words.map(quoted), ...without].join(' ')
}

async function rank(io: CommandIo, input: Input): Promise<undefined> {
  const limit = whole(1, RANKED_LIMIT_MAX)(input.options.limit, '--limit')
  const query = { ...rankingOf(input), q: questionOf(input), here: workingDirectory(), limit }
  let ranked: RankedShape
  const signal = AbortSignal.timeout(RANK_PATIENCE_MS)
  // The daemon ranks the newest commands at once, and all of them after a while; this command waits for all.
  for (;;) {
    ranked = await io.call(getRankedCommands, { query, where: 'karo history' })
    if (ranked.complete || signal.aborted) break
    await pause(RANK_POLL_MS, signal)
  }
  if (io.json) return printJson(io, ranked)
  if (ranked.commands.length === 0) io.out(`${await nothingFound(io, input.options)}\n`)
  else io.out(table(io, ranked.commands.toReversed(), { USES: 'uses', ...historyColumns(io) }))
  if (!ranked.complete)
    io.err('Older commands are still being loaded; a moment later the order may be another.\n')
}
const RANK_PATIENCE_MS = 10_000
const RANK_POLL_MS = 100

/** Lets the person choose a command, and writes it to stdout. Without a choice nothing is written. */
async function choose(io: CommandIo, input: Input): Promise<undefined> {
  const { runFinder } = await import('../../finder/finder.ts')
  const { failed, cwd, ...others } = rankingOf(input)
  const mode = failed ? 'failed' : cwd === undefined ? 'all' : 'here'
  const here = input.options.cwd ?? workingDirectory()
  // The finder adds the filter of its mode by itself.
  const filters = mode === 'failed' && cwd !== undefined ? { ...others, cwd } : others
  // The unfinished line comes from the environment, because everybody can read the arguments of a process.
  const question = questionOf(input) || (io.env.KARO_LINE ?? '')
  const { finder } = loadConfig(io).config
  const { height = finder.height } = input.options
  const isUpward = io.env.KARO_KEY === 'up'
  // The hook of a shell can run a command; without it the command is printed, so Enter and Tab do the same.
  const isOfHook = io.env.KARO_CHOOSE !== undefined
  const session = /^[\w.-]{1,64}$/.exec(io.env.KARO_SESSION ?? '')?.[0]
  const picked = await runFinder(io, {
    question,
    here,
    filters,
    session,
    // Up shows first what this shell itself ran, as its own Up does.
    mode: isUpward && mode === 'all' && session !== undefined ? 'session' : mode,
    height,
    terms: { isUpward, enterRuns: isOfHook && finder.enter === 'run' },
  })
  if (io.json) printJson(io, { picked: picked?.command ?? null })
  else if (picked !== undefined) {
    const action = isOfHook ? `${picked.run ? 'run' : 'edit'}\n` : ''
    io.out(Buffer.from(`${action}${picked.command}\n`))
  }
}

export const commands = [find, deleteHistory]
