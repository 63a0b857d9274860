// docs/coming-from.md: each command of ours that it names is one, with the options that it has there.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { COMMON_OPTIONS } from '../../src/cli/program.ts'

test('every command that the page names is one, and has the options', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/coming-from.md'), 'utf8')
  const commands = (await Promise.all(COMMANDS.map(({ load }) => load()))).flat()
  // What the page names as words of other programs is none of ours.
  const named = [...page.matchAll(/`karo ([a-z][^`]*)`/g)].map(([, line]) => line!)
  const typed = named.filter((line) => !['members', 'lock'].includes(line))
  expect(typed.length).toBeGreaterThan(40)
  for (const line of typed) {
    const words = line.split(' ')
    const command = [2, 1]
      .map((n) => commands.find(({ name }) => name === words.slice(0, n).join(' ')))
      .find((one) => one !== undefined)
    const has = [...(command?.options ?? []), ...COMMON_OPTIONS].map(({ name }) => `--${name}`)
    expect([line, command?.name]).toEqual([line, expect.any(String)])
    const given = words.filter((word) => word.startsWith('--'))
    expect([line, given.filter((option) => !has.includes(option))]).toEqual([line, []])
  }
})
