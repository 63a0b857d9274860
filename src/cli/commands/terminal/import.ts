// karo import: adds histories of shells and files of karo export to a person's history, and undoes imports.

import { pipe } from 'it-pipe'
import { IMPORT_BATCH } from '../../../api/contract/constants.ts'
import { getImports, importEntries, undoImport } from '../../../api/contract/operations/import.ts'
import type { ImportedShape } from '../../../api/contract/shapes.ts'
import { batches } from '../../../observe/imports/batches.ts'
import {
  type ForeignEntry,
  type Item,
  possibleDuration,
  SHELLS,
  SOURCES,
  type Source,
} from '../../../observe/imports/entry.ts'
import { UNENDED } from '../../../observe/imports/lines.ts'
import { createTimeline, type Placed } from '../../../observe/imports/timeline.ts'
import { errorLines, type ToldError, toldOf } from '../../error-text.ts'
import { inParts } from '../../history/in-parts.ts'
import { importExport } from '../../import/export.ts'
import { type ForeignHistory, findHistory, openHistory } from '../../import/foreign-history.ts'
import { createProgress, withImport } from '../../import/session.ts'
import {
  type CommandInput,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  KaroError,
  localTime,
  printable,
  printJson,
  show,
  whole,
} from '../../kit.ts'
import { watchInterrupt } from '../../terminal/interrupt.ts'
import { createLiveLine } from '../../terminal/live-line.ts'
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
    },
  },
  options: { 'dry-run': DRY_RUN },
  examples: {
    'karo import history.ndjson': 'running it again adds nothing',
    'ssh old karo export | karo import -': 'imports from another machine without a file',
    'karo import auto': 'imports the histories of your shells and of atuin instead',
  },
  run: (io, { args, options }) => importExport(io, args.file, options['dry-run'] === true),
})

const auto = defineCommand('import auto', {
  summary: 'add all histories of bash, zsh, fish and atuin that are found',
  options: { 'dry-run': DRY_RUN, 'all-hosts': ALL_HOSTS },
  examples: {
    'karo import auto': 'imports each history; each can be undone by itself',
  },
  async run(io, input) {
    const found: { source: Source; path: string }[] = []
    // atuin comes first, because it knows most about each command; the shells' files then add only what it does not have.
    for (const source of ['atuin', ...SHELLS] as const) {
      const path = await findHistory(io, source)
      if (path !== undefined) found.push({ source, path })
    }
    if (found.length === 0)
      throw new KaroError('not_found', 'no history of bash, zsh, fish or atuin was found', {
        hint: 'Name the file: karo import bash FILE',
      })
    // Asks the daemon first, so that a missing daemon is one error and not one for each history.
    await io.call(getImports)
    const imports: (ImportSummary | Failed)[] = []
    for (const { source, path } of found) {
      if (!io.json) io.err(`${source}: ${printable(path)}\n`)
      const one = await importOne(io, source, path, input).catch((error: unknown): Failed => {
        if (!(error instanceof KaroError)) throw error
        return { source, file: path, error: toldOf(error, io) }
      })
      imports.push(one)
      const failed = 'error' in one
      if (!io.json && failed) io.err(errorLines(one.error, io))
      if (!io.json && !failed) io.out(importView(one, io))
      if (!failed && one.interrupted) break
    }
    if (io.json) printJson(io, { imports })
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
async function chosen(io: CommandIo, wanted: number | undefined) {
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
      reads: whole(1, MOST_ID),
      description: 'number from karo import list (default: the last import)',
      completes: 'import:list:id',
    },
  },
  async sure(io, { args }) {
    const { id, source, file: from, events, started_at } = await chosen(io, args.id)
    return {
      asks: `Take out ${countedCommands(events)} that import ${id} brought (${source}, ${printable(from)}, ${localTime(started_at)})?`,
      args: { id },
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

/** Small enough that a request is answered soon even if other clients use the daemon. */
const BATCH = { items: IMPORT_BATCH.entries, bytes: 192 * 1024 }
/** The daemon may be busy with others. */
const DEADLINE_MS = 60_000
const BAD_SHOWN = 20
/** What is running now its hook will record when it is done: the import itself, for one. */
const RECENT_US = 2_000_000

type Sent = Placed & Omit<ForeignEntry, 'start_us'>

/** Brings one foreign history into the daemon: batch after batch, one on its way while the next is read. */
async function runImport(
  io: CommandIo,
  history: ForeignHistory,
  { dryRun, signal }: { readonly dryRun: boolean; readonly signal: AbortSignal },
): Promise<ImportSummary> {
  const begun = performance.now()
  const now_us = Date.now() * 1000
  using live = createLiveLine(io)
  const progress = createProgress(live, io)
  const counts = { read: 0, cut: 0, untimed: 0, recent: 0, odd_durations: 0, bad: 0 }
  const sum = { added: 0, known: 0, ignored: 0, redacted: 0, too_old: 0 }
  const bad_lines: { line: number; problem: string }[] = []
  const about = { source: history.source, file: history.where, dry_run: dryRun }
  const id = await withImport(io, live, about, sum, async (key) => {
    const place = createTimeline(await history.survey(), history.end_us)
    async function* placed(items: AsyncIterable<Item>): AsyncGenerator<Sent, void> {
      for await (const item of items) {
        if (signal.aborted) return
        if (!('entry' in item)) {
          counts.bad++
          if (bad_lines.length < BAD_SHOWN) bad_lines.push(item)
          continue
        }
        counts.read++
        if (item.cut) counts.cut++
        const { start_us, duration_us: said_us } = item.entry
        if (start_us === null) counts.untimed++
        else if (start_us > now_us - RECENT_US) {
          counts.recent++
          continue
        }
        const duration_us = possibleDuration(said_us, start_us, now_us)
        if (duration_us !== said_us) counts.odd_durations++
        yield { ...item.entry, duration_us, ...place(item.entry) }
      }
    }
    async function send(entries: readonly Sent[]): Promise<void> {
      const told = await io.call(importEntries, {
        body: { key, entries },
        deadlineMs: DEADLINE_MS,
      })
      for (const name of Object.keys(sum) as (keyof ImportedShape)[]) sum[name] += told[name]
      progress.show({ share: history.done() / history.total, commands: counts.read })
    }
    let under = Promise.resolve()
    for await (const entries of pipe(
      history.items(),
      placed,
      batches(BATCH, ({ command, cwd }: Sent) => command.length + cwd.length + 160),
    )) {
      await under
      under = send(entries)
      // It is waited for before the next, or at the end: until then it is nobody's failure.
      under.catch(() => {})
    }
    await under
    // One that is being written has a line without an end, and may have no other yet.
    const [first] = bad_lines.filter(({ problem }) => problem !== UNENDED)
    if (counts.read === 0 && first !== undefined && !signal.aborted)
      throw new KaroError('bad_file', `there is no command in it: line ${first.line} ${first.problem}`, {
        where: history.where,
      })
  })
  return {
    source: history.source,
    file: history.where,
    id,
    dry_run: dryRun,
    interrupted: signal.aborted,
    ...counts,
    ...sum,
    bad_lines,
    elapsed_ms: Math.round(performance.now() - begun),
  }
}
