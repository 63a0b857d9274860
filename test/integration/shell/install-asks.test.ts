// The question of karo shell install at a terminal, and which answers put the finder on Ctrl-R.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { inTerminal } from '../../support/shell/terminal-run.ts'

test.each([
  ['', true],
  ['y', true],
  ['Yes', true],
  ['n', false],
  ['karo import auto', false],
])('the answer %j puts the finder on Ctrl-R: %s', async (answer, puts) => {
  const HOME = temporaryHome()
  const run = inTerminal(['shell', 'install', 'bash'], temporaryHome(), { HOME })
  await until(() => run.shown().includes('[Y/n]'), { what: 'the question' })
  run.write(`${answer}\r`)
  expect(await run.ended(), run.shown()).toBe(0)
  expect(readFileSync(join(HOME, '.bashrc'), 'utf8').includes('--ctrl-r')).toBe(puts)
})
