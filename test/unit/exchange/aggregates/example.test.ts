// The numbers of docs/aggregates.md are those that the code computes.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { exampleText } from './example.ts'

test('the worked example is what happens', () => {
  const page = readFileSync(new URL('../../../../docs/aggregates.md', import.meta.url), 'utf8')
  expect(page).toContain(`\`\`\`text\n${exampleText()}\n\`\`\``)
})
