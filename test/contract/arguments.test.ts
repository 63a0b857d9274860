// A script that is started with what it does not know says how it is used, without a stack, and does nothing.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// Two that load little: all of them have one reader.
test.each(['faults', 'house'])('%s', (name) => {
  const script = join(import.meta.dirname, '../../scripts', `${name}.ts`)
  const run = (option: string) => spawnSync(process.execPath, [script, option], { encoding: 'utf8' })
  const { status, stdout, stderr } = run('--nonsense')
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/^Unknown option '--nonsense'\nUsage: npm run [\w:]+ -- /)
  const help = run('--help')
  expect(help.status, help.stderr).toBe(0)
  expect(stderr).toBe(`Unknown option '--nonsense'\n${help.stdout}`)
})
