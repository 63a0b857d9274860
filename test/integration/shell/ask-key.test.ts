// Alt-K in real shells at a terminal: the words on the line become a command, and on an empty line what went wrong with the last one becomes the next; neither is run until Enter.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { StatisticsShape } from '../../../src/api/contract/schemas/stats.ts'
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

const SHELLS = (['bash', 'zsh', 'fish'] as const).filter(isThere)

describe.each(SHELLS)('%s: words on the line', (shell) => {
  test('the answer comes to the line, is not run, and Enter runs it', async () => {
    const answersRun = async () =>
      (JSON.parse((await node.karo(['stats', 'year', '--json'])).stdout) as StatisticsShape).ask_answers_run
    const before = await answersRun()
    const at = await openFinderShell(shell, { node, flags: ['--ask-key'], env: EMACS })
    const answered = at.printed(/from: karo[\s\S]*mkdir \.\/made-by-karo/)
    at.keys(`create the directory ./made-by-karo${ALT_K}`)
    await answered
    const made = join(at.directory, 'made-by-karo')
    expect(existsSync(made)).toBe(false)
    at.keys('\r')
    await until(() => existsSync(made), { what: 'the answer ran' })
    await until(async () => (await answersRun()) === before + 1, { what: 'the answer that ran is counted' })
  })

  test('what has to be filled in stands in braces, with the cursor on it', async () => {
    const at = await openFinderShell(shell, { node, flags: ['--ask-key'], env: EMACS })
    const answered = at.printed('{BRANCH}')
    at.keys(`delete a remote branch${ALT_K}`)
    await answered
    // What is typed goes in front of the brace; the line is then shown by an echo at its beginning.
    const shown = at.printed(/[\r\n]git push origin --delete typed-\{BRANCH\}/)
    at.keys('typed-\x01echo \r')
    await shown
  })

  test('words without an answer stay on the line, and the terminal says so', async () => {
    const at = await openFinderShell(shell, { node, flags: ['--ask-key'], env: EMACS })
    const said = at.printed('Karo knows no command for that')
    // Another one in each shell, because what one ran is an answer for the next.
    const words = {
      bash: 'qwertyuiop asdfgh zxcvbn',
      zsh: 'wqerty plokij mnbhg',
      fish: 'hgfjdk bvncmx rueiwo',
    }[shell]
    at.keys(`echo ${words}${ALT_K}`)
    await said
    const ran = at.printed(new RegExp(`[\\r\\n]${words}`))
    at.keys('\r')
    await ran
  })
})

describe.each(SHELLS)('%s: an empty line', (shell) => {
  test('the next line comes to the prompt with its cause, is not run, and Enter runs it', async () => {
    const at = await openFinderShell(shell, { node, flags: ['--ask-key'], env: EMACS })
    const before = at.printed(/[\r\n]before/)
    at.keys('echo before\r')
    await before
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
  // A line that is not allowed is what karo check answers, and no failure.
  const checked = at.printed(/Overwrites/)
  at.keys("karo check 'git push --force'\r")
  await checked
  const newest = async () => (await node.karo(['history', '--limit', '1'])).stdout
  await until(async () => (await newest()).includes('karo check'), { what: 'it is recorded too' })
  expect(await fixed()).toMatchObject({ failed: 'mkdir three/four' })
})
