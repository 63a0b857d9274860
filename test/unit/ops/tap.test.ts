// KARO_TAP: a private file or none at all, whatever stands at its path already.
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTap } from '../../../src/ops/system/tap.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { PATIENCE_MS } from '../../support/run/until.ts'

const at = (): string => join(temporaryDirectory(), 'tap')
const refusal = expect.objectContaining({ code: 'bad_file', where: 'KARO_TAP' })

test('without a file there is none', () => {
  expect(openTap(undefined)).toBeUndefined()
  expect(openTap('')).toBeUndefined()
})

test('a new file is private and gets what is said, each piece behind its length', () => {
  const file = at()
  openTap(file)?.(Buffer.from('one'))
  openTap(file)?.(Buffer.from('four'))
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file)).toEqual(Buffer.from('\0\0\0\x03one\0\0\0\x04four', 'latin1'))
})

test('a FIFO is refused at once', () => {
  const file = at()
  execFileSync('mkfifo', ['-m', '600', file])
  // In a process of its own: an open that blocks could not be interrupted here.
  const script = `import { openTap } from '${new URL('../../../src/ops/system/tap.ts', import.meta.url)}'
try { openTap(process.argv[1]) } catch (error) { console.log(error.code) }`
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script, file], {
    encoding: 'utf8',
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  })
  expect(said).toBe('bad_file\n')
})

test.each([0o666, 0o644, 0o640, 0o620])('a file of mode %o gets no plaintext', (mode) => {
  const file = at()
  writeFileSync(file, 'x')
  chmodSync(file, mode)
  expect(() => openTap(file)).toThrow(refusal)
  expect(readFileSync(file, 'utf8')).toBe('x')
})

test.runIf(process.getuid?.() === 0)('nor does a file of another user', () => {
  const file = at()
  writeFileSync(file, '', { mode: 0o600 })
  chownSync(file, 12345, 12345)
  expect(() => openTap(file)).toThrow(refusal)
})

test('links, directories and places that do not exist are refused', () => {
  const file = at()
  symlinkSync('elsewhere', file)
  for (const path of [file, temporaryDirectory(), join(temporaryDirectory(), 'none', 'tap')]) {
    expect(() => openTap(path)).toThrow(refusal)
  }
})
