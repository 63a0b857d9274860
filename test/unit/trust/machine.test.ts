// Two machines are never taken for one, also where neither has an id.
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemRandom } from '../../../src/base/clock.ts'
import { machineOf } from '../../../src/trust/people/machine.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

const home = (): string => {
  const path = join(temporaryDirectory(), 'home')
  mkdirSync(path)
  return path
}

test('the machine’s id counts and is not told; a home of another one does not', () => {
  const id = join(temporaryDirectory(), 'machine-id')
  writeFileSync(id, '0123456789abcdef0123456789abcdef\n')
  const here = machineOf(home(), systemRandom, id)
  expect(here).toMatch(/^[0-9a-f]{32}$/)
  expect(here).not.toContain('0123456789abcdef')
  const brought = home()
  writeFileSync(join(brought, 'machine'), 'f'.repeat(32))
  expect(machineOf(brought, systemRandom, id)).toBe(here)
})

test.each(['', 'uninitialized\n', undefined])('without an id (%j) each home keeps its own', (text) => {
  const id = join(temporaryDirectory(), 'machine-id')
  if (text !== undefined) writeFileSync(id, text)
  const [one, other] = [home(), home()]
  const here = machineOf(one, systemRandom, id)
  expect(machineOf(one, systemRandom, id)).toBe(here)
  expect(machineOf(other, systemRandom, id)).not.toBe(here)
  expect(statSync(join(one, 'machine')).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(one, 'machine'), 'latin1')).not.toContain(here)
  writeFileSync(join(one, 'machine'), 'damaged')
  expect(() => machineOf(one, systemRandom, id)).toThrow('machine')
})
