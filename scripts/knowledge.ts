// What `karo explain` and `karo ask` read: descriptions out of @withfig/autocomplete (scripts/fig.ts), and the index of the knowledge.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { knownIn, packed } from '../src/assist/copilot/ask/index.ts'
import { ASK_FILE, TOOLS_FILE, toolTexts } from '../src/assist/copilot/knowledge.ts'
import { knowledgeTexts } from './ask/knowledge-check.ts'

const FIG = join(import.meta.dirname, 'fig')
/** The licence of the descriptions. */
export const FIG_LICENCE = join(FIG, 'LICENSE.txt')

/** The files by name as they go into dist/. */
export function knowledgeFiles(): ReadonlyMap<string, Uint8Array> {
  const kept = readFileSync(join(FIG, 'commands.bin'))
  const end = kept.indexOf('\n')
  return new Map([
    ['knowledge/index.json', kept.subarray(0, end)],
    ['knowledge/commands.bin', kept.subarray(end + 1)],
    ['knowledge/LICENSE.txt', readFileSync(FIG_LICENCE)],
    [`knowledge/${TOOLS_FILE}`, Buffer.from(toolTexts())],
    [`knowledge/${ASK_FILE}`, packed([...knowledgeTexts().values()].flatMap(knownIn))],
  ])
}

if (import.meta.main) {
  for (const [name, bytes] of knowledgeFiles()) {
    process.stdout.write(`${name}: ${Math.round(bytes.length / 1024)} KiB\n`)
  }
}
