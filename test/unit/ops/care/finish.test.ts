// The last step of a restore moves what a restore makes, and nothing that somebody else put there.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { noFaults } from '../../../../src/base/run/faults.ts'
import { finishRestore, isReady } from '../../../../src/ops/care/finish.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'

function home(ready: Record<string, string>): string {
  const directory = join(temporaryDirectory(), 'karo')
  mkdirSync(join(directory, 'restored'), { recursive: true })
  for (const [name, text] of Object.entries(ready)) writeFileSync(join(directory, 'restored', name), text)
  return directory
}

test('what stands ready takes its place, and what was there is kept', () => {
  const directory = home({
    'identity.key': 'new',
    'config.toml': 'new',
    aside: 'before-restore-2026-11-20-2',
  })
  writeFileSync(join(directory, 'identity.key'), 'old')
  expect(finishRestore(directory, noFaults)).toBe(join(directory, 'before-restore-2026-11-20-2'))
  expect(readFileSync(join(directory, 'identity.key'), 'utf8')).toBe('new')
  expect(readFileSync(join(directory, 'before-restore-2026-11-20-2/identity.key'), 'utf8')).toBe('old')
  expect(isReady(directory)).toBe(false)
})

test('one that was killed when everything was in its place is done', () => {
  const directory = home({})
  expect(finishRestore(directory, noFaults)).toBeUndefined()
  expect(isReady(directory)).toBe(false)
})

test.each([
  ['a name of something else', { passwd: 'mine', aside: 'before-restore-2026-11-20' }],
  ['a directory elsewhere', { 'identity.key': 'mine', aside: '../etc' }],
  ['one that begins right', { 'identity.key': 'mine', aside: 'before-restore-2026-11-20/../../etc' }],
  ['two lines', { 'identity.key': 'mine', aside: 'before-restore-2026-11-20\n/../../etc' }],
])('%s is refused, with nothing moved', (_, ready) => {
  const directory = home(ready)
  const outside = join(directory, '../etc')
  mkdirSync(outside)
  for (const name of ['passwd', 'identity.key']) writeFileSync(join(directory, name), 'old')
  expect(() => finishRestore(directory, noFaults)).toThrow(expect.objectContaining({ code: 'bad_file' }))
  expect(readdirSync(outside)).toEqual([])
  expect(readFileSync(join(directory, 'identity.key'), 'utf8')).toBe('old')
  expect(existsSync(join(directory, 'restored', 'aside'))).toBe(true)
})
