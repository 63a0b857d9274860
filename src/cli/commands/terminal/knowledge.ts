// karo knowledge: lists where `ask` and `explain` know commands from, and takes in an archive of tldr pages.
import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openExamples, PACK_FILE } from '../../../assist/copilot/examples/index.ts'
import { openKnowledge } from '../../../assist/copilot/knowledge.ts'
import { systemRandom } from '../../../base/clock.ts'
import { KaroError } from '../../../base/errors.ts'
import { replaceFile } from '../../../base/files.ts'
import { personHome } from '../../../base/run/person-home.ts'
import { type Command, type CommandIo, defineCommand, show } from '../../command.ts'
import { type KnowledgeList, printKnowledge } from '../../views/knowledge.ts'

function listOf({ home, env }: CommandIo): KnowledgeList {
  const built = openKnowledge()
  const shipped =
    built.source === undefined ? [] : [{ name: built.source, path: null, tools: built.names().length }]
  return { sources: [...shipped, ...openExamples(home, personHome(env) ?? home).sources] }
}

const list = defineCommand({
  name: 'knowledge list',
  summary: 'list where ask and explain know commands from, besides manual pages',
  examples: [{ run: 'karo knowledge list', does: 'what is built in, carried in, and kept by a tldr client' }],
  run: async (io) => show(io, listOf(io), printKnowledge),
})

const add = defineCommand({
  name: 'knowledge add',
  summary: 'take in an archive of tldr pages, so that ask and explain know their examples',
  args: [
    {
      name: 'file',
      required: true,
      description: 'the ZIP archive, such as tldr-pages.en.zip',
      completes: 'file',
    },
  ],
  examples: [
    { run: 'karo knowledge add tldr-pages.en.zip', does: 'replaces the pages that were taken in before' },
  ],
  async run(io, { args }) {
    const { MOST_ARCHIVE, pack, pagesIn } = await import('../../../assist/copilot/examples/archive.ts')
    const path = resolve(args.file as string)
    const pages = pagesIn(contentOf(path, MOST_ARCHIVE), path)
    const target = join(io.home, PACK_FILE)
    if (statSync(io.home, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new KaroError('not_found', 'there is no node here yet', {
        where: io.home,
        hint: 'Make one: karo init',
      })
    replaceFile(target, pack(pages), 0o600, systemRandom)
    return show(io, { tools: pages.size }, () => `Took in the pages of ${pages.size} tools.\n`)
  },
})

function contentOf(path: string, most: number): Buffer {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isFile() !== true)
    throw new KaroError('not_found', 'there is no such file', {
      where: path,
      hint: 'Give the ZIP archive of tldr pages.',
    })
  if (found.size > most)
    throw new KaroError('too_large', `the archive has more than ${most / 1024 / 1024} MB`, { where: path })
  return readFileSync(path)
}

export const commands: readonly Command[] = [list, add]
