// karo knowledge: lists where `ask` and `explain` know commands from, and takes in an archive of tldr pages.
import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openExamples, PACK_FILE } from '../../../assist/copilot/examples/index.ts'
import { addedFiles, checkedEntries, OWN_FILE, openKnowledge } from '../../../assist/copilot/knowledge.ts'
import { systemRandom } from '../../../base/clock.ts'
import { replaceFile } from '../../../base/files.ts'
import { personHome } from '../../../base/run/person-home.ts'
import { bytesFrom } from '../../input/text-from.ts'
import { type CommandIo, defineCommand, KaroError, show } from '../../kit.ts'
import { namedKnowledge } from '../../knowledge.ts'
import { type KnowledgeList, printKnowledge } from '../../views/knowledge.ts'

/** By what an answer out of them says. */
const SOURCES: Readonly<Record<string, string>> = { own: 'taken in', fleet: 'from the fleet' }

async function listOf(io: CommandIo): Promise<KnowledgeList> {
  const { home, env } = io
  const built = openKnowledge()
  const shipped = built.source ? [{ name: built.source, path: null, tools: built.names().length }] : []
  const more = await namedKnowledge(io)
  return {
    sources: [
      { name: "Karo's knowledge", path: null, tools: built.ask().tools },
      ...addedFiles(home, more).flatMap(([path, source]) =>
        existsSync(path) ? [{ name: SOURCES[source] ?? source, path, tools: null }] : [],
      ),
      ...shipped,
      ...openExamples(home, personHome(env) ?? home).sources,
    ],
  }
}

const list = defineCommand('knowledge list', {
  summary: 'list where ask and explain know commands from, besides manual pages',
  run: async (io) => show(io, await listOf(io), printKnowledge),
})

const add = defineCommand('knowledge add', {
  summary: 'take in commands with their wordings, or an archive of tldr pages, for ask and explain',
  args: {
    file: {
      description: 'a text of commands and wordings, or a ZIP archive such as tldr-pages.en.zip',
    },
  },
  examples: {
    'karo knowledge add ours.txt': 'replaces the commands that were taken in before',
    'karo knowledge add tldr-pages.en.zip': 'replaces the pages that were taken in before',
  },
  async run(io, { args }) {
    const { MOST_ARCHIVE, pack, pagesIn } = await import('../../../assist/copilot/examples/archive.ts')
    const path = resolve(args.file)
    const content = await bytesFrom(path, MOST_ARCHIVE)
    const isArchive = content.subarray(0, 2).toString('latin1') === 'PK'
    const pages = isArchive ? pagesIn(content, path) : undefined
    const entries = isArchive ? [] : checkedEntries(content.toString('utf8'), path)
    if (statSync(io.home, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new KaroError('not_found', 'there is no node here yet', {
        where: io.home,
        hint: 'Make one: karo init',
      })
    if (pages !== undefined) {
      replaceFile(join(io.home, PACK_FILE), pack(pages), 0o600, systemRandom)
      return show(io, { tools: pages.size }, () => `Took in the pages of ${pages.size} tools.\n`)
    }
    replaceFile(join(io.home, OWN_FILE), content, 0o600, systemRandom)
    const tools = new Set(entries.map(({ tool }) => tool)).size
    return show(io, { tools }, () => `Took in ${entries.length} commands of ${tools} tools.\n`)
  },
})

export const commands = [list, add]
