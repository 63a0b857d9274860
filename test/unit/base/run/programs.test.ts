// Which files may be run, and which of a PATH a name means.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { canRun, onPath } from '../../../../src/base/run/programs.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'

test('a program is a file that may be run, and the first one of the PATH counts', () => {
  const [first, second, third] = Array.from({ length: 3 }, temporaryDirectory) as [string, string, string]
  mkdirSync(join(first, 'tool'))
  writeFileSync(join(second, 'tool'), '')
  for (const directory of [third, second]) writeFileSync(join(directory, 'other'), '')
  for (const file of [join(third, 'tool'), join(third, 'other')]) writeFileSync(file, '')
  for (const file of [join(third, 'tool'), join(third, 'other'), join(second, 'other')])
    chmodSync(file, 0o755)
  expect([join(first, 'tool'), join(second, 'tool'), join(third, 'tool')].map(canRun)).toEqual([
    false,
    false,
    true,
  ])
  const path = [first, second, third].join(':')
  expect([onPath('tool', path), onPath('other', path)]).toEqual([join(third, 'tool'), join(second, 'other')])
  expect([onPath('none', path), onPath('tool')]).toEqual([undefined, undefined])
})
