// What `ask`, `explain` and `fix` know: Karo's commands, what was taken in, what the fleet brings, and the file that ask.knowledge names.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openExamples } from '../assist/copilot/examples/index.ts'
import { type Knowledge, openKnowledge } from '../assist/copilot/knowledge.ts'
import { type Known, knownOf } from '../assist/copilot/known.ts'
import { createManuals } from '../assist/copilot/manuals.ts'
import { orElse } from '../base/run/or-else.ts'
import { personHome } from '../base/run/person-home.ts'
import { machineFile } from '../config/paths.ts'
import type { CommandIo } from './command.ts'

/** True where one of these keys, or an escaped name, stands in the file. Else the code that reads TOML need not be loaded. */
export function maySet(keys: RegExp, file: string): boolean {
  const text = orElse(() => readFileSync(file, 'utf8'), '').replace(/^[ \t]*#.*$/gm, '')
  return keys.test(text) || /\\[ux]/i.test(text)
}

/** An unusable configuration names no file; others tell of it. */
export async function namedKnowledge({ home, env }: CommandIo): Promise<string | undefined> {
  const files = [join(home, 'config.toml'), orElse(() => machineFile(home, env) ?? '', '')]
  if (!env.KARO_ASK_KNOWLEDGE && !files.some((file) => maySet(/knowledge/i, file))) return undefined
  const { loadConfig } = await import('../config/load.ts')
  return orElse(() => loadConfig({ home, env }).config.ask.knowledge, '') || undefined
}

export const askedKnowledge = async (io: CommandIo): Promise<Knowledge> =>
  openKnowledge(undefined, io.home, await namedKnowledge(io))

/** Undefined unless the words are a tool's name and nothing else; its manual is only read if nothing else knows it. */
export async function knownTool(io: CommandIo, words: string): Promise<Known | undefined> {
  if (!/^\s*[\w.+-]+(?: [a-z-]+)?\s*$/.test(words)) return undefined
  return knownOf(words, {
    knowledge: await askedKnowledge(io),
    examples: openExamples(io.home, personHome(io.env) ?? io.home),
    ...(!/\s/.test(words.trim()) && { manuals: createManuals(io.env.PATH ?? '', {}) }),
  })
}
