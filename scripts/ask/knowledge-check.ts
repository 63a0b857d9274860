// `npm run knowledge:check`: whether the files of knowledge can be read, agree with each other, and do what their words say.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'unbash'
import { type Entry, piecesOf, readEntries } from '../../src/assist/copilot/ask/entries.ts'
import { unfilled } from '../../src/assist/copilot/ask/fill.ts'
import { openKnowledge } from '../../src/assist/copilot/knowledge.ts'

const KNOWLEDGE = join(import.meta.dirname, '../../src/assist/knowledge')

const { changes } = openKnowledge().ask()
/** A wording that asks to see something and for nothing else. */
const SEES =
  /^(?:show|list|print|display|view|see|count|what|which|who|why|where|when|how (?:many|much|big|full|long|old))\b(?!.*\b(?:and|then|to (?:a )?file|into|save|write)\b)/

/** Wordings that say the same: without articles and punctuation, with the type of each slot in its place. */
function normalWording(said: string, { slots }: Pick<Entry, 'slots'>): string {
  const words = piecesOf(said).map((piece) => {
    if (typeof piece === 'string') return piece
    const slot = slots.find(({ name }) => name === piece[1])
    return `{${slot?.type}${slot?.ending === undefined ? '' : `.${slot.ending}`}}`
  })
  return words
    .join('')
    .toLowerCase()
    .replace(/[,;:!?"']|\.(?=\s|$)/g, ' ')
    .split(/\s+/)
    .filter((word) => !['a', 'an', 'the', ''].includes(word))
    .join(' ')
}

/** What is wrong with the files, each as `file:line: why`. */
export function checkKnowledge(files: ReadonlyMap<string, string>): readonly string[] {
  const faults: string[] = []
  const said = new Map<string, string>()
  const commands = new Map<string, string>()
  for (const [file, text] of files) {
    const { entries, faults: own } = readEntries(text)
    faults.push(...own.map(({ line, why }) => `${file}:${line}: ${why}`))
    for (const entry of entries) {
      const place = `${file}:${entry.line}`
      faults.push(...faultsOf(entry).map((why) => `${place}: ${why}`))
      const twin = commands.get(entry.command)
      if (twin !== undefined) faults.push(`${place}: the command of ${twin} once more: ${entry.command}`)
      commands.set(entry.command, place)
      for (const [at, one] of entry.says.entries()) {
        const wording = normalWording(one, entry)
        const where = `${file}:${entry.line + at + 1}`
        const before = said.get(wording)
        if (before !== undefined) faults.push(`${where}: ${before} says the same: ${one}`)
        said.set(wording, where)
      }
    }
  }
  return faults
}

function faultsOf(entry: Entry): readonly string[] {
  const faults: string[] = []
  const command = unfilled(entry.command).command
  if ((parse(command).errors ?? []).length > 0) faults.push(`the line cannot be read as shell: ${command}`)
  const sees = entry.says.find((said) => SEES.test(said))
  if (sees !== undefined && changes(command))
    faults.push(`"${sees}" asks to see something, and ${entry.command} changes something`)
  if (entry.says.some((said) => /[A-Z]/.test(said.charAt(0)) || /[.?!]$/.test(said)))
    faults.push('a wording begins with a small letter and ends without a full stop')
  return faults
}

/** The files of the product, by name. */
export const knowledgeTexts = (): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(KNOWLEDGE)
      .filter((name) => name.endsWith('.txt'))
      .sort()
      .map((name) => [name, readFileSync(join(KNOWLEDGE, name), 'utf8')]),
  )

if (import.meta.main) {
  const texts = knowledgeTexts()
  const faults = checkKnowledge(texts)
  for (const fault of faults) process.stdout.write(`${fault}\n`)
  const all = [...texts.values()].flatMap((text) => readEntries(text).entries)
  const words = all.reduce((sum, { says }) => sum + says.length, 0)
  process.stdout.write(
    `${texts.size} files, ${all.length} commands of ${new Set(all.map(({ tool }) => tool)).size} tools, ${words} wordings; ${faults.length} faults\n`,
  )
  if (faults.length > 0) process.exitCode = 1
}
