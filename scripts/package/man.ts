// The manual pages, man(7): karo(1), one for each group of commands, karo.toml(5); from the tables that help is made of.
import {
  COMMAND_GROUPS,
  type Command,
  type CommandEntry,
  type CommandOption,
  placeholder,
} from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { COMMON_OPTIONS } from '../../src/cli/program.ts'
import { ENVIRONMENT } from '../../src/config/environment.ts'
import { defaultText } from '../../src/config/sample.ts'
import { envName, KEY_LIST, whenInForce } from '../../src/config/table.ts'

/** When a changed key of a section takes effect. */
const IN_FORCE = {
  restart: 'In force after a restart, which karo config set offers.',
  reload: 'In force at once by karo config set; after a change of the file by karo config reload.',
  'at once': 'In force at once: each command reads the file when it starts.',
} as const

export interface ManPage {
  readonly name: string
  readonly section: 1 | 5
  readonly source: string
}

/** Dated `seconds` since the epoch, in UTC, whoever makes them wherever; without a date if there are none. */
export async function manPages(version: string, seconds?: number): Promise<readonly ManPage[]> {
  const date = seconds === undefined ? '' : new Date(seconds * 1000).toISOString().slice(0, 10)
  const groups = await Promise.all(COMMANDS.map(async (entry) => ({ entry, commands: await entry.load() })))
  const page = (name: string, section: 1 | 5, parts: readonly string[]): ManPage => ({
    name,
    section,
    source: `.TH "${name.toUpperCase()}" "${section}" "${date}" "Karo ${version}" "Karo"\n${parts.join('\n')}\n`,
  })
  return [
    page('karo', 1, overview(groups)),
    ...groups.map(({ entry, commands }) => page(`karo-${entry.name}`, 1, groupPage(entry, commands))),
    page('karo.toml', 5, configPage()),
  ]
}

interface Group {
  readonly entry: CommandEntry
  readonly commands: readonly Command[]
}

const EXIT_STATUS: readonly (readonly [status: string, means: string])[] = [
  ['0', 'done'],
  ['1', 'it failed'],
  ['2', 'wrong usage, or a configuration that cannot be used'],
  ['3', 'the daemon is not running'],
  ['4', 'refused by policy, guard, or the key'],
  ['5', 'a query whose coverage is incomplete, with --require-complete'],
  ['130, 143', 'ended by a signal'],
]

const FILES: readonly (readonly [path: string, is: string])[] = [
  ['~/.local/share/karo', 'everything of a person’s own node, unless KARO_HOME names another directory'],
  ['/etc/karo/config.toml', 'the configuration of the machine’s service, karo.toml(5)'],
  ['/var/lib/karo', 'its key and database'],
  ['/var/spool/karo', 'what the shells of all users leave for it'],
  ['/run/karo/karo.sock', 'its control socket'],
]

function overview(groups: readonly Group[]): string[] {
  const listed = Object.entries(COMMAND_GROUPS).flatMap(([id, { title }]) => [
    macro('SS', title),
    ...groups
      .filter(({ entry }) => entry.group === id)
      .flatMap(({ commands }) => commands)
      .flatMap((command) => tagged(synopsisOf(command), text(command.summary))),
  ])
  return [
    macro('SH', 'NAME'),
    `karo \\- terminal intelligence for closed networks`,
    macro('SH', 'SYNOPSIS'),
    `${bold('karo')} ${italic('command')} [${italic('options')}]`,
    macro('SH', 'DESCRIPTION'),
    text(
      'A personal copilot for the commands of a machine, and a serverless encrypted mesh of machines together. The mesh never carries raw commands. karo up runs the node; every other command talks to it over its control socket, or needs none. Each group of commands has a page of its own, karo-peers(1) and so on.',
    ),
    macro('SH', 'COMMANDS'),
    ...listed,
    macro('SH', 'OPTIONS'),
    text('Every command takes these, and --help.'),
    ...COMMON_OPTIONS.flatMap(optionOf),
    macro('SH', 'EXIT STATUS'),
    ...EXIT_STATUS.flatMap(([status, means]) => tagged(bold(status), text(means))),
    macro('SH', 'ENVIRONMENT'),
    text('Most keys of karo.toml(5) can be set by a variable too; that page names it.'),
    ...ENVIRONMENT.flatMap(({ name, description }) => tagged(bold(name), text(description))),
    macro('SH', 'FILES'),
    ...FILES.flatMap(([path, is]) => tagged(bold(path), text(is))),
    macro('SH', 'SEE ALSO'),
    seeAlso([...groups.map(({ entry }) => `karo-${entry.name}(1)`), 'karo.toml(5)']),
  ]
}

function groupPage(entry: CommandEntry, commands: readonly Command[]): string[] {
  const own = commands.find(({ name }) => name === entry.name)
  const words = commands.map(({ name }) => name.slice(entry.name.length + 1)).filter(Boolean)
  const about = own?.summary ?? words.join(', ')
  return [
    macro('SH', 'NAME'),
    `karo\\-${text(entry.name)} \\- ${text(about)}`,
    macro('SH', 'SYNOPSIS'),
    ...commands.flatMap((command, i) => [...(i === 0 ? [] : ['.br']), synopsisOf(command)]),
    macro('SH', 'DESCRIPTION'),
    ...commands.flatMap((command) => [macro('SS', `karo ${command.name}`), ...commandPart(command)]),
    macro('SH', 'COMMON OPTIONS'),
    ...COMMON_OPTIONS.flatMap(optionOf),
    macro('SH', 'SEE ALSO'),
    seeAlso(['karo(1)', 'karo.toml(5)']),
  ]
}

function commandPart({ summary, args, options, examples }: Command): string[] {
  const shown = examples.flatMap(({ run, does }) => tagged(literal(run), text(does)))
  return [
    text(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`),
    ...args.flatMap(({ name, description, choices }) =>
      tagged(italic(name), text(`${description}${oneOf(choices)}.`)),
    ),
    ...options.flatMap(optionOf),
    ...(shown.length === 0 ? [] : ['.PP', text(shown.length > 3 ? 'Examples:' : 'For example:'), ...shown]),
  ]
}

function synopsisOf(command: Command): string {
  const given = command.args.map((argument) => text(placeholder(argument)))
  const options = command.options.length === 0 ? [] : [`[${italic('options')}]`]
  return [bold(`karo ${command.name}`), ...given, ...options].join(' ')
}

function optionOf(option: CommandOption): string[] {
  const value = option.value === undefined ? '' : ` ${italic(option.value)}`
  const short = option.short === undefined ? '' : `${bold(`-${option.short}`)}, `
  const fallback = option.default === undefined ? '' : ` Default: ${option.default}.`
  const again = option.repeat ? ' May be given several times.' : ''
  return tagged(
    `${short}${bold(`--${option.name}`)}${value}`,
    text(`${option.description}${oneOf(option.choices)}.${fallback}${again}`),
  )
}

const oneOf = (choices: readonly string[] | undefined): string =>
  choices === undefined ? '' : ` (one of ${choices.join(', ')})`

function configPage(): string[] {
  const sections = Map.groupBy(KEY_LIST, ({ path }) => path.slice(0, path.indexOf('.')))
  return [
    macro('SH', 'NAME'),
    'karo.toml \\- configuration of a Karo node',
    macro('SH', 'DESCRIPTION'),
    text(
      'A node reads config.toml in its directory, the machine’s service /etc/karo/config.toml. The file is TOML; every key is optional. An environment variable wins over the file, the file over the default; lists in variables are separated by commas. Anything wrong is refused with file and line. karo config list shows every key with its value and where that came from.',
    ),
    ...[...sections].flatMap(([section, keys]) => [
      macro('SH', `[${section}]`),
      text(IN_FORCE[whenInForce(section)]),
      ...keys.flatMap((key) => {
        const env = envName(key)
        const facts = [
          `Must be ${key.kind.allowed}.`,
          `Default: ${defaultText(key)}.`,
          ...(env === undefined ? [] : [`Environment: ${env}.`]),
        ]
        return tagged(bold(key.path), text(`${key.description} ${facts.join(' ')}`))
      }),
    ]),
    macro('SH', 'SEE ALSO'),
    seeAlso(['karo(1)', 'karo-config(1)']),
  ]
}

const seeAlso = (pages: readonly string[]): string =>
  pages
    .map((name, i) => {
      const [page = '', section = ''] = name.split('(')
      return `.BR ${escaped(page).replaceAll('-', '\\-')} (${section}${i < pages.length - 1 ? ' ,' : ''}`
    })
    .join('\n')

/** A paragraph with its term in front. */
const tagged = (term: string, body: string): string[] => ['.TP', term, body]

const bold = (words: string): string => `\\fB${literal(words)}\\fR`
const italic = (words: string): string => `\\fI${text(words)}\\fR`

/** What is typed: every hyphen is the minus that copies as one. */
const literal = (words: string): string => safeStart(escaped(words).replaceAll('-', '\\-'))

/** Running text; options and the like in it keep their dashes. */
const text = (words: string): string =>
  safeStart(
    escaped(words.replace(/\s+/g, ' ').trim()).replace(/(?<![A-Za-z0-9])-+|-(?=-)/g, (dashes) =>
      dashes.replaceAll('-', '\\-'),
    ),
  )

/** Arguments of a macro stand in quotes. */
const macro = (name: string, ...args: readonly string[]): string =>
  `.${name} ${args.map((arg) => `"${escaped(arg).replaceAll('"', '\\(dq').replaceAll('-', '\\-')}"`).join(' ')}`

const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\e',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
}

/** No character is one of the formatter's own, none is beyond ASCII. */
const escaped = (words: string): string =>
  words.replace(/[\\'`^~]|[^\x20-\x7e]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0
    return SPECIAL[char] ?? `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`
  })

/** A dot in front would be a macro. */
const safeStart = (line: string): string => (line.startsWith('.') ? `\\&${line}` : line)
