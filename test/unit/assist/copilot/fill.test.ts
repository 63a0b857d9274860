// What a request names stands in a command as one word, or not at all: run by real shells, with names that would be code.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { slotsIn } from '../../../../src/assist/copilot/ask/entries.ts'
import { fill } from '../../../../src/assist/copilot/ask/fill.ts'

const place = mkdtempSync(join(tmpdir(), 'karo-fill-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))

const filled = (command: string, values: Readonly<Record<string, string>>) =>
  fill({ command, slots: slotsIn(command) }, new Map(Object.entries(values)))?.command

/** Names that make a file where a shell, or a program in awk or Python, runs them. */
const HOSTILE = [
  'a; touch made',
  "a'; touch made; '",
  '$(touch made)',
  '`touch made`',
  'a"; touch made; "',
  'x/{system("touch made")}/',
]

test.each([
  "sh -c 'echo {text}'",
  'bash -c "echo {text}"',
  "awk '/{pattern:text}/ {print}' /dev/null",
  'awk \'BEGIN {x = "{text}"}\'',
  "printf x | xargs -I F sh -c 'echo {text}'",
  'echo "$(ls {path})"',
  "find . -maxdepth 0 -exec sh -c 'echo {text}' ;",
])('no name is code in %s', (command) => {
  for (const value of HOSTILE)
    expect(filled(command, { text: value, pattern: value, path: value }), value).toBeUndefined()
  expect(filled(command, { text: 'src/a.txt', pattern: 'src/a.txt', path: 'src/a.txt' })).toContain(
    'src/a.txt',
  )
})

test.each(['echo {text}', "grep -c '{text}' /dev/null", 'printf "%s" "{text}"', 'ls {path}'])(
  'a name is one word in %s',
  (command) => {
    for (const value of HOSTILE) {
      const line = filled(command, { text: value, path: value }) as string
      try {
        execFileSync('sh', ['-c', line], { cwd: place, stdio: 'ignore' })
      } catch {
        // grep and ls find nothing.
      }
      expect(existsSync(join(place, 'made')), line).toBe(false)
    }
  },
)

test('a number of bytes has a unit for find alone', () => {
  expect(filled('find . -size +{size}', { size: '100c' })).toBe('find . -size +100c')
  expect(filled('head -c {size} {file}', { size: '100c', file: 'a' })).toBe('head -c 100 a')
  expect(filled('head -c {size} {file}', { size: '100k', file: 'a' })).toBe('head -c 100k a')
})
