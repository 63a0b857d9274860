// Reads the examples of the risk rules: lines that a rule must find, and lines that it must not.
import { readSections } from './sections.ts'

interface RuleExamples {
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

const EXAMPLES: ReadonlyMap<string, RuleExamples> = new Map([
  ...readSections('rules.txt', ['risky', 'harmless']),
  ...Object.entries(GENERATED),
])

export const RULES_WITH_EXAMPLES: readonly string[] = [...EXAMPLES.keys()]

/** Fails for a rule without examples, so that none is forgotten. */
export function examplesOf(rule: { readonly id: string }): RuleExamples {
  const found = EXAMPLES.get(rule.id)
  if (found === undefined) throw new Error(`test/corpus/rules.txt has no examples of ${rule.id}`)
  return found
}
