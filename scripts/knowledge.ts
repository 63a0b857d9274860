// What `karo explain` and `karo ask` read: descriptions out of @withfig/autocomplete (scripts/fig.ts), and the recipes' wordings.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { prepare } from '../src/assist/copilot/matcher/wordings.ts'
import { RECIPES } from '../src/assist/copilot/recipes/index.ts'

const FIG = join(import.meta.dirname, 'fig')
/** The licence of the descriptions. */
export const FIG_LICENCE = join(FIG, 'LICENSE.txt')
/** The licences of the sets whose requests are in answered.json. */
export const REQUEST_LICENCES = join(import.meta.dirname, '../NOTICE')

/** The files by name as they go into dist/. */
export function knowledgeFiles(): ReadonlyMap<string, Uint8Array> {
  const kept = readFileSync(join(FIG, 'commands.bin'))
  const end = kept.indexOf('\n')
  return new Map([
    ['knowledge/index.json', kept.subarray(0, end)],
    ['knowledge/commands.bin', kept.subarray(end + 1)],
    ['knowledge/LICENSE.txt', readFileSync(FIG_LICENCE)],
    ['knowledge/LICENSE-requests.txt', readFileSync(REQUEST_LICENCES)],
    ['knowledge/wordings.json', Buffer.from(JSON.stringify(prepare(RECIPES)))],
  ])
}

if (import.meta.main) {
  for (const [name, bytes] of knowledgeFiles()) {
    process.stdout.write(`${name}: ${Math.round(bytes.length / 1024)} KiB\n`)
  }
}
