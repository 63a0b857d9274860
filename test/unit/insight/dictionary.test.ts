// The dictionary is the only source of names at level 1: whatever was typed, what comes out was in it before.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CATEGORIES, OTHER, TOOL_NAMES, toolOf } from '../../../src/insight/dictionary.ts'

test.each([
  ['git', 'git', 'git'],
  ['kubectl', 'kubectl', 'kubernetes'],
  ['docker-compose', 'docker-compose', 'docker'],
  ['npx', 'npx', 'npm'],
  ['cargo', 'cargo', 'cargo'],
  ['ls', 'ls', 'file_ops'],
  ['curl', 'curl', 'network'],
  ['systemctl', 'systemctl', 'system'],
  ['nvim', 'nvim', 'editor'],
  ['[', 'test', 'system'],
  ['.', 'source', 'system'],
  ['nodejs', 'node', 'npm'],
  ['7z', '7z', 'file_ops'],
  ['g++', 'g++', 'other'],
  ['gcc-12', 'gcc', 'other'],
  ['clang++-18', 'clang++', 'other'],
])('%s is %s, in %s', (word, tool, category) => {
  expect(toolOf(word)).toEqual({ tool, category })
})

test.each([
  undefined,
  '',
  ' ',
  'deploy-acme-prod',
  'git ',
  'gitt',
  'git\n',
  '-git',
  'git;ls',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  '\ud800',
  'x'.repeat(65_536),
  '1'.repeat(65_536),
])('%j is nothing anybody learns of', (word) => {
  expect(toolOf(word)).toEqual({ tool: 'other', category: 'other' })
})

test('nothing of an unknown word comes out', () => {
  const known = [...TOOL_NAMES]
  // Words beside the dictionary's own are where a rule about spellings could let something through.
  const near = fc
    .tuple(fc.constantFrom(...known), fc.string({ unit: 'binary', maxLength: 4 }), fc.boolean())
    .map(([name, more, before]) => (before ? more + name : name + more))
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), near), (word) => {
      const { tool, category } = toolOf(word)
      expect(TOOL_NAMES.has(tool)).toBe(true)
      expect(CATEGORIES).toContain(category)
    }),
    { numRuns: 5_000 },
  )
})

test('every name finds itself, in one category, and is a name that the wire carries', () => {
  for (const name of TOOL_NAMES) {
    expect(toolOf(name).tool).toBe(name)
    expect(name).toMatch(/^[a-z0-9][a-z0-9._+-]{0,31}$/)
  }
  for (const category of CATEGORIES) expect(category).toMatch(/^[a-z0-9_]{1,24}$/)
  expect(OTHER).toEqual({ tool: 'other', category: 'other' })
})
