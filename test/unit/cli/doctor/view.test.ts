// What people are shown: failures first with their fix, what is skipped for one reason in one line, nothing that steers a terminal.
import { expect, test } from 'vitest'
import { fail, ok, skipped, warn } from '../../../../src/cli/doctor/check.ts'
import { resultOf } from '../../../../src/cli/doctor/doctor.ts'
import { doctorView } from '../../../../src/cli/views/doctor.ts'

const screen = { colour: false, columns: 80 }

test('worst first, each with why and its commands; then the fine ones, then the skipped ones by reason', () => {
  const results = [
    resultOf('runtime.node', [ok('24')]),
    resultOf('shell.hooks', [warn('no hook', 'karo shell install bash')]),
    resultOf('mesh.port', [fail('taken', 'kill 7\nor set another')]),
    resultOf('clock.peers', [skipped('no daemon')]),
    resultOf('peers.trust', [skipped('no daemon')]),
  ]
  const text = doctorView(results, [], false, screen)
  const lines = text.split('\n')
  expect(lines[0]).toBe('✗ mesh port: taken  mesh.port')
  expect(text.indexOf('→ kill 7')).toBeLessThan(text.indexOf('! shell hooks: no hook'))
  expect(text).toContain('    → or set another\n')
  expect(text).toContain('✓ runtime: 24\n')
  expect(text).toContain('– clock against others, trust on both sides: no daemon\n')
  expect(text.trimEnd().endsWith('1 failed, 1 to look at, 1 fine, 2 skipped')).toBe(true)
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(100)
})

test('names of others cannot steer the terminal', () => {
  const evil = 'a\u001b[2J\u202eb\nc'
  const text = doctorView(
    [resultOf('peers.pending', [warn(evil, `karo peers trust ${evil}`)]), resultOf('mesh.port', [ok(evil)])],
    [{ id: 'home.key', says: evil, failed: evil }],
    true,
    screen,
  )
  expect(text).not.toContain('\u001b')
  expect(text).not.toContain('\u202e')
})
