// Bash in the middle of a string in several lines: what runs on a key there leaves the parser's memory as it is.
import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FINDERS } from '../../../src/observe/hooks/finder/finder.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { times } from '../../support/run/thorough.ts'
import { until } from '../../support/run/until.ts'
import { startGuarded } from '../../support/shell/guarded-shell.ts'
import type { TypedShell } from '../../support/shell/hooked-shell.ts'

function program(body: string): string {
  const path = join(temporaryDirectory(), 'program')
  writeFileSync(path, `#!/bin/sh\n${body}\n`)
  chmodSync(path, 0o755)
  return path
}

/** The guard asks a program that lets all run but what says no; the finder always finds the same. */
const shellOf = (through: readonly string[] = [], TERM = 'dumb'): Promise<TypedShell> =>
  startGuarded({
    program: 'bash',
    through,
    env: { TERM },
    marked: true,
    before: 'set -H',
    after: `PS2='> '; f() { true "$1"; }\n${FINDERS.bash({ find: [program("printf 'edit\\nf found'")], keys: ['ctrl-r'] })}`,
    guard: {
      ask: [program(`case $KARO_LINE in *no*) echo edit blocked high -;; *) echo run - safe -;; esac`)],
    },
  })

/** Every way through the handlers of Enter and Ctrl-R, within what is not finished. */
async function typeAll(shell: TypedShell): Promise<void> {
  expect(await shell.type("echo 'several\nf lines'")).toContain('several\r\nf lines'.replaceAll('\r', ''))
  await shell.type('echo "several\nagain, !! \nf lines"')
  expect(await shell.type('echo $(\necho "inner\nline"; f x)')).toContain('inner line')
  expect(await shell.type("cat <<'END'\n$(echo here)\nEND")).toContain('$(echo here)')
  // Refused at the last line: all of it goes, and there is one new prompt.
  const from = shell.screen().length
  await shell.type("echo 'several\nno'")
  expect(await shell.type('echo alive')).toContain('alive')
  expect(shell.screen().slice(from).split('@mark@')).toHaveLength(3)
  shell.keys("echo 'several\r")
  await shell.printed('> ')
  shell.keys('\u0012')
  await shell.printed('f found')
  shell.keys("'\r")
  expect(await shell.prompt()).toContain('several\nf found')
  expect(await shell.type('echo alive')).toContain('alive')
}

const valgrind = spawnSync('valgrind', ['--version']).status === 0
/** Valgrind sees at once what a shell by itself shows once in some rounds. */
const ROUNDS = valgrind ? times(2, 20) : 20

test('the shell goes on, however its memory happens to lie', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    // Where damage shows depends on what is in memory.
    const shell = await shellOf([], round % 2 ? 'dumb' : 'xterm')
    if (round % 5 === 1) await typeAll(shell)
    await shell.type("echo 'multi\nline'")
    expect(await shell.type('echo alive')).toContain('alive')
    await shell.leave()
  }
})

test.runIf(valgrind)('nothing reads or writes memory that is not its own', async () => {
  const log = join(temporaryDirectory(), 'log')
  const shell = await shellOf(['valgrind', `--log-file=${log}`])
  await typeAll(shell)
  await until(() => readFileSync(log, 'utf8').includes('Memcheck'), { what: 'its report' })
  expect(readFileSync(log, 'utf8')).not.toContain('Invalid')
})
