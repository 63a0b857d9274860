// Programs that people run every day are no danger to the guard: those of this project's dependencies stand for them.
import { globSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { machineOf } from '../../../../src/assist/guard/machine.ts'
import { checkCommand } from '../../../../src/assist/risk/index.ts'

const MODULES = join(import.meta.dirname, '../../../../node_modules')
/** Bytes; a longer one is not read. */
const READ = 16_384

test('at most 1 % of them are asked about', () => {
  const files = globSync('*/{lib,dist,src}/**/*.{js,cjs,mjs}', { cwd: MODULES })
    .map((file) => join(MODULES, file))
    .filter((file) => statSync(file).size < READ)
    .sort()
    .filter((_, i) => i % 20 === 0)
  expect(files.length).toBeGreaterThan(100)
  const asked = files.filter((file) => {
    const place = { home: '/home/me', cwd: dirname(file), karoHome: '/home/me/.local/share/karo' }
    const machine = machineOf(place, {}, { files: [] })
    const { risk_level } = checkCommand(`node ${file}`, { ...place, machine, caller: 'tool' })
    return risk_level === 'high' || risk_level === 'critical'
  })
  expect(asked.length, asked.join('\n')).toBeLessThanOrEqual(files.length / 100)
})
