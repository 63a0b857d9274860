// The knowledge file: what is in it, how large it is, that it is the same each time, and what a damaged one does.
import { copyFileSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { extract, knowledgeFiles } from '../../../../scripts/knowledge.ts'
import { type Knowledge, openKnowledge } from '../../../../src/assist/copilot/knowledge.ts'
import type { KnowledgeIndex } from '../../../../src/assist/copilot/knowledge-format.ts'
import { builtKnowledge } from '../../../support/data/knowledge.ts'
import { times } from '../../../support/run/thorough.ts'

let directory = ''
let knowledge: Knowledge
beforeAll(async () => {
  ;({ directory, knowledge } = await builtKnowledge())
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

test('made again, it is the same bytes', async () => {
  const files = await knowledgeFiles()
  const kept = JSON.parse(Buffer.from(files.get('knowledge/index.json')!).toString()) as KnowledgeIndex
  // Each is made by itself, so that a part of them shows it.
  const { index, data } = await extract((at) => at % times(25, 1) === 0)
  const made = JSON.parse(Buffer.from(index).toString()) as KnowledgeIndex
  const names = Object.keys(made.commands)
  expect(names.length).toBeGreaterThan(20)
  expect(Object.keys(kept.commands).filter((name) => Object.hasOwn(made.commands, name))).toEqual(names)
  const bytesOf = (of: KnowledgeIndex, bytes: Uint8Array, name: string) => {
    const [start, length] = of.commands[name]!
    return Buffer.from(bytes.subarray(start, start + length)).toString('base64')
  }
  for (const name of names)
    expect(bytesOf(made, data, name), name).toBe(bytesOf(kept, files.get('knowledge/commands.bin')!, name))
})

test('the licences of the descriptions and of the requests come with them', async () => {
  const files = await knowledgeFiles()
  const text = (name: string) => Buffer.from(files.get(`knowledge/${name}`) as Uint8Array).toString()
  expect(text('LICENSE.txt')).toMatch(/MIT License/)
  expect(text('LICENSE-requests.txt')).toMatch(
    /NL2Bash[\s\S]*Permission is hereby granted[\s\S]*InterCode-ALFA/,
  )
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
})
