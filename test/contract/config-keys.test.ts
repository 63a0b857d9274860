// Every key of the configuration does something: its value is read outside of the room that checks it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { KEY_LIST } from '../../src/config/table.ts'

const SRC = join(import.meta.dirname, '../../src')

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('config/'))
  .map((file) => readFileSync(join(SRC, file), 'utf8'))

/** By code that names the section and the member. */
const isRead = (section: string, member: string): boolean =>
  sources.some((text) => [section, member].every((name) => new RegExp(`\\b${name}\\b`).test(text)))

test.each(KEY_LIST.map(({ path }) => [path] as const))('%s is read', (path) => {
  const names = path.split('.')
  expect(
    isRead(names[0] ?? '', names.at(-1) ?? ''),
    `No code outside of src/config reads ${path}, so it does nothing.`,
  ).toBe(true)
})
