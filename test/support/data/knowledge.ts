// The knowledge file as a build makes it, in a directory of its own, so that no test depends on dist/.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'
import { knowledgeFiles } from '../../../scripts/knowledge.ts'
import { type Knowledge, openKnowledge } from '../../../src/assist/copilot/knowledge.ts'

let files: ReturnType<typeof knowledgeFiles> | undefined

/** Made once for all tests of a process, because it takes a second. */
export const builtFiles = (): NonNullable<typeof files> => (files ??= knowledgeFiles())

export function builtKnowledge(): { readonly directory: string; readonly knowledge: Knowledge } {
  const root = mkdtempSync(join(tmpdir(), 'karo-knowledge-'))
  afterAll(() => rmSync(root, { recursive: true, force: true }))
  for (const [name, bytes] of builtFiles()) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), bytes)
  }
  const directory = join(root, 'knowledge')
  return { directory, knowledge: openKnowledge(directory) }
}
