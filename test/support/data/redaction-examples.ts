// The examples of the rules of redaction, by rule: lines with a secret between «…», and lines that stay.
import { SHAPES } from '../../../src/observe/redact/shapes.ts'
import { ROWS } from '../../../src/observe/redact/tools.ts'
import { readSections } from './sections.ts'

export const REDACTION_EXAMPLES = readSections('redaction.txt', ['redacts', 'keeps'])

/** The section of each rule; rules for the same tools share one. */
export const REDACTION_SECTIONS: readonly string[] = [
  ...SHAPES.map(({ id }) => id),
  ...ROWS.map(({ names, readsSecret, stdin }) =>
    readsSecret ? `input of ${names === '*' ? stdin : names}` : `options of ${names}`,
  ),
]
