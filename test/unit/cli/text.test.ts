// Text for people fits the screen.
import { expect, test } from 'vitest'
import { fitted, textWidth } from '../../../src/cli/terminal/text.ts'

test('colours take no room', () => {
  const plain = `  ${'word '.repeat(14)}end`
  const coloured = plain.replaceAll('word', '\x1b[1;31mword\x1b[39;22m')
  expect(textWidth(coloured)).toBe(textWidth(plain))
  expect(fitted(coloured, 80)).toBe(coloured)
  expect(fitted(coloured, 40).replaceAll(/\x1b\[[\d;]*m/g, '')).toBe(fitted(plain, 40))
})
