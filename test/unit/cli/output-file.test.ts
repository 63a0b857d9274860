// Files that commands write piece by piece: whole under their name, or nothing at all.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createOutput } from '../../../src/cli/output-file.ts'
import { temporaryDirectory } from '../../support/database.ts'

test('it is there when it is finished, and only then; for its owner alone', () => {
  const directory = temporaryDirectory()
  const path = join(directory, 'out')
  const output = createOutput(path)
  output.write('one ')
  output.write('two')
  expect(existsSync(path)).toBe(false)
  output.finish()
  output.discard()
  expect(readFileSync(path, 'utf8')).toBe('one two')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(directory)).toEqual(['out'])
})

test('what is discarded leaves nothing, and neither does a directory that is not there', () => {
  const directory = temporaryDirectory()
  const output = createOutput(join(directory, 'out'))
  output.write('half')
  output.discard()
  expect(readdirSync(directory)).toEqual([])
  expect(() => createOutput(join(directory, 'none/out'))).toThrow(
    expect.objectContaining({ code: 'bad_file' }),
  )
})

test('never in place of another, not even of one that came meanwhile', () => {
  const directory = temporaryDirectory()
  const path = join(directory, 'out')
  const output = createOutput(path)
  output.write('mine')
  writeFileSync(path, 'theirs')
  expect(() => createOutput(path)).toThrow(expect.objectContaining({ code: 'conflict' }))
  const taken = expect.objectContaining({ code: 'conflict' })
  expect(() => output.finish()).toThrow(taken)
  expect(readFileSync(path, 'utf8')).toBe('theirs')
  expect(readdirSync(directory)).toEqual(['out'])
})
