// The page of `karo --help`: every command with its summary, by group.
import { COMMAND_GROUPS, type CommandEntry, placeholder } from './command.ts'
import { fitted, wrap } from './terminal/text.ts'

/** One command as the page shows it. */
interface OverviewRow {
  readonly group: CommandEntry['group']
  /** Its words and arguments, such as `peers trust <node>`. */
  readonly shown: string
  readonly summary: string
}

/** The rows of all commands as JSON, which the bundler writes here, so that the page need not load each command. */
declare const KARO_OVERVIEW: string | undefined

/** Loads every command of `entries`. */
export async function overviewRows(entries: readonly CommandEntry[]): Promise<readonly OverviewRow[]> {
  const loaded = await Promise.all(
    entries.map(async ({ group, load }) => (await load()).map((command) => ({ group, command }))),
  )
  return loaded.flat().map(({ group, command }) => ({
    group,
    shown: [command.name, ...command.args.map(placeholder)].join(' '),
    summary: command.summary,
  }))
}

/** `karo help`: every command with its summary, by group. `ofBuild`: `entries` are those of the program itself. */
export async function overview(
  entries: readonly CommandEntry[],
  width: number,
  ofBuild: boolean,
): Promise<string> {
  const written = ofBuild && typeof KARO_OVERVIEW === 'string' ? KARO_OVERVIEW : undefined
  const rows =
    written === undefined ? await overviewRows(entries) : (JSON.parse(written) as readonly OverviewRow[])
  const longest = Math.max(...rows.map(({ shown }) => shown.length))
  const sections = Object.entries(COMMAND_GROUPS).map(([id, title]) => {
    const lines = rows
      .filter(({ group }) => group === id)
      .flatMap(({ shown, summary }) =>
        wrap(summary, width - longest - 4).map(
          (part, i) => `  ${(i === 0 ? shown : '').padEnd(longest)}  ${part}`,
        ),
      )
    return lines.length === 0 ? '' : `${title}:\n${lines.join('\n')}\n\n`
  })
  const before = `Usage: karo <command> [options]

Terminal intelligence for closed networks. The mesh never carries raw commands.

`
  const after = `Every command takes --json, --home <dir> and --help. karo help <command> shows its options and examples.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the daemon is not running, 4 refused, 5 incomplete (--require-complete).
`
  return fitted(before, width) + sections.join('') + fitted(after, width)
}
