// What a build is called, and where its commit is known from.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commitOfSources, commitOfVersion, headCommit } from '../../../scripts/commit.ts'
import { BUILD, buildName, VERSION } from '../../../src/base/version.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

test.each([
  ['1a2b3c4', '0.1.0+g1a2b3c4'],
  ['1a2b3c4.dirty', '0.1.0+g1a2b3c4.dirty'],
  ['unknown', '0.1.0+unknown'],
  [undefined, '0.1.0'],
])('of %s it is %s', (commit, name) => expect(buildName('0.1.0', commit)).toBe(name))

test('sources that run as they are have no build', () => expect(BUILD).toBe(VERSION))

test.each([
  ['0.1.0~20261121024435.1a2b3c4d5e', '1a2b3c4'],
  ['0.1.0~20261121024435.1a2b3c4d5e.changed', '1a2b3c4.dirty'],
  ['0.1.0', undefined],
  ['0.1.0~test1', undefined],
])('a package of version %s is of %s', (version, commit) => expect(commitOfVersion(version)).toBe(commit))

test('git tells the commit, and whether what goes into the build was changed', () => {
  const root = temporaryDirectory()
  expect(commitOfSources(root)).toBe('unknown')
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', root, '-c', 'user.name=x', '-c', 'user.email=x@localhost', ...args], {
      encoding: 'utf8',
    }).trim()
  git('init', '-q')
  mkdirSync(join(root, 'src'))
  writeFileSync(join(root, 'src/a.ts'), 'one')
  writeFileSync(join(root, 'README.md'), 'one')
  git('add', '-A')
  git('commit', '-q', '-m', 'one')
  const commit = git('rev-parse', 'HEAD').slice(0, 7)
  expect([headCommit(root), commitOfSources(root)]).toEqual([commit, commit])
  // No part of the program.
  writeFileSync(join(root, 'README.md'), 'two')
  expect(commitOfSources(root)).toBe(commit)
  writeFileSync(join(root, 'src/b.ts'), 'new')
  expect(commitOfSources(root)).toBe(`${commit}.dirty`)
  // Unpacked somewhere in another project: that one's commit is not ours.
  expect(commitOfSources(join(root, 'src'))).toBe('unknown')
})
