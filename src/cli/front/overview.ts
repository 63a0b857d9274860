// The pages of `karo help`: the commands of every day, and by topic all others.
import { calledSo } from '../input/other-words.ts'
import { COMMAND_GROUPS, type CommandEntry, fitted, placeholder, wrap } from '../kit.ts'

/** One command as a page shows it. */
interface OverviewRow {
  readonly group: CommandEntry['group']
  /** The words as they are typed: `peers trust`. */
  readonly name: string
  /** Its words and arguments, such as `peers trust <node>`. */
  readonly shown: string
  readonly summary: string
}

/** The rows of all commands as JSON, which the bundler writes here, so that a page need not load each command. */
declare const KARO_OVERVIEW: string | undefined

/** What a person uses in the first weeks, by purpose. A command that a build does not have is left out. */
const EVERYDAY: readonly (readonly [purpose: string, commands: readonly string[]])[] = [
  ['Find what you ran', ['history', 'history delete', 'import auto']],
  ['Before a command runs, and after it failed', ['check', 'guard', 'explain', 'ask', 'fix']],
  ['Your work in numbers', ['stats', 'anomalies', 'dashboard']],
  ['AI tools and agents', ['hook install', 'agent add', 'task run', 'approvals list']],
  ['Other machines', ['peers', 'peers trust', 'share allow', 'query', 'join', 'audit who-asked']],
  ['This node', ['shell install', 'service install', 'status', 'doctor', 'stop']],
]

/** Pages besides the first one: the groups of commands by the word that a person types, and `all` of them. */
export const HELP_TOPICS = ['mesh', 'agents', 'terminal', 'admin', 'all']

/** Loads every command of `entries`. */
export async function overviewRows(entries: readonly CommandEntry[]): Promise<readonly OverviewRow[]> {
  const loaded = await Promise.all(
    entries.map(async ({ group, load }) => (await load()).map((command) => ({ group, command }))),
  )
  return loaded.flat().map(({ group, command }) => ({
    group,
    name: command.name,
    shown: [command.name, ...command.args.map(placeholder)].join(' '),
    summary: command.summary,
  }))
}

/** `ofBuild`: `entries` are those of the program itself. */
async function rowsOf(entries: readonly CommandEntry[], ofBuild: boolean): Promise<readonly OverviewRow[]> {
  return ofBuild && typeof KARO_OVERVIEW === 'string'
    ? (JSON.parse(KARO_OVERVIEW) as readonly OverviewRow[])
    : overviewRows(entries)
}

/** More commands are no help to somebody who typed one word. */
const MOST_MEANT = 6

/** A line for each command that people call `word`, or else whose last word it is; none where these are too many. */
export async function meantBy(
  word: string,
  ...entries: Parameters<typeof rowsOf>
): Promise<readonly string[]> {
  const called = calledSo(word)
  const meant = (await rowsOf(...entries)).filter(({ name }) =>
    called.length > 0 ? called.includes(name) : name.endsWith(` ${word}`),
  )
  return meant.length > MOST_MEANT ? [] : meant.map(({ name, summary }) => `karo ${name}: ${summary}`)
}

/** `karo help` (without a topic: the commands of every day), one of its topics, or what has a word; empty where nothing has it. */
export async function overview(
  entries: readonly CommandEntry[],
  width: number,
  ofBuild: boolean,
  topic?: string,
): Promise<string> {
  const rows = await rowsOf(entries, ofBuild)
  const sections = topic === undefined ? everyday(rows) : ofTopic(rows, topic)
  const longest = Math.max(0, ...sections.flatMap((section) => section.rows.map(({ shown }) => shown.length)))
  if (longest === 0) return ''
  const pages = sections.map(({ title, rows: listed }) => {
    const lines = listed.flatMap(({ shown, summary }) =>
      wrap(summary, width - longest - 4).map(
        (part, i) => `  ${(i === 0 ? shown : '').padEnd(longest)}  ${part}`,
      ),
    )
    return lines.length === 0 ? '' : `${title}:\n${lines.join('\n')}\n\n`
  })
  return fitted(BEFORE, { columns: width }) + pages.join('') + fitted(AFTER, { columns: width })
}

interface Section {
  readonly title: string
  readonly rows: readonly OverviewRow[]
}

const everyday = (rows: readonly OverviewRow[]): readonly Section[] =>
  EVERYDAY.map(([title, names]) => ({
    title,
    rows: names.flatMap((name) => rows.find((row) => row.name === name) ?? []),
  }))

const ofTopic = (rows: readonly OverviewRow[], topic: string): readonly Section[] =>
  Object.entries(COMMAND_GROUPS).map(([id, { title, topic: own }]) => ({
    title,
    rows: rows.filter(
      ({ group, name, summary }) =>
        group === id &&
        (HELP_TOPICS.includes(topic)
          ? topic === 'all' || topic === own
          : `${name} ${summary}`.split(/\W/).includes(topic)),
    ),
  }))

const BEFORE = `Usage: karo <command> [options], or karo "what you want to do" for a command that does it

`
const AFTER = `karo help mesh, agents, terminal or admin lists the other commands of that topic, karo help all every one.
karo help <command> shows its options and examples, karo help <word> commands with that word. Every command takes --json, --home <dir> and --help.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the node is not running, 4 refused, 5 incomplete (--require-complete).
`
