// The dictionary is the only source of names at level 1: whatever was typed, what comes out was in it before.

import { expect, test } from 'vitest'
import { CATEGORIES, OTHER, TOOL_NAMES, toolOf } from '../../../../src/base/words/dictionary.ts'
import fc, { anyText, forAllIn } from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'

test.each([
  ['git', 'git', 'git'],
  ['/usr/bin/git', 'git', 'git'],
  ['/opt/homebrew/bin/git', 'git', 'git'],
  ['docker-compose', 'docker-compose', 'docker'],
  ['kubectl', 'kubectl', 'kubernetes'],
  ['npx', 'npx', 'npm'],
  ['nodejs', 'node', 'npm'],
  ['cargo', 'cargo', 'cargo'],
  ['ls', 'ls', 'file_ops'],
  ['cd', 'cd', 'file_ops'],
  ['7z', '7z', 'file_ops'],
  ['curl', 'curl', 'network'],
  ['systemctl', 'systemctl', 'system'],
  ['mkfs.ext4', 'mkfs', 'system'],
  ['nvim', 'nvim', 'editor'],
  ['psql', 'psql', 'database'],
  ['terraform', 'terraform', 'cloud'],
  ['echo', 'echo', 'shell'],
  ['[', 'test', 'shell'],
  ['/usr/bin/[', 'test', 'shell'],
  ['.', 'source', 'shell'],
  ['Rscript', 'rscript', 'other'],
  ['g++', 'g++', 'build'],
  ['gcc-12', 'gcc', 'build'],
  ['clang++-18', 'clang++', 'build'],
  ['php8.3', 'php', 'other'],
  ['go1.24.2', 'go', 'build'],
  ['python', 'python', 'python'],
  ['python3.11', 'python3', 'python'],
  ['python2.7', 'python', 'python'],
  ['/usr/local/bin/pip3.12', 'pip', 'python'],
])('%s is %s (%s)', (word, tool, category) => {
  expect(toolOf(word)).toEqual({ tool, category })
})

test.each([
  [undefined, 'nothing'],
  ['', 'nothing'],
  [' ', 'nothing'],
  ['deploy-acme-prod', 'one’s own'],
  ['git ', 'another name'],
  ['git\n', 'another name'],
  ['gitt', 'another name'],
  ['-git', 'another name'],
  ['git;ls', 'another name'],
  ['GIT', 'another name where letters count'],
  ['Make', 'another name where letters count'],
  ['git2', 'not a version'],
  ['ed25519', 'not a version'],
  ['w3', 'not a version'],
  ['ls-2', 'not a version'],
  ['python3.acme', 'not a version'],
  ['gcc-12-acme', 'not a version'],
  ['g', 'somebody’s alias'],
  ['k', 'somebody’s alias'],
  ['ll', 'somebody’s alias'],
  ['./git', 'a private directory'],
  ['../git', 'a private directory'],
  ['~/bin/git', 'a private directory'],
  ['/home/me/bin/git', 'a private directory'],
  ['/opt/acme/bin/git', 'a private directory'],
  ['/usr/bin/../../tmp/git', 'a private directory'],
  ['bin/git', 'a private directory'],
  ['/git', 'a private directory'],
  ['/usr/bin/', 'no name'],
  ['__proto__', 'no name'],
  ['constructor', 'no name'],
  ['hasOwnProperty', 'no name'],
  ['\ud800', 'no name'],
  ['x'.repeat(65_536), 'no name'],
  ['1'.repeat(65_536), 'no name'],
  ['/'.repeat(65_536), 'no name'],
] as const satisfies readonly (readonly [string | undefined, string])[])(
  '%j is nothing anybody learns of: %s',
  (word) => {
    expect(toolOf(word)).toBe(OTHER)
  },
)

test('nothing of an unknown word comes out', () => {
  const known = [...TOOL_NAMES]
  // Words beside the dictionary's own are where a rule about spellings could let something through.
  const near = fc
    .tuple(fc.constantFrom(...known), anyText({ maxLength: 4 }), fc.boolean())
    .map(([name, more, before]) => (before ? more + name : name + more))
  forAllIn({ numRuns: times(500, 5_000) }, fc.oneof(anyText(), near), (word) => {
    const { tool, category } = toolOf(word)
    expect(TOOL_NAMES.has(tool)).toBe(true)
    expect(CATEGORIES).toContain(category)
  })
})

test('one answer of the wire carries them all, with room for names of older and newer nodes', () => {
  expect(TOOL_NAMES.size).toBeGreaterThanOrEqual(300)
  expect(TOOL_NAMES.size).toBeLessThanOrEqual(480)
  expect(CATEGORIES.length).toBeLessThanOrEqual(16)
  expect(new Set([...TOOL_NAMES].map((name) => toolOf(name).category))).toEqual(new Set(CATEGORIES))
})

test('every name finds itself and is a name that the wire carries', () => {
  for (const name of TOOL_NAMES) {
    expect(toolOf(name).tool).toBe(name)
    expect(name).toMatch(/^[a-z0-9][a-z0-9._+-]{0,31}$/)
  }
  for (const category of CATEGORIES) expect(category).toMatch(/^[a-z0-9_]{1,24}$/)
  expect(OTHER).toEqual({ tool: 'other', category: 'other' })
})
