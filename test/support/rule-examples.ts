// Reads the examples of the risk rules: lines that a rule must find, and lines that it must not.
import { readFileSync } from 'node:fs'

export interface RuleExamples {
  readonly risky: readonly string[]
  readonly harmless: readonly string[]
}

/** Lines that a text file cannot hold, or that are too long for one. */
const GENERATED: Readonly<Record<string, RuleExamples>> = {
  'hidden-text': {
    risky: ['ls \u001b[2K', 'echo a\u202eb', 'rm x\u0000y', 'ls \u0008\u0008'],
    harmless: ['ls\t-l', 'echo é 漢字 👩‍💻', 'ls\nls'],
  },
  'too-deep': {
    risky: [`${'$('.repeat(40)}ls${')'.repeat(40)}`, 'ls;'.repeat(9000)],
    harmless: ['echo $(echo $(ls))'],
  },
  'too-long': { risky: [`echo ${'x'.repeat(70_000)}`], harmless: [`echo ${'x'.repeat(900)}`] },
}

/** By rule: sections `[rule]` with lines `risky …` and `harmless …`, ␤ for a newline. */
export function ruleExamples(): ReadonlyMap<string, RuleExamples> {
  const found = new Map<string, { risky: string[]; harmless: string[] }>()
  let id = ''
  for (const line of readFileSync(new URL('../corpus/rules.txt', import.meta.url), 'utf8').split('\n')) {
    if (line === '' || line.startsWith('# ')) continue
    const heading = /^\[([\w-]+)\]$/.exec(line)?.[1]
    const [, kind, command] = /^(risky|harmless) (.+)$/.exec(line) ?? []
    if (heading !== undefined) {
      if (found.has(heading)) throw new Error(`twice: ${line}`)
      id = heading
      found.set(id, { risky: [], harmless: [] })
    } else if (kind === undefined || command === undefined) throw new Error(`no example: ${line}`)
    else found.get(id)?.[kind as keyof RuleExamples].push(command.replaceAll('␤', '\n'))
  }
  return new Map<string, RuleExamples>([...found, ...Object.entries(GENERATED)])
}

const EXAMPLES = ruleExamples()

/** Fails for a rule without examples, so that none is forgotten. */
export function examplesOf(rule: { readonly id: string }): RuleExamples {
  const found = EXAMPLES.get(rule.id)
  if (found === undefined) throw new Error(`test/corpus/rules.txt has no examples of ${rule.id}`)
  return found
}
