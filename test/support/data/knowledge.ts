// The knowledge file as a build makes it, in a directory of its own, so that no test depends on dist/.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'
import { knowledgeFiles } from '../../../scripts/knowledge.ts'
import { type Knowledge, openKnowledge } from '../../../src/assist/copilot/knowledge.ts'

export async function builtKnowledge(): Promise<{
  readonly directory: string
  readonly knowledge: Knowledge
}> {
  const root = mkdtempSync(join(tmpdir(), 'karo-knowledge-'))
  afterAll(() => rmSync(root, { recursive: true, force: true }))
  for (const [name, bytes] of knowledgeFiles()) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), bytes)
  }
  const directory = join(root, 'knowledge')
  return { directory, knowledge: openKnowledge(directory) }
}
