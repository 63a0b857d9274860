// What Tab may offer at every place of the command line, from the table of commands; the shells' scripts are made of it.

import { ruleList } from '../../assist/risk/rule-list.ts'
import { KEY_LIST } from '../../config/table.ts'
import type { Command, CommandArgument, CommandEntry, CommandOption, LiveWords } from '../command.ts'
import { HELP_TOPICS } from '../front/overview.ts'
import { COMMON_OPTIONS } from '../program.ts'

export interface Word {
  readonly word: string
  readonly about: string
}

/** `words`: these; `live`: those the daemon knows; else paths, or nothing that could be known. */
export type Offer =
  | { readonly kind: 'words'; readonly words: readonly Word[] }
  | { readonly kind: 'live'; readonly what: LiveWords }
  | { readonly kind: 'file' | 'directory' | 'nothing' }

interface OptionSpec {
  /** With its dashes. */
  readonly flag: string
  readonly about: string
  /** Absent for a flag. */
  readonly value?: Offer | undefined
}

export interface PlaceSpec {
  /** The words so far, `peers trust`; empty for `karo` itself. */
  readonly path: string
  readonly subcommands: readonly Word[]
  readonly options: readonly OptionSpec[]
  readonly args: readonly Offer[]
  /** The last argument may be repeated. */
  readonly variadic: boolean
}

const HELP: OptionSpec = { flag: '--help', about: 'show the help' }

/** Every place, `karo` itself first. Throws when a word is no plain one, which no script could hold as it is. */
export async function completionSpec(entries: readonly CommandEntry[]): Promise<readonly PlaceSpec[]> {
  const groups = await Promise.all(entries.map(async ({ name, load }) => ({ name, commands: await load() })))
  const root: PlaceSpec = {
    path: '',
    subcommands: [
      ...groups.map(({ name: word, commands }) => {
        const own = commands.find(({ name }) => name === word)
        const below = commands.map(({ name }) => name.slice(word.length + 1))
        return plain({ word, about: own?.summary ?? below.join(', ') })
      }),
      { word: 'help', about: 'what a command takes' },
    ],
    options: [...COMMON_OPTIONS.flatMap(optionSpecs), HELP, { flag: '--version', about: 'show the version' }],
    args: [],
    variadic: false,
  }
  // After `help` come the places of all commands too; this one has what is besides them.
  const help = { ...root, path: 'help', subcommands: HELP_TOPICS.map((word) => ({ word, about: 'a topic' })) }
  return [root, help, ...groups.flatMap(({ name, commands }) => placesOf(name, commands))]
}

function placesOf(group: string, commands: readonly Command[]): PlaceSpec[] {
  const own = commands.find(({ name }) => name === group)
  const below = commands.filter((command) => command !== own)
  const subcommands = below.map(({ name, summary }) =>
    plain({ word: name.slice(group.length + 1), about: summary }),
  )
  return [
    placeOf(group, own, subcommands),
    ...below.flatMap((command) => {
      const place = placeOf(command.name, command, [])
      // A key of the configuration, and behind it a value.
      const [key, value] = command.args
      return key?.completes === 'config-key' && value ? placesOfKeys(place) : [place]
    }),
  ]
}

/** A key that says which values there are is a place of its own, where they are offered. */
function placesOfKeys(place: PlaceSpec): PlaceSpec[] {
  const known = KEY_LIST.filter(({ kind }) => kind.choices !== undefined)
  const others = KEY_LIST.filter((key) => !known.includes(key))
  return [
    { ...place, subcommands: keyWords(known).map(plain), args: [words(keyWords(others))] },
    ...known.map(({ path, kind: { choices = [] } }) => ({
      ...place,
      path: `${place.path} ${path}`,
      args: [bare(choices.filter(isPlain))],
    })),
  ]
}

const keyWords = (keys: typeof KEY_LIST): Word[] =>
  keys.map(({ path, description }) => ({ word: path, about: description }))

function placeOf(path: string, command: Command | undefined, subcommands: readonly Word[]): PlaceSpec {
  const args = command?.args ?? []
  return {
    path,
    subcommands,
    options: [...[...(command?.options ?? []), ...COMMON_OPTIONS].flatMap(optionSpecs), HELP],
    args: args.map(offerOf),
    variadic: args.at(-1)?.variadic === true,
  }
}

/** The short form is a flag of its own. */
function optionSpecs(option: CommandOption): OptionSpec[] {
  const { word: flag, about } = plain({ word: `--${option.name}`, about: option.description })
  const long = { flag, about, value: option.value === undefined ? undefined : offerOf(option) }
  return option.short === undefined ? [long] : [long, { ...long, flag: `-${option.short}` }]
}

/** What Tab offers for a value that a placeholder of this name stands for, unless a command says something else. */
const BY_PLACEHOLDER: Readonly<Record<string, CommandOption['completes']>> = {
  file: 'file',
  dir: 'directory',
  node: 'node',
}

function offerOf(of: CommandArgument | CommandOption): Offer {
  const placeholder = ('value' in of && of.value) || of.name
  const completes = of.choices ?? of.completes ?? BY_PLACEHOLDER[placeholder]
  if (completes === undefined) return { kind: 'nothing' }
  if (completes === 'file' || completes === 'directory') return { kind: completes }
  if (completes === 'config-key') return words(keyWords(KEY_LIST))
  if (completes === 'risk-rule') {
    // Those of the core nobody can accept.
    const rules = ruleList().filter(({ core }) => !core)
    return words(rules.map(({ rule, why }) => ({ word: rule, about: why })))
  }
  return typeof completes === 'string' ? { kind: 'live', what: completes } : bare(completes)
}

const words = (list: readonly Word[]): Offer => ({ kind: 'words', words: list.map(plain) })

const bare = (list: readonly string[]): Offer => words(list.map((word) => ({ word, about: '' })))

/** Shown beside a word; more would be cut by every terminal. */
const ABOUT_LENGTH = 120

const isPlain = (word: string): boolean => /^[A-Za-z0-9._-]+$/.test(word)

function plain({ word, about }: Word): Word {
  if (!isPlain(word)) throw new Error(`${word} cannot be offered: it is no plain word`)
  const line = about.replace(/\s+/g, ' ').trim()
  return { word, about: line.length <= ABOUT_LENGTH ? line : `${line.slice(0, ABOUT_LENGTH - 1)}…` }
}
