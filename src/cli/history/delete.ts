// karo history delete: shows what would go, asks, and has it removed for good.
import { deleteHistory as operation } from '../../api/contract/operations/history.ts'
import type { DeletedShape } from '../../api/contract/shapes.ts'
import {
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  fitted,
  type OptionsOf,
  printJson,
  sinceTime,
  table,
  usage,
} from '../kit.ts'
import { confirm } from '../terminal/confirm.ts'
import { countedCommands } from '../views/import.ts'
import { historyColumns } from './columns.ts'
import { checkSpan, type Filters, filterOptions, filtersOf, nothingFound } from './filters.ts'
import { inParts } from './in-parts.ts'

const OPTIONS = {
  ...filterOptions,
  before: { value: 'when', reads: sinceTime, description: 'only commands before this: 30d, a date, now' },
  'dry-run': 'only show what would be deleted',
  yes: { short: 'y', description: 'do not ask' },
} as const

export const deleteHistory = defineCommand('history delete', {
  summary: 'remove commands from your history for good',
  shows: operation,
  args: {
    what: {
      optional: true,
      variadic: true,
      description: 'words that must all occur in the command, or ids',
    },
  },
  options: OPTIONS,
  examples: {
    'karo history delete --before 90d --cwd ~/client': 'older commands of one directory',
    'karo history delete 0e1e8c7ce17ccaf3ab --yes': 'one event, by its id of karo history --json',
  },
  run: deleteSome,
})

type Removal = { readonly ids: readonly string[] } | { readonly command: string } | Filters

/** Compaction of a large database takes its time. */
const DELETE_DEADLINE_MS = 600_000
/** Commands that go in one request: seconds, after which Ctrl-C is heard. */
const PART = 5_000

export const removeCommands = (
  io: CommandIo,
  body: Removal & { readonly dry_run?: true; readonly most?: number },
): Promise<DeletedShape> => io.call(operation, { body, deadlineMs: DELETE_DEADLINE_MS })

type Input = Parameters<typeof deleteSome>[1]

async function deleteSome(
  io: CommandIo,
  input: {
    readonly args: { readonly what: readonly string[] }
    readonly options: OptionsOf<typeof OPTIONS>
  },
): Promise<ExitCode | undefined> {
  const body = removalOf(input)
  const would = await removeCommands(io, { ...body, dry_run: true })
  if (input.options['dry-run']) {
    if (io.json) printJson(io, would)
    else io.out(would.events === 0 ? await nothing(io, input) : shownRemoval(would, io))
    return
  }
  // Nothing to ask about; asked for all the same, it finishes what was ended half-way.
  if (!input.options.yes && would.events > 0) {
    const question = `${shownRemoval(would, io)}Delete ${countedCommands(would.events)} for good?`
    if (!(await confirm(io, question, { where: 'karo history delete' }))) return EXIT.failed
  }
  let last = would
  const { removed, left } = await inParts(io, would.events, 'deleted', async () => {
    last = await removeCommands(io, { ...body, most: PART })
    return { removed: last.events, left: last.left }
  })
  const gone = { ...last, events: removed }
  if (io.json) printJson(io, gone)
  else if (left > 0)
    io.err(
      `Stopped: ${countedCommands(removed)} are deleted for good, ${would.events - removed} are not. Run the same command again to delete those too.\n`,
    )
  else if (gone.events === 0) io.out(await nothing(io, input))
  else {
    io.out(
      `Deleted ${countedCommands(gone.events)}, and ${gone.texts === 1 ? 'one text' : `${gone.texts} texts`} that no other command uses.\n`,
    )
    io.err(fitted(`${OWN_HISTORY}\n`, io))
  }
  return left > 0 ? EXIT.failed : EXIT.done
}

const nothing = async (io: CommandIo, { options }: Input): Promise<string> =>
  `${await nothingFound(io, options)}\n`
const OWN_HISTORY = `Your shell's own history still has what it had, and karo import would take it from there again:
  bash: history -d <number>; history -w    zsh: edit $HISTFILE    fish: history delete <text>
Earlier backups, what a restore or repair kept, and numbers already shared, were not changed.`

function shownRemoval({ events, sample }: DeletedShape, io: CommandIo): string {
  const more = events > sample.length ? `… and ${events - sample.length} older ones.\n` : ''
  return `${table(io, sample.toReversed(), historyColumns(io))}${more}`
}

const EVENT_ID = /^[0-9a-z]{18}$/

/** Throws KaroError bad_request that names the option. */
function removalOf({ args: { what }, options }: Input): Removal {
  const filters = filtersOf(what, options)
  const { before = new Date().toISOString() } = options
  if (what.length > 0 && what.every((word) => EVENT_ID.test(word))) {
    if (Object.keys(filters).length > 1 || options.before !== undefined)
      throw usage('ids and filters cannot be given together', 'karo history delete')
    return { ids: what }
  }
  if (Object.keys(filters).length === 0 && options.before === undefined)
    throw usage(
      'nothing says which commands to delete',
      'karo history delete',
      'Name words of the commands, their ids, --before, --cwd or another filter. --before now deletes everything.',
    )
  // Not what comes while somebody thinks about it.
  if (options.before !== undefined) checkSpan(filters.since, before, '--before')
  return { ...filters, until: before }
}
