// The knowledge file as a build makes it, in a directory of its own. Of dist/ it is taken only where that is of the sources as they are now.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DIST, isFresh } from '../../../scripts/fresh.ts'
import { knowledgeFiles } from '../../../scripts/knowledge.ts'
import { type Knowledge, openKnowledge } from '../../../src/assist/copilot/knowledge.ts'
import { atEnd } from '../run/processes.ts'

let files: ReturnType<typeof knowledgeFiles> | undefined

/** Made at most once for all tests of a process, because it takes a second or two. */
export const builtFiles = (): NonNullable<typeof files> =>
  (files ??= isFresh() ? keptFiles() : knowledgeFiles())

const keptFiles = (): NonNullable<typeof files> =>
  new Map(
    readdirSync(join(DIST, 'knowledge')).map((name) => [
      `knowledge/${name}`,
      readFileSync(join(DIST, 'knowledge', name)),
    ]),
  )

export function builtKnowledge(): { readonly directory: string; readonly knowledge: Knowledge } {
  const root = mkdtempSync(join(tmpdir(), 'karo-knowledge-'))
  atEnd(() => rmSync(root, { recursive: true, force: true }))
  for (const [name, bytes] of builtFiles()) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), bytes)
  }
  const directory = join(root, 'knowledge')
  return { directory, knowledge: openKnowledge(directory) }
}
