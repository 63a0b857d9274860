// Every key of the configuration does something: its value is read outside of the room that checks it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { KEYS } from '../../src/config/table.ts'

const SRC = join(import.meta.dirname, '../../src')

/** They are there to be refused, so that nobody relies on them. */
const REFUSED = new Set(['trust.domains'])

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('config/'))
  .map((file) => readFileSync(join(SRC, file), 'utf8'))

/** By code that names the section and the member. */
const isRead = (section: string, member: string): boolean =>
  sources.some((text) => [section, member].every((name) => new RegExp(`\\b${name}\\b`).test(text)))

const filled = readFileSync(join(SRC, 'config/config-of.ts'), 'utf8')

test.each(Object.entries(KEYS).map(([name, { path }]) => [path, name] as const))(
  '%s is read',
  (path, name) => {
    if (REFUSED.has(path)) return
    // Its member of `Config`, as config-of.ts fills it.
    const member = new RegExp(`(\\w+): v\\(KEYS\\.${name}\\)`).exec(filled)?.[1]
    expect(member, 'config-of.ts puts it into Config').toBeDefined()
    const [section = ''] = path.split('.')
    expect(isRead(section, member as string), `something reads ${path}`).toBe(true)
  },
)
