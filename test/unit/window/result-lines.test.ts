// What a tool returned, as lines: texts as they are, everything else as JSON, and nothing assumed of it.
import { expect, test } from 'vitest'
import { linesOfResult } from '../../../src/window/views/agents/result-lines.ts'

test('texts are lines, failures are marked, and the rest is JSON', () => {
  const text = { type: 'text', text: 'a\r\nb' }
  expect(linesOfResult({ content: [text] })).toEqual([{ text: 'a' }, { text: 'b' }])
  expect(linesOfResult({ content: [text], isError: true })[0]).toEqual({ text: 'a', mark: 'error' })
  expect(linesOfResult({ content: [{ type: 'image' }] }).map((line) => line.text)).toEqual([
    '{',
    '  "type": "image"',
    '}',
  ])
  for (const odd of [null, 4, 'x', [], { content: 4 }, { content: [null, 4, { type: 'text', text: 4 }] }])
    expect(linesOfResult(odd).length).toBeGreaterThan(0)
})
