// Places that say "secret", filled with passwords weak and random: none survives, in any spelling it was given in.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { redact } from '../../../src/observe/redact.ts'

/** As people choose and as generators make them; none says by itself that it is one. */
const PASSWORDS = ['hunter2', 'Winter2024!', 'swordfish', 'correct-horse', 'x7Kq9LmP2vTz', '4815162342', 'Zebra_99']

const templates = readFileSync(
  join(import.meta.dirname, '..', '..', 'corpus', 'secret-places.txt'),
  'utf8',
)
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('# '))

test('the places are many', () => {
  expect(templates.length).toBeGreaterThan(400)
})

test('no secret survives in a place that says so', () => {
  const left = templates.flatMap((template) => {
    const survivors = PASSWORDS.filter((password) => {
      const line = template.replaceAll('«⟦pw⟧»', password).replaceAll('⏎', '\n')
      const got = redact(line)
      return got.includes(password) || got.includes(encodeURIComponent(password)) || redact(got) !== got
    })
    return survivors.length === 0 ? [] : [`${template}  [${survivors.join(' ')}]`]
  })
  expect(left).toEqual([])
})
