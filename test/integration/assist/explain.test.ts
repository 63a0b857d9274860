// karo explain from outside: the built program, with no node, no home and no terminal; this machine's manual pages.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ExplainedPart, Explanation } from '../../../src/assist/copilot/index.ts'
import { cleanEnv, runKaro, temporaryHome } from '../../support/node/node.ts'
import { inTerminal } from '../../support/shell/terminal-run.ts'

const ROOT = join(import.meta.dirname, '../../..')

const explain = (args: readonly string[], input = '', extra: Readonly<Record<string, string>> = {}) =>
  runKaro(['explain', ...args], cleanEnv(temporaryHome(), extra), input)

const flat = (parts: readonly ExplainedPart[]): ExplainedPart[] =>
  parts.flatMap((part) => [part, ...flat(part.parts)])

test('people read a tree, scripts one JSON document', async () => {
  const shown = await explain(['git push --force origin main'])
  expect(shown.code).toBe(0)
  expect(shown.stderr).toBe('')
  expect(shown.stdout).toContain('high: Overwrites the history that others share with you. (git-force-push)')
  expect(shown.stdout).toContain('safer: git push --force-with-lease origin main')
  const { code, stdout, stderr } = await explain(['--json', 'git push --force origin main'])
  expect([code, stderr, stdout.endsWith('}\n'), stdout.trim().includes('\n')]).toEqual([0, '', true, false])
  const explanation = JSON.parse(stdout) as Explanation
  expect(Object.keys(explanation)).toEqual(
    'command shell summary parsed parts risk_level decision matches safer sources truncated'.split(' '),
  )
  expect(explanation).toMatchObject({ shell: 'bash', parsed: true, risk_level: 'high', decision: 'confirm' })
})

test('a tool alone shows what is known of it, and its level', async () => {
  const { stdout } = await explain(['ip a'])
  expect(stdout).toMatch(/^ip a: Shows the addresses/)
  expect(stdout).toContain('\nsafe – allowed\n')
  expect((await explain(['reboot'])).stdout).toMatch(/\n(?:moderate|high) – [^\n]*\n/)
})

test('the program brings its knowledge along, with the licence', async () => {
  const { stdout } = await explain(['--json', 'cargo build'])
  expect((JSON.parse(stdout) as Explanation).sources).toContain('fig cargo build')
  expect(existsSync(join(ROOT, 'dist/knowledge/LICENSE.txt'))).toBe(true)
})

test('standard input, several lines, and what the guard of this home says', async () => {
  const home = temporaryHome()
  writeFileSync(join(home, 'config.toml'), '[guard]\nprofile = "strict"\n', { mode: 0o600 })
  const { code, stdout } = await runKaro(['explain', '--json', '-'], cleanEnv(home), 'cd /tmp\ngit push -f\n')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ command: 'cd /tmp\ngit push -f', decision: 'block' })
})

const hasManuals = spawnSync('man', ['-P', 'cat', '--', 'man'], { stdio: 'ignore' }).status === 0

test.skipIf(!hasManuals)('what only a manual page knows, whatever pager and filters are set', async () => {
  const directory = temporaryHome()
  const trap = join(directory, 'ran')
  const hostile = {
    MANPAGER: `touch ${trap}`,
    PAGER: `touch ${trap}`,
    LESSOPEN: `|touch ${trap}`,
    MANOPT: `-P "touch ${trap}"`,
  }
  const { stdout } = await explain(['--json', 'man --apropos x'], '', hostile)
  const option = flat((JSON.parse(stdout) as Explanation).parts).find(({ text }) => text === '--apropos')
  expect(option?.meaning).not.toBeNull()
  const asked = await explain(['--json', 'apropos --exact x'], '', hostile)
  const manual = flat((JSON.parse(asked.stdout) as Explanation).parts).find(({ text }) => text === '--exact')
  expect(manual).toMatchObject({ meaning: expect.any(String), source: 'man apropos(1)' })
  expect(readdirSync(directory)).toEqual([])
})

test('a word that is no program of this machine is told to nobody', async () => {
  const bin = temporaryHome()
  const said = join(bin, 'said')
  for (const name of ['man', 'whatis'])
    writeFileSync(join(bin, name), `#!/bin/sh\necho "$@" >> ${said}\n`, { mode: 0o755 })
  await explain(['hunter2-is-my-password --x'], '', { PATH: `${bin}:${process.env.PATH}` })
  expect(existsSync(said)).toBe(false)
})

const ESCAPES = /\u001b\[[\d;]*m/g

test('in a terminal of 80 columns nothing is wider, and colour is left out where it is not wanted', async () => {
  const line = 'sudo docker run -it --rm -p 8080:80 -v "$PWD":/data nginx && rm -rf / > /dev/null 2>&1'
  const coloured = inTerminal(['explain', line], temporaryHome())
  expect(await coloured.ended()).toBe(0)
  expect(coloured.shown()).toMatch(ESCAPES)
  for (const row of coloured.shown().replaceAll(ESCAPES, '').split('\r\n'))
    expect(row.length).toBeLessThanOrEqual(80)
  for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
    const plain = inTerminal(['explain', line], temporaryHome(), env)
    await plain.ended()
    expect(plain.shown()).not.toContain('\u001b')
  }
})
