// Alt-K on an empty line in real shells at a terminal: what went wrong with the last command, and the next line, which is not run.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { openFinderShell } from '../../support/shell/finder-shell.ts'

const ALT_K = '\x1bk'
/** npm names vi, by which zsh chooses its keys; there Alt-K is Escape and k. */
const EMACS = { EDITOR: 'emacs', VISUAL: 'emacs' }
const isThere = (program: string): boolean => spawnSync(program, ['-c', ':']).status === 0

let node: TestNode
beforeAll(async () => {
  node = await startNode()
})

describe.each((['bash', 'zsh', 'fish'] as const).filter(isThere))('%s', (shell) => {
  test('the next line comes to the prompt with its cause, is not run, and Enter runs it', async () => {
    const at = await openFinderShell(shell, { node, flags: ['--ask-key'], env: EMACS })
    const failed = at.printed(/cannot create directory/)
    at.keys('mkdir one/two\r')
    await failed
    const proposed = at.printed(
      /exit code 1[\s\S]*The directory above one\/two is not there[\s\S]*mkdir -p one\/two/,
    )
    at.keys(ALT_K)
    await proposed
    const made = join(at.directory, 'one/two')
    expect(existsSync(made)).toBe(false)
    at.keys('\r')
    await until(() => existsSync(made), { what: 'the next line ran' })
  })

  test('after a command that did not fail the key changes nothing', async () => {
    const at = await openFinderShell(shell, { node, flags: ['--ask-key'], env: EMACS })
    mkdirSync(join(at.directory, 'here'))
    const ran = at.printed(/[\r\n]first-line/)
    at.keys('echo first-line\r')
    await ran
    const second = at.printed(/[\r\n]second-line/)
    at.keys(`${ALT_K}echo second-line\r`)
    await second
  })
})

test('karo fix takes the last recorded command that failed', async () => {
  const at = await openFinderShell('bash', { node, flags: [], env: EMACS })
  const failed = at.printed(/cannot create directory/)
  at.keys('mkdir three/four\r')
  await failed
  const fixed = async () =>
    JSON.parse((await node.karo(['fix', '--json'])).stdout) as { readonly failed: string }
  await until(async () => (await fixed()).failed === 'mkdir three/four', { what: 'it is recorded' })
  expect(await fixed()).toMatchObject({ exit_code: 1 })
})
