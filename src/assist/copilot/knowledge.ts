// Reads the knowledge file beside the program: one command at a time, by its place in the file.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { type CommandKnowledge, KNOWLEDGE_FORMAT, type KnowledgeIndex } from './knowledge-format.ts'
import type { Prepared } from './matcher/wordings.ts'

/** Beside the chunk this becomes part of, and from the sources where the build put it. */
const PLACES = ['../knowledge', '../../../dist/knowledge'].map((path) => join(import.meta.dirname, path))
/** Bytes of one command's JSON; the largest has a quarter of a million. */
const MOST_COMMAND = 4 * 1024 * 1024

export interface Knowledge {
  /** Package and version it was made from; undefined when there is no knowledge file. */
  readonly source: string | undefined
  /** What is known of a command by its plain name; a damaged or missing file knows nothing. */
  command(name: string): CommandKnowledge | undefined
  names(): readonly string[]
  /** The recipes' wordings as the build of this program took them apart; undefined where it is not a built one. */
  wordings(): Prepared | undefined
}

/** `directory`: where index.json and commands.bin are; default: where the build puts them. */
export function openKnowledge(directory?: string): Knowledge {
  const found = (directory === undefined ? PLACES : [directory])
    .map(readIndex)
    .find((one) => one !== undefined)
  const kept = new Map<string, CommandKnowledge | undefined>()
  return {
    source: found?.index.source,
    command(name) {
      if (found === undefined || !Object.hasOwn(found.index.commands, name)) return undefined
      if (!kept.has(name)) kept.set(name, readCommand(found, name))
      return kept.get(name)
    },
    names: () => Object.keys(found?.index.commands ?? {}),
    // Never from elsewhere: they have to be those of this program's own recipes.
    wordings: () => readJson<Prepared>(join(directory ?? (PLACES[0] as string), 'wordings.json')),
  }
}

interface Opened {
  readonly index: KnowledgeIndex
  readonly data: string
}

function readIndex(directory: string): Opened | undefined {
  const index = readJson<KnowledgeIndex>(join(directory, 'index.json'))
  return index?.format === KNOWLEDGE_FORMAT ? { index, data: join(directory, 'commands.bin') } : undefined
}

/** What our own build wrote; undefined when it is missing or no JSON. */
function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch {
    return undefined
  }
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
