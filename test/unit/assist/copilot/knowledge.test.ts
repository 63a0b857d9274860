// The knowledge file: what is in it, how large it is, that it is the same each time, and what a damaged one does.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { extract } from '../../../../scripts/fig.ts'
import {
  type Knowledge,
  type KnowledgeIndex,
  openKnowledge,
  toolTexts,
} from '../../../../src/assist/copilot/knowledge.ts'
import { builtFiles, builtKnowledge } from '../../../support/data/knowledge.ts'

let directory = ''
let knowledge: Knowledge
beforeAll(() => {
  ;({ directory, knowledge } = builtKnowledge())
})

let scratch: string | undefined
afterEach(() => {
  if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
  scratch = undefined
})

test('it knows many commands with their options and subcommands', () => {
  expect(knowledge.names().length).toBeGreaterThan(600)
  const git = knowledge.command('git')
  expect(git?.d).toMatch(/version control/i)
  const [, commit] = git?.s?.find(([names]) => names.includes('commit')) ?? []
  expect(commit?.o?.find(({ n }) => n.includes('--amend'))?.d).toMatch(/tip of the current branch|commit/i)
  const curl = knowledge.command('curl')
  expect(curl?.o?.find(({ n }) => n.includes('-L'))?.d).toBe('Follow redirects')
  expect(curl?.o?.find(({ n }) => n.includes('-o'))?.a).toBeDefined()
})

test('it is small, and each command is read alone', () => {
  expect(statSync(join(directory, 'commands.bin')).size).toBeLessThan(3 * 1024 * 1024)
  expect(statSync(join(directory, 'index.json')).size).toBeLessThan(64 * 1024)
})

test('every command in it can be read, and holds nothing but text of one line', () => {
  for (const name of knowledge.names()) {
    const known = knowledge.command(name)
    expect(known, name).toBeDefined()
    const bad: string[] = []
    JSON.stringify(known, (_, value: unknown) => {
      if (typeof value === 'string' && /\p{Cc}|\p{Cf}/u.test(value)) bad.push(value)
      return value
    })
    expect(bad, name).toEqual([])
  }
})

test('of a package each module becomes a row, and one that reaches outside becomes none', async () => {
  scratch = mkdtempSync(join(tmpdir(), 'karo-knowledge-'))
  mkdirSync(join(scratch, 'build'))
  writeFileSync(join(scratch, 'package.json'), '{"version":"1.2.3"}')
  const module = (name: string, text: string): void =>
    writeFileSync(join(scratch!, 'build', `${name}.js`), text)
  module(
    'tool',
    "export default { name: 'tool', description: 'Does `it`.', options: [{ name: ['-a', '--all'] }] }",
  )
  module(
    'reaches',
    "import { readFileSync } from 'node:fs'; export default { description: readFileSync('/etc/passwd') }",
  )
  module('fig', 'export default {}')
  const { index, data } = await extract(scratch)
  const { commands, source } = JSON.parse(Buffer.from(index).toString()) as KnowledgeIndex
  expect([Object.keys(commands), source]).toEqual([['tool'], '@withfig/autocomplete 1.2.3'])
  expect(JSON.parse(inflateRawSync(data).toString())).toEqual({
    d: "Does 'it'.",
    o: [{ n: ['-a', '--all'] }],
  })
})

test('each description of a tool of our own is the only one, and every line of it says something', () => {
  const paragraphs = toolTexts()
    .split('\n\n')
    .filter((text) => !/^(?:#.*)?\s*$/.test(text))
  const names = paragraphs.map((text) => text.slice(0, text.indexOf(': ')))
  expect(names.filter((name, at) => names.indexOf(name) !== at || /\s{2}|\n/.test(name))).toEqual([])
  for (const name of names) {
    const own = knowledge.own(name)!
    const said = [own.does, ...(own.operands ?? []), ...(own.options ?? []).map(({ does }) => does)]
    expect(
      said.filter((text) => text.trim().length < 2),
      name,
    ).toEqual([])
    expect(own.options?.filter((option) => option.names.length === 0) ?? [], name).toEqual([])
  }
  expect(names.length).toBeGreaterThan(350)
  expect(knowledge.own('set', 'fish')).not.toEqual(knowledge.own('set'))
})

test('the licence of the descriptions comes with them', () => {
  const files = builtFiles()
  const text = Buffer.from(files.get('knowledge/LICENSE.txt') as Uint8Array).toString()
  expect(text).toMatch(/MIT License/)
})

test('a missing, damaged or strange file knows nothing and ends nothing', () => {
  scratch = mkdtempSync(join(tmpdir(), 'karo-knowledge-'))
  const index = join(scratch, 'index.json')
  const data = join(scratch, 'commands.bin')
  expect(openKnowledge(scratch).command('git')).toBeUndefined()
  copyFileSync(join(directory, 'index.json'), index)
  expect(openKnowledge(scratch).command('git')).toBeUndefined()
  copyFileSync(join(directory, 'commands.bin'), data)
  expect(openKnowledge(scratch).command('git')).toBeDefined()
  expect(openKnowledge(scratch).command('__proto__')).toBeUndefined()
  expect(openKnowledge(scratch).command('constructor')).toBeUndefined()
  truncateSync(data, 1_000)
  expect(openKnowledge(scratch).command('git')).toBeUndefined()
  writeFileSync(data, Buffer.alloc(2_000_000, 0xff))
  expect(openKnowledge(scratch).command('git')).toBeUndefined()
  writeFileSync(index, '{"format":"another","commands":{"git":[0,10]}}')
  expect(openKnowledge(scratch).names()).toEqual([])
  writeFileSync(index, 'no json')
  expect(openKnowledge(scratch).names()).toEqual([])
  // Without the index of what it knows it reads the texts.
  const asked = join(scratch, 'ask.bin')
  for (const text of ['no json', '{"format":"another"}\n']) {
    writeFileSync(asked, text)
    const { isTool, tools } = openKnowledge(scratch).ask()
    expect(isTool('git'), text).toBe(true)
    expect(tools, text).toBeGreaterThan(300)
  }
})
