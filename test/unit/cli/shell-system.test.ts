// The hook for all shells of a machine: each start file that is there gets one line, and loses it again without a trace.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { changeSystemFiles } from '../../../src/cli/shells/system-files.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { commandLine } from '../../support/run/command-line.ts'

const BASH = '# of the system\n[ -z "$PS1" ] && return\n'

function machine(files: Readonly<Record<string, string>>) {
  const root = temporaryDirectory()
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    if (text !== '') writeFileSync(join(root, path), text, { mode: 0o640 })
  }
  const program = [join(root, 'bin', "ann's karo")]
  const change = (what: 'install' | 'uninstall', flags: readonly string[] = []) =>
    changeSystemFiles(what, { root, flags, program }).map(({ shell, file, changed }) => [
      shell,
      file.slice(root.length + 1),
      changed,
    ])
  return { root, change, read: (path: string) => readFileSync(join(root, path), 'utf8') }
}

test('bash, zsh and fish where they are installed; again it changes nothing, and undone nothing is left', () => {
  const { root, change, read } = machine({
    'etc/bash.bashrc': BASH,
    'etc/zsh/zshrc': '# zsh',
    'etc/fish/conf.d/x': '',
  })
  const files = [
    ['bash', 'etc/bash.bashrc'],
    ['zsh', 'etc/zsh/zshrc'],
    ['fish', 'etc/fish/conf.d/karo.fish'],
  ]
  expect(change('install')).toEqual(files.map((one) => [...one, true]))
  expect(change('install')).toEqual(files.map((one) => [...one, false]))
  expect(change('install', ['--no-guard'])).toEqual(files.map((one) => [...one, true]))
  expect(
    read('etc/bash.bashrc')
      .split('\n')
      .filter((line) => line.includes('karo')),
  ).toHaveLength(1)
  expect(read('etc/bash.bashrc')).toContain('--no-guard')
  expect(statSync(join(root, 'etc/bash.bashrc')).mode & 0o777).toBe(0o640)
  expect(statSync(join(root, 'etc/fish/conf.d/karo.fish')).mode & 0o777).toBe(0o644)
  expect(change('uninstall')).toEqual(files.map((one) => [...one, true]))
  expect(read('etc/bash.bashrc')).toBe(BASH)
  expect(existsSync(join(root, 'etc/fish/conf.d/karo.fish'))).toBe(false)
  expect(change('uninstall')).toEqual(files.map((one) => [...one, false]))
})

test('files of other distributions, and shells that are not there', () => {
  const { change, root } = machine({ 'etc/bashrc': BASH, 'etc/zshrc': '# zsh\n' })
  expect(change('install')).toEqual([
    ['bash', 'etc/bashrc', true],
    ['zsh', 'etc/zshrc', true],
  ])
  expect(existsSync(join(root, 'etc/fish'))).toBe(false)
  expect(machine({}).change('install')).toEqual([])
})

test('the line loads the hook in interactive shells, of the one program whatever the PATH has, and is silent in all others', () => {
  const { root, change } = machine({
    'etc/bash.bashrc': '\n',
    'etc/zsh/zshrc': '\n',
    'etc/fish/conf.d/x': '',
  })
  change('install')
  const bin = join(root, 'bin')
  mkdirSync(bin)
  const karo = join(bin, "ann's karo")
  writeFileSync(karo, '#!/bin/sh\necho "echo loaded $3"\n')
  chmodSync(karo, 0o755)
  // What the person before `su` put into the PATH is never run.
  writeFileSync(join(bin, 'karo'), '#!/bin/sh\necho "echo planted $3"\n', { mode: 0o755 })
  const run = (shell: string, args: readonly string[], path: string): string => {
    const { stdout, stderr } = spawnSync(shell, args, {
      env: { PATH: path, HOME: root, TERM: 'dumb' },
      encoding: 'utf8',
    })
    return `${stdout}${stderr.includes('karo') ? stderr : ''}`.trim()
  }
  const system = process.env.PATH ?? ''
  const loads: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    [
      'bash',
      ['--rcfile', join(root, 'etc/bash.bashrc'), '-ic', ':'],
      ['-c', `. ${join(root, 'etc/bash.bashrc')}`],
    ],
    [
      'fish',
      ['-ic', `source ${join(root, 'etc/fish/conf.d/karo.fish')}`],
      ['-c', `source ${join(root, 'etc/fish/conf.d/karo.fish')}`],
    ],
  ]
  for (const [shell, interactive, script] of loads) {
    if (spawnSync(shell, ['--version']).error !== undefined) continue
    expect([shell, run(shell, interactive, `${bin}:${system}`)]).toEqual([shell, `loaded ${shell}`])
    expect([shell, run(shell, script, `${bin}:${system}`)]).toEqual([shell, ''])
    rmSync(karo)
    expect([shell, run(shell, interactive, `${bin}:${system}`)]).toEqual([shell, ''])
    writeFileSync(karo, '#!/bin/sh\necho "echo loaded $3"\n', { mode: 0o755 })
  }
  expect(() => execFileSync('bash', ['-n', join(root, 'etc/bash.bashrc')])).not.toThrow()
})

test.each([
  [['--system', 'bash'], {}],
  [['--system', '--rc', 'file'], {}],
  [['--system', '--guard'], {}],
  [['--system', '--no-up'], {}],
  [['--system', '--no-start'], {}],
  [['--system'], { KARO_HOME: '/tmp/own' }],
])('what cannot be meant for everybody is refused: %j', async (words, env) => {
  const { code, err } = await commandLine(['shell', 'install', ...words], { env })
  expect([code, err]).toEqual([2, expect.stringContaining('--system')])
})
