// Reads the knowledge file beside the program: one command at a time, by its place in the file. Its rows, one for each command, have one-letter names because there are many.
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { KaroError } from '../../base/errors.ts'
import { orElse } from '../../base/run/or-else.ts'
import { fleetFile, fleetKnowledge, MACHINE_FLEET } from '../../config/paths.ts'
import type { Shell } from '../risk/index.ts'
import { remembered } from '../risk/lookup.ts'
import { changesSomething } from './ask/acts.ts'
import { type Entry, readEntries } from './ask/entries.ts'
import { type Index, knownOf, openIndex } from './ask/index.ts'
import { type OwnTool, ownTool } from './own-tools.ts'

/** Place beside the built program, and the build's place as seen from the sources. */
const PLACES = ['../knowledge', '../../../dist/knowledge'].map((path) => join(import.meta.dirname, path))
/** Bytes of one command's JSON; the largest has 250 000. */
const MOST_COMMAND = 4 * 1024 * 1024

/** Changes whenever the meaning of a row does; a file of another format is ignored. */
export const KNOWLEDGE_FORMAT = '1'

export interface OptionKnowledge {
  /** Every spelling, dashes included. */
  readonly n: readonly string[]
  readonly d?: string
  /**
   * Name of its argument: `name`, `name?` if it may be left out (then written as `--opt=value` or `-ovalue`), `name…`.
   */
  readonly a?: string
  /** The option is known to be dangerous. */
  readonly x?: 1
  /** All subcommands have this option too. */
  readonly p?: 1
}

export interface CommandKnowledge {
  readonly d?: string
  readonly o?: readonly OptionKnowledge[]
  readonly s?: readonly (readonly [names: readonly string[], known: CommandKnowledge])[]
  /** Names of its arguments, in order. */
  readonly a?: readonly string[]
  /** Long options begin with one dash, so letters cannot be written together. */
  readonly l?: 1
}

export interface KnowledgeIndex {
  readonly format: string
  /** Package and version from which the file was made. */
  readonly source: string
  /** Place of each command's deflated JSON in commands.bin, in bytes. */
  readonly commands: Readonly<Record<string, readonly [start: number, length: number]>>
}

/** Name of the index beside the built program, and of what a person added below the home of the node. */
export const ASK_FILE = 'ask.bin'
/** Karo's own descriptions of tools beside the built program. */
export const TOOLS_FILE = 'tools.txt'
export const OWN_FILE = 'knowledge.txt'
/** The product's own texts, where the program runs from its sources. */
const TEXTS = join(import.meta.dirname, '../knowledge')
/** Characters of what a person added. */
const MOST_OWN = 1024 * 1024

export type Knowledge = ReturnType<typeof openKnowledge>

/**
 * `directory` holds the files of the build; default: its places. `home`: the home of the node, with what a person added and what its fleet
 * brings. `more`: the file that ask.knowledge names.
 */
export function openKnowledge(directory?: string, home?: string, more?: string) {
  let index: Index | undefined
  let tools: string | undefined
  const found = (directory === undefined ? PLACES : [directory])
    .map(readIndex)
    .find((one) => one !== undefined)
  const kept = new Map<string, CommandKnowledge | undefined>()
  /** Karo's own description; `shell`: one in which some commands mean something else. */
  const own = (name: string, shell?: Shell): OwnTool | undefined => {
    const built = join(directory ?? PLACES[0]!, TOOLS_FILE)
    tools ??= orElse(() => readFileSync(built, 'utf8'), undefined) ?? orElse(toolTexts, '')
    return (shell === 'fish' ? ownTool(tools, `@fish ${name}`) : undefined) ?? ownTool(tools, name)
  }
  /** Whether a command of Karo's own changes something, as its description says; undefined for other words. */
  const ownChanges = remembered((words) => own(`karo ${words}`)?.changes)
  const changes = (line: string): boolean =>
    changesSomething(line) ||
    (!/ --dry-run\b/.test(line) &&
      [...line.matchAll(/\bkaro ([a-z-]+)(?: ([a-z-]+))?/g)].some(
        ([, one, two]) => ownChanges(`${one} ${two}`) ?? ownChanges(one!),
      ))
  return {
    own,
    /** Package and version from which it was made; undefined without a knowledge file. */
    source: found?.index.source,
    /** Knowledge about a command by its plain name; undefined also if the file is damaged or missing. */
    command(name: string) {
      if (found === undefined || !Object.hasOwn(found.index.commands, name)) return undefined
      if (!kept.has(name)) kept.set(name, readCommand(found, name))
      return kept.get(name)
    },
    names: () => Object.keys(found?.index.commands ?? {}),
    /** What `karo ask` searches; opened when it is first asked for. Only from this build: the sources have texts of their own. */
    ask: () =>
      (index ??= openIndex(
        join(directory ?? PLACES[0]!, ASK_FILE),
        () => productTexts(),
        addedTo(home, more),
        changes,
      )),
  }
}

const productTexts = (folder = TEXTS): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'))

/** All of Karo's own descriptions of tools, from the sources. */
export const toolTexts = (): string =>
  productTexts(join(TEXTS, 'tools'))
    .map((text) => `${text}\n`)
    .join('')

/** Files with commands besides the product's, and what an answer out of each says where it is from. */
export const addedFiles = (
  home: string,
  more?: string,
): readonly (readonly [path: string, source: string])[] => [
  [join(home, OWN_FILE), 'own'],
  ...(more === undefined ? [] : [[more, 'own'] as const]),
  ...[...new Set([fleetFile(home), MACHINE_FLEET])].map((file) => [fleetKnowledge(file), 'fleet'] as const),
]

/** What cannot be read was said when it was added or signed. */
const addedTo = (home: string | undefined, more: string | undefined) =>
  (home === undefined ? [] : addedFiles(home, more)).flatMap(([path, source]) => {
    const text = orElse(() => readFileSync(path, 'utf8'), '').slice(0, MOST_OWN)
    return readEntries(text).entries.map((entry) => knownOf(entry, source))
  })

/** Lines with a fault that are named. */
const MOST_FAULTS = 5

/** The commands of a text. Throws KaroError `too_large`, or `bad_file` with the lines that are wrong; `where` is its path. */
export function checkedEntries(text: string, where: string): readonly Entry[] {
  if (text.length > MOST_OWN)
    throw new KaroError('too_large', `the text has more than ${MOST_OWN / 1024 / 1024} MB`, { where })
  const { entries, faults } = readEntries(text)
  const wrong = faults.slice(0, MOST_FAULTS).map(({ line, why }) => `line ${line}: ${why}`)
  if (faults.length > 0 || entries.length === 0)
    throw new KaroError('bad_file', wrong.join('; ') || 'no command is in it', {
      where,
      hint: 'A line `% TOOL`, then each command with its wordings below it, indented by two blanks: docs/copilot.md.',
    })
  return entries
}

interface Opened {
  readonly index: KnowledgeIndex
  readonly data: string
}

function readIndex(directory: string): Opened | undefined {
  const index: KnowledgeIndex | undefined = orElse(
    () => JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')),
    undefined,
  )
  return index?.format === KNOWLEDGE_FORMAT ? { index, data: join(directory, 'commands.bin') } : undefined
}

function readCommand({ index, data }: Opened, name: string): CommandKnowledge | undefined {
  const [start, length] = index.commands[name] as readonly [number, number]
  let file: number | undefined
  try {
    file = openSync(data, 'r')
    const bytes = Buffer.alloc(length)
    if (readSync(file, bytes, 0, length, start) !== length) return undefined
    const text = inflateRawSync(bytes, { maxOutputLength: MOST_COMMAND }).toString('utf8')
    return JSON.parse(text) as CommandKnowledge
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
