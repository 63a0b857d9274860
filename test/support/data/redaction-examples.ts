// The examples of the rules of redaction, by rule: lines with a secret between «…», and lines that stay.
import { SHAPES } from '../../../src/observe/redact/shapes.ts'
import { STDIN_RULES } from '../../../src/observe/redact/stdin.ts'
import { TOOL_RULES } from '../../../src/observe/redact/tools/tools.ts'
import { readSections } from './sections.ts'

export const REDACTION_EXAMPLES = readSections('redaction.txt', ['redacts', 'keeps'])

/** The section of each rule; rules for the same tools share one. */
export const REDACTION_SECTIONS: readonly string[] = [
  ...SHAPES.map(({ id }) => id),
  ...TOOL_RULES.map(({ tools }) => `options of ${tools}`),
  ...STDIN_RULES.map(({ tools, given }) => `input of ${tools ?? given}`),
]
