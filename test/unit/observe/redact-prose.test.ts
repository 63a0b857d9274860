// Secrets in sentences: how many are found in both lists of test/corpus, and that the figures of docs/recording.md are these.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { redactProse } from '../../../src/observe/prose.ts'

const ROOT = join(import.meta.dirname, '../../..')
const linesOf = (name: string): readonly string[] =>
  readFileSync(join(ROOT, 'test/corpus', name), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))

/** Whether none of the marked secrets is left; one that is a word of the sentence too is once less in it. */
function isFound(line: string): boolean {
  const plain = line.replace(/[«»]/g, '')
  const left = redactProse(plain)
  return [...line.matchAll(/«([^»]*)»/g)].every(
    ([, secret = '']) => left.split(secret).length < plain.split(secret).length,
  )
}

test.each([
  ['prose.txt', 'built on'],
  ['prose-held-out.txt', 'held out'],
])('%s: as many are found, and as few others changed, as docs/recording.md says', (name, part) => {
  const marked = linesOf(name).filter((line) => line.includes('«'))
  const others = linesOf(name).filter((line) => !line.includes('«'))
  const found = marked.filter(isFound).length
  const kept = others.filter((line) => redactProse(line) === line).length
  expect(readFileSync(join(ROOT, 'docs/recording.md'), 'utf8')).toContain(
    `| sentences, ${part} | ${found} of ${marked.length} | ${kept} of ${others.length} |`,
  )
})

test('a sentence keeps all but its secret, in each line of a text', () => {
  expect(redactProse('Wi-Fi: ask Bob\nThe PIN of the gate is 4711, and the token is "a b".\n')).toBe(
    'Wi-Fi: ask Bob\nThe PIN of the gate is [redacted], and the token is "[redacted]".\n',
  )
  expect(redactProse('Log in with the password {{password}}')).toBe('Log in with the password {{password}}')
})

test('what is left is the same when it is read again', () => {
  const lines = [...linesOf('prose.txt'), ...linesOf('prose-held-out.txt')].map((line) =>
    redactProse(line.replace(/[«»]/g, '')),
  )
  expect(lines.map(redactProse)).toEqual(lines)
})
