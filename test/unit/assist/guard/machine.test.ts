// Scripts that a line names are read from this machine only if they are small text files that may be looked at.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { machineOf } from '../../../../src/assist/guard/index.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'

test('a small text file is read; a large one, bytes, a directory, a missing one and one that nobody may look at are not', () => {
  const folder = temporaryDirectory()
  const at = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const small = at('small.sh', 'echo hi\n')
  const { read } = machineOf({}, {}, { files: [] })
  expect(read?.(small)).toBe('echo hi\n')
  expect(read?.(at('large.sh', '#'.repeat(16_385)))).toBeUndefined()
  expect(read?.(at('program', 'a\0b'))).toBeUndefined()
  mkdirSync(join(folder, 'directory'))
  expect(read?.(join(folder, 'directory'))).toBeUndefined()
  expect(read?.(join(folder, 'missing'))).toBeUndefined()
  expect(machineOf({ mayLook: () => false }, {}, { files: [] }).read?.(small)).toBeUndefined()
})
