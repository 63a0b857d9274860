// Manual pages: nothing in the tables is missing from them, and the formatters have nothing to say about them.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type ManPage, manPages } from '../../scripts/package/man.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { KEY_LIST } from '../../src/config/table.ts'
import { temporaryDirectory } from '../support/data/database.ts'

let pages: readonly ManPage[]
beforeAll(async () => {
  pages = await manPages('1.2.3', 1_000_000_000)
})

/** A formatter over all pages, each a file, so that its warnings name the page. */
function format(program: string, ...options: readonly string[]) {
  const directory = temporaryDirectory()
  for (const { name, section, source } of pages) writeFileSync(join(directory, `${name}.${section}`), source)
  const files = pages.map(({ name, section }) => `${name}.${section}`)
  const { status, stdout, stderr } = spawnSync(program, [...options, ...files], {
    cwd: directory,
    encoding: 'utf8',
  })
  return { status, said: stdout + stderr }
}

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined

test('the same time and version make the same bytes', async () => {
  expect(await manPages('1.2.3', 1_000_000_000)).toEqual(pages)
  expect(pages[0]?.source).toContain('"2001-09-09" "Karo 1.2.3"')
  for (const { source } of pages) expect(source).toMatch(/^[\x20-\x7e\n]*$/)
})

describe.runIf(has('groff'))('as groff shows them', () => {
  /** Each page as a reader sees it, in one line. */
  let read: (name: string) => string
  beforeAll(() => {
    const { stdout } = spawnSync('groff', ['-man', '-Tutf8', '-P-c', '-rLL=500n'], {
      input: pages.map(({ source }) => source).join('\n.PP\nEND-OF-PAGE\n'),
      encoding: 'utf8',
    })
    const shown = stdout
      .replace(/.\x08/gu, '')
      .replace(/\u2010/g, '-')
      .replace(/\s+/g, ' ')
      .split('END-OF-PAGE')
    expect(shown).toHaveLength(pages.length)
    read = (wanted) => shown[pages.findIndex(({ name }) => name === wanted)] ?? ''
  })

  test('every command is there with its options and examples, word for word', async () => {
    const overview = read('karo')
    for (const { name: group, load } of COMMANDS) {
      const page = read(`karo-${group}`)
      for (const { name, summary, options, args, examples } of await load()) {
        expect(overview).toContain(`karo ${name}`)
        expect(overview).toContain(summary.replace(/\s+/g, ' '))
        const words = [
          ...options.flatMap((option) => [`--${option.name}`, option.description]),
          ...args.map(({ description }) => description),
          ...examples.flatMap(({ run, does }) => [run, does]),
        ]
        for (const said of words) expect(page, `${name}: ${said}`).toContain(said.replace(/\s+/g, ' '))
      }
    }
  })

  test('every key of the configuration, with meaning and default', () => {
    const page = read('karo.toml')
    for (const { path, description } of KEY_LIST) {
      expect(page).toContain(path)
      expect(page, path).toContain(description.replace(/\s+/g, ' '))
    }
  })

  test('groff warns of nothing', () => {
    expect(format('groff', '-man', '-Tutf8', '-ww', '-z')).toEqual({ status: 0, said: '' })
  })
})

test.runIf(has('mandoc'))('mandoc warns of nothing', () => {
  expect(format('mandoc', '-man', '-Tlint', '-Wwarning')).toEqual({ status: 0, said: '' })
})
