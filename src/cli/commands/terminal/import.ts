// karo import: adds histories of shells and files of karo export to a person's history, and undoes imports.
import { getImports, undoImport } from '../../../api/contract/operations/import.ts'
import { EXIT, type ExitCode, KaroError } from '../../../base/errors.ts'
import { bytes, localTime, printable } from '../../../base/format.ts'
import { SHELLS, SOURCES, type Source } from '../../../observe/imports/entry.ts'
import { type CommandInput, type CommandIo, defineCommand, show } from '../../command.ts'
import { errorLines, type ToldError, toldOf } from '../../error-text.ts'
import { inParts } from '../../history/in-parts.ts'
import { importExport } from '../../import/export.ts'
import { findHistory, openHistory } from '../../import/foreign-history.ts'
import { runImport } from '../../import/run.ts'
import { parseWhole } from '../../input/values.ts'
import { watchInterrupt } from '../../terminal/interrupt.ts'
import { countedCommands, type ImportSummary, importsView, importView } from '../../views/import.ts'

const DRY_RUN = 'show what would be done, and do nothing'
const ALL_HOSTS = "also atuin's commands from other machines"
/** Deadline of one part of an undo, which reads all texts of the person once. */
const UNDO_MS = 300_000
const MOST_ID = 2 ** 31 - 1

const USUAL: Readonly<Record<Source, string>> = {
  bash: '$HISTFILE or ~/.bash_history',
  zsh: '$HISTFILE, ${ZDOTDIR:-~}/.zsh_history, ~/.histfile or ~/.zhistory',
  fish: '~/.local/share/fish/fish_history, or that of $fish_history',
  atuin: 'what its configuration says, or ~/.local/share/atuin/history.db',
}

async function importOne(
  io: CommandIo,
  source: Source,
  name: string | undefined,
  { options }: CommandInput,
): Promise<ImportSummary> {
  const history = await openHistory(io, source, name, { allHosts: options['all-hosts'] === true })
  using interrupt = watchInterrupt()
  try {
    for (const note of history.notes) io.err(`${note}\n`)
    return await runImport(io, history, {
      dryRun: options['dry-run'] === true,
      signal: interrupt.signal,
    })
  } finally {
    await history.close()
  }
}

/** One of several histories that could not be imported, or not completely. */
interface Failed {
  readonly source: Source
  readonly file: string
  readonly error: ToldError
}

const exitOf = (imports: readonly (ImportSummary | Failed)[]): ExitCode =>
  imports.some((one) => 'error' in one || one.interrupted) ? EXIT.failed : EXIT.done

const file = defineCommand('import', {
  summary: 'add a file of karo export to your history; commands that are there already stay as they are',
  args: {
    file: {
      description: 'NDJSON or CSV, as karo export writes them; - for standard input',
      completes: 'file',
    },
  },
  options: { 'dry-run': DRY_RUN },
  examples: {
    'karo import history.ndjson': 'running it again adds nothing',
    'karo import history.csv --dry-run': 'which lines are wrong, and how many are new',
    'ssh old karo export | karo import -': 'imports from another machine without a file',
    'karo import auto': 'imports the histories of your shells and of atuin instead',
  },
  run: (io, { args, options }) => importExport(io, args.file, options['dry-run'] === true),
})

const auto = defineCommand('import auto', {
  summary: 'add all histories of bash, zsh, fish and atuin that are found',
  options: { 'dry-run': DRY_RUN, 'all-hosts': ALL_HOSTS },
  examples: {
    'karo import auto --dry-run': 'which histories there are, and how many commands are new',
    'karo import auto': 'imports each history; each can be undone by itself',
  },
  async run(io, input) {
    const found: { source: Source; path: string; bytes: number }[] = []
    // atuin comes first, because it knows most about each command; the shells' files then add only what it does not have.
    for (const source of ['atuin', ...SHELLS] as const) {
      const one = await findHistory(io, source)
      if (one !== undefined) found.push({ source, ...one })
    }
    if (found.length === 0) {
      throw new KaroError('not_found', 'no history of bash, zsh, fish or atuin was found', {
        hint: 'Name the file: karo import bash FILE',
      })
    }
    // Asks the daemon first, so that a missing daemon is one error and not one for each history.
    await io.call(getImports)
    const imports: (ImportSummary | Failed)[] = []
    for (const { source, path, bytes: size } of found) {
      if (!io.json) io.err(`${source}: ${printable(path)}, ${bytes(size)}\n`)
      const one = await importOne(io, source, path, input).catch((error: unknown): Failed => {
        if (!(error instanceof KaroError)) throw error
        return { source, file: path, error: toldOf(error, io) }
      })
      imports.push(one)
      const failed = 'error' in one
      if (!io.json && failed) io.err(errorLines(one.error, io.columns))
      if (!io.json && !failed) io.out(importView(one, io))
      if (!failed && one.interrupted) break
    }
    if (io.json) io.out(`${JSON.stringify({ imports })}\n`)
    return exitOf(imports)
  },
})

const foreign = SOURCES.map((source) =>
  defineCommand(`import ${source}`, {
    summary: `add the history of ${source} to your own; running it again adds only new commands`,
    args: {
      file: {
        optional: true,
        description: `default: ${USUAL[source]}${source === 'atuin' ? '' : '; - for standard input'}`,
        completes: 'file',
      },
    },
    options: source === 'atuin' ? { 'dry-run': DRY_RUN, 'all-hosts': ALL_HOSTS } : { 'dry-run': DRY_RUN },
    examples: {
      [`karo import ${source} --dry-run`]: 'how many of its commands are new',
      [`karo import ${source}`]: 'adds them; karo import undo takes them out again',
    },
    async run(io, input) {
      const summary = await importOne(io, source, input.args.file, input)
      show(io, summary, () => importView(summary, io))
      return exitOf([summary])
    },
  }),
)

const list = defineCommand('import list', {
  summary: 'list the imports that can be undone',
  shows: getImports,
  view: ({ imports }, io) => importsView(imports, io),
})

/** The import of that number, the last one without a number. */
async function chosen(io: CommandIo, number: string | undefined) {
  const wanted = number === undefined ? undefined : parseWhole(number, 'karo import undo', 1, MOST_ID)
  const { imports } = await io.call(getImports)
  const one = wanted === undefined ? imports[0] : imports.find(({ id }) => id === wanted)
  if (one !== undefined) return one
  const what = wanted === undefined ? 'nothing was imported' : `there is no import ${wanted}`
  throw new KaroError('not_found', what, { hint: 'karo import list shows what can be undone.' })
}

const undo = defineCommand('import undo', {
  summary: 'undo an import: take out exactly the commands that it brought',
  args: {
    id: {
      optional: true,
      description: 'number from karo import list (default: the last import)',
      completes: 'import:list:id',
    },
  },
  examples: {
    'karo import undo': 'the last import, after asking',
    'karo import undo 3 --yes': 'import 3, without asking',
  },
  async sure(io, { args }) {
    const { id, source, file: from, events, started_at } = await chosen(io, args.id)
    return {
      asks: `Take out ${countedCommands(events)} that import ${id} brought (${source}, ${printable(from)}, ${localTime(started_at)})?`,
      args: { id: String(id) },
    }
  },
  async run(io, { args }) {
    const { id, events } = await chosen(io, args.id)
    const { removed, left } = await inParts(io, events, 'taken out', () =>
      io.call(undoImport, { body: { id }, deadlineMs: UNDO_MS }),
    )
    if (left > 0) {
      await show(
        io,
        { id, removed, left },
        () =>
          `Stopped: ${countedCommands(removed)} of import ${id} taken out, ${left} are left. karo import undo ${id} takes those out too.\n`,
      )
      return EXIT.failed
    }
    const gone = events - removed
    const before = gone > 0 ? ` ${countedCommands(gone)} had been deleted, or were too old, before.` : ''
    return show(
      io,
      { id, removed },
      () => `${countedCommands(removed)} of import ${id} taken out.${before}\n`,
    )
  },
})

export const commands = [file, auto, ...foreign, list, undo]
