// Turns words into a command and its input. Commander parses and writes help; this file writes the errors.
import { Argument, Command as Commander, CommanderError, InvalidArgumentError, Option } from 'commander'
import { closest } from '../base/suggest.ts'
import { withOneCommandLine } from './input/command-line-words.ts'
import { OTHER_WORDS } from './input/other-words.ts'
import {
  besideEachOther,
  type Command,
  type CommandInput,
  type CommandOption,
  type KaroError,
  placeholder,
  usage,
} from './kit.ts'

/** Options of every command. */
export const COMMON_OPTIONS: readonly CommandOption[] = [
  { name: 'json', description: 'print one JSON document on stdout, nothing else' },
  {
    name: 'home',
    value: 'dir',
    description: "the node's directory (instead of KARO_HOME)",
  },
]

export type Parsed =
  | { readonly kind: 'run'; readonly command: Command; readonly input: CommandInput }
  | { readonly kind: 'help'; readonly text: string }

function toCommander(command: Command, name: string, width: number): Commander {
  const built = new Commander(name)
    .description(command.summary)
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .showSuggestionAfterError(false)
    .configureOutput({ writeErr: () => {}, writeOut: () => {}, getOutHelpWidth: () => width })
    .configureHelp({ styleTitle: (title) => title })
    .exitOverride()
  for (const argument of command.args) {
    const made = new Argument(placeholder(argument), argument.description)
    // Commander takes one word for an argument that help shows as one, and would refuse the others.
    if (argument.oneThing) built.allowExcessArguments(true)
    built.addArgument(argument.choices ? made.choices([...argument.choices]) : made)
  }
  for (const option of [...command.options, ...COMMON_OPTIONS]) {
    const long = option.value ? `--${option.name} <${option.value}>` : `--${option.name}`
    const description = option.name === 'json' ? (command.json ?? option.description) : option.description
    const made = new Option(option.short ? `-${option.short}, ${long}` : long, description)
    if (option.choices) made.choices([...option.choices])
    if (option.default !== undefined) made.default(option.default)
    if (option.repeat) {
      // This parser replaces commander's own, which checks the choices.
      made.argParser((value, before: string[] = []) => {
        if (option.choices?.includes(value) === false)
          throw new InvalidArgumentError(`Allowed choices are ${option.choices.join(', ')}.`)
        return [...before, value]
      })
    }
    built.addOption(made)
  }
  if (command.examples.length > 0) {
    const rows = command.examples.map(({ run, does }) => [run, does] as const)
    built.addHelpText('after', `\nExamples:\n${besideEachOther(rows, width)}`)
  }
  return built
}

/** Commander's message without its prefix, and what was probably meant as a hint. */
function usageError(error: CommanderError, command: Command): KaroError {
  const { name } = command
  const first = error.message
    .replace(/^error: (?:command-argument value )?/, '')
    .replace(/ is invalid for argument '(.*)'\. Allowed choices are /, ' is no $1; it is one of ')
    // The help lists what would fill the screen here.
    .replace(/ Allowed choices are .{300,}/, '')
    .split('\n')[0]!
  const mistyped = /^unknown option '--([^'=]+)/.exec(first)?.[1]
  const meant = closest(mistyped ?? '', [
    'help',
    ...[...command.options, ...COMMON_OPTIONS].map((one) => one.name),
  ])
  // Options of the command line to be judged were taken for options of Karo.
  const quote = (name === 'check' || name === 'explain') && error.code === 'commander.unknownOption'
  return usage(
    first.replace(/\.$/, ''),
    `karo ${name}`,
    quote
      ? `Put the command in quotes: karo ${name} 'git push --force'; without quotes, options have to stand behind its name.`
      : (OTHER_WORDS.get(`${name} --${mistyped}`) ??
          (meant ? `Did you mean --${meant}?` : adviceOn(error, command))),
  )
}

/** Advice on what to type instead. */
function adviceOn({ code, message }: CommanderError, { name, args, options, examples }: Command): string {
  const help = `karo ${name} --help shows its arguments and options.`
  const example = examples[0] ? `For example: ${examples[0].run}` : help
  if (code === 'commander.missingArgument') {
    const missing = args.find((one) => message.includes(`'${one.name}'`))
    const one = missing?.choices === undefined ? missing?.description : `one of ${missing.choices.join(', ')}`
    if (missing !== undefined) return `<${missing.name}> is ${one}. ${example}`
  }
  const file = options.find((option) => option.name === 'output')
  if (code === 'commander.excessArguments' && file !== undefined)
    return `A file is named by --${file.name} <${file.value}>. ${help}`
  if (code === 'commander.excessArguments' && args.length > 0)
    return `${args[0]?.choices ? `It takes one of ${args[0].choices.join(', ')}.` : 'Put words that belong together in quotes.'} ${help}`
  return help
}

/** Commands that only show what there is of their group; a list stands before them in the help. */
const SHOWING = /^\S+ (?:list|show|log|status|tail)$/

/** Index of the first word that is not a common option; only common options may stand before the subcommand. */
export function skipCommonOptions(words: readonly string[]): number {
  let i = 0
  while (i < words.length) {
    if (words[i] === '--home') i += 2
    else if (words[i] === '--json' || words[i]?.startsWith('--home=')) i += 1
    else break
  }
  return Math.min(i, words.length)
}

function groupHelp(group: string, commands: readonly Command[], width: number): string {
  const root = new Commander('karo')
  const own = commands.find((command) => command.name === group)
  const rest = commands.filter((command) => command !== own)
  const top = own
    ? toCommander(own, group, width)
    : toCommander({ ...rest[0]!, summary: '', args: [], options: [], examples: [] }, group, width)
  root.addCommand(top)
  for (const command of rest)
    top.addCommand(toCommander(command, command.name.slice(group.length + 1), width))
  return help(top)
}

/** The whole help text. outputHelp() is used, because helpInformation() leaves out text of addHelpText. */
function help(command: Commander): string {
  let text = ''
  command.configureOutput({ ...command.configureOutput(), writeOut: (part) => (text += part) })
  command.outputHelp()
  return text
}

/**
 * Finds the command that `words` (all words after `karo`) name among `commands`, and parses its arguments and options.
 * Throws KaroError `bad_request` (exit 2) that says which word is wrong and what is allowed.
 */
export function parseCommandLine(
  group: string,
  commands: readonly Command[],
  words: readonly string[],
  width: number,
): Parsed {
  const before = skipCommonOptions(words)
  const common = words.slice(0, before)
  const afterGroup = words.slice(before + 1)
  const skipped = skipCommonOptions(afterGroup)
  const second = afterGroup[skipped]
  const own = commands.find((command) => command.name === group)
  const sub = commands.find((command) => command.name === `${group} ${second}`)
  // A group alone, without a meaning of its own, is its list, or what shows it.
  const command = sub ?? own ?? commands.find(({ name }) => SHOWING.test(name))
  const names = commands.filter((c) => c !== own).map((c) => c.name.slice(group.length + 1))

  if (!sub && names.length > 0) {
    if (second === '--help' || second === '-h')
      return { kind: 'help', text: groupHelp(group, commands, width) }
    const isWord = second !== undefined && !second.startsWith('-')
    if (isWord && (!own || own.args.length === 0)) {
      const meant = closest(second, names)
      throw usage(
        `unknown subcommand '${second}'`,
        `karo ${group}`,
        OTHER_WORDS.get(`${group} ${second}`) ??
          (meant
            ? `Did you mean 'karo ${group} ${meant}'?`
            : `${command ? `karo ${group} alone, or with` : 'It has:'} ${names.join(', ')}.`),
      )
    }
  }
  if (!command) throw usage('a subcommand is missing', `karo ${group}`, `It has: ${names.join(', ')}.`)

  const leaf = toCommander(command, command.name, width)
  new Commander('karo').addCommand(leaf)
  const after = sub ? afterGroup.slice(skipped + 1) : afterGroup.slice(skipped)
  const rest = command.takesCommandLine ? withOneCommandLine(command, after) : after
  let input: CommandInput | undefined
  // Commander would take the last one of `--x` and `--no-x`, so both together are refused here.
  const flags = new Set<string>()
  for (const { name } of command.options) leaf.on(`option:${name}`, () => flags.add(name))
  leaf.action((...given: unknown[]) => {
    const args = command.args.map(
      ({ name, oneThing }, i) => [name, oneThing ? leaf.args.slice(i) : given[i]] as const,
    )
    const options = [...command.options, ...COMMON_OPTIONS].map((option) => {
      const declared = leaf.options.find((o) => o.long === `--${option.name}`)!
      const value = leaf.getOptionValue(declared.attributeName())
      // Commander's value of `--no-x` is that of x: true unless it is given.
      return [option.name, declared.negate ? value === false || undefined : value] as const
    })
    input = {
      args: Object.fromEntries(args) as CommandInput['args'],
      options: Object.fromEntries(options.filter(([, v]) => v !== undefined)) as CommandInput['options'],
    }
  })
  try {
    leaf.parse([...common, ...afterGroup.slice(0, skipped), ...rest], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.helpDisplayed') return { kind: 'help', text: help(leaf) }
    throw usageError(error, command)
  }
  const both = [...flags].find((name) => flags.has(`no-${name}`))
  if (both !== undefined) throw usage(`--${both} and --no-${both} exclude each other`, `--${both}`)
  return { kind: 'run', command, input: input! }
}
