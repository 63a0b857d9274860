// What is known of a tool, for `karo ask TOOL` and `karo explain TOOL`.
import { openExamples } from '../assist/copilot/examples/index.ts'
import { openKnowledge } from '../assist/copilot/knowledge.ts'
import { type Known, knownOf } from '../assist/copilot/known.ts'
import { createManuals } from '../assist/copilot/manuals.ts'
import { personHome } from '../base/run/person-home.ts'
import type { CommandIo } from './command.ts'

/** Undefined unless the words are a tool's name and nothing else; its manual is only read if nothing else knows it. */
export async function knownTool(io: CommandIo, words: string): Promise<Known | undefined> {
  if (!/^\s*[\w.+-]+(?: [a-z-]+)?\s*$/.test(words)) return undefined
  return knownOf(words, {
    knowledge: openKnowledge(undefined, io.home),
    examples: openExamples(io.home, personHome(io.env) ?? io.home),
    ...(!/\s/.test(words.trim()) && { manuals: createManuals(io.env.PATH ?? '', {}) }),
  })
}
