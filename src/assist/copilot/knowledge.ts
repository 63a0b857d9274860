// Reads the knowledge file beside the program: one command at a time, by its place in the file.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { type CommandKnowledge, KNOWLEDGE_FORMAT, type KnowledgeIndex } from './knowledge-format.ts'
import type { Prepared } from './matcher/wordings.ts'

/** Place beside the built program, and the build's place as seen from the sources. */
const PLACES = ['../knowledge', '../../../dist/knowledge'].map((path) => join(import.meta.dirname, path))
/** Bytes of one command's JSON; the largest has 250 000. */
const MOST_COMMAND = 4 * 1024 * 1024

export interface Knowledge {
  /** Package and version from which it was made; undefined without a knowledge file. */
  readonly source: string | undefined
  /** Knowledge about a command by its plain name; undefined also if the file is damaged or missing. */
  command(name: string): CommandKnowledge | undefined
  names(): readonly string[]
  /** The wordings of the recipes as the build prepared them; undefined if the program was not built. */
  wordings(): Prepared | undefined
}

/** `directory` holds index.json and commands.bin; default: the places of the build. */
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
    // Only from this build, because they have to belong to this program's recipes.
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

/** JSON that the build wrote; undefined if the file is missing or no JSON. */
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
