// The judge in the daemon: real shells reach it without starting a program, and start one wherever it does not answer.
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/data/database.ts'
import { KARO } from '../../support/node/in-process.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { startGuarded } from '../../support/shell/guarded-shell.ts'

/** The program that judges, which notes each of its starts; where it is asked about what may run, a small one answers for it. */
function counted(program: string): { readonly ask: readonly string[]; starts(): number } {
  const directory = temporaryDirectory()
  const log = join(directory, 'starts')
  const path = join(directory, 'karo')
  writeFileSync(log, '')
  writeFileSync(
    path,
    [
      `#!/bin/sh\necho x >>${log}`,
      `case $KARO_LINE in 'make "$HOME"'*) echo 'run - safe -'; exit ;; esac`,
      `exec '${process.execPath}' '${KARO}' guard ask --shell ${program} "$@"\n`,
    ].join('\n'),
  )
  chmodSync(path, 0o755)
  return { ask: [path], starts: () => readFileSync(log, 'utf8').length / 2 }
}

const pipeOf = (home: string) => readdirSync(home).find((name) => /^judge-\d+-\d+$/.test(name))

/** Lets this shell wait as long as a busy machine takes; what it does when the time is over has a test of its own. */
const patient = (shell: { run(line: string): Promise<unknown> }, program: string): Promise<unknown> =>
  shell.run(
    program === 'fish'
      ? 'set -g __karo_given_resident_seconds 60; set -g __karo_guard_late -1'
      : '__karo_given[resident_seconds]=60 __karo_guard[late]=-999999',
  )

/** A shell whose guard can reach the judge in the daemon of this node. */
async function startBeside(node: TestNode, program: 'bash' | 'zsh' | 'fish', ask: readonly string[]) {
  const shell = await startGuarded({
    program,
    env: { KARO_HOME: node.home },
    guard: { ask, resident: join(node.home, 'judge-') },
  })
  await until(() => pipeOf(node.home) !== undefined, { what: 'the pipe' })
  return shell
}

describe.each(['bash', 'zsh', 'fish'] as const)('%s', (program) => {
  /** Of all that reach one; the last of them ends it. */
  let node: TestNode
  beforeAll(async () => {
    node = await startNode()
  })

  test('the daemon is asked about all lines of a command, and of a function in it', async () => {
    const { ask, starts } = counted(program)
    const fish = program === 'fish'
    const shell = await startGuarded({
      program,
      env: { KARO_HOME: node.home },
      guard: { ask, resident: join(node.home, 'judge-') },
      after: fish
        ? 'function pushed\n  true\n  git push --force $argv\nend\nfunction made\n  true\n  make $argv\nend'
        : 'pushed() {\n  true\n  git push --force "$@"\n}\nmade() {\n  true\n  make "$@"\n}',
    })
    await until(() => pipeOf(node.home) !== undefined, { what: 'the pipe' })
    await patient(shell, program)
    const first = starts()
    const loop = (command: string): string =>
      fish ? `for i in 1\n${command}\nend` : `for i in 1; do\n${command}\ndone`
    await shell.run(loop('make one'))
    await shell.run('made "two words"')
    expect(starts()).toBe(first)
    await shell.noted(loop('git push --force x'), 'n')
    await shell.back()
    await shell.cancel()
    await shell.noted('pushed x', 'n')
    expect(starts()).toBe(first + 2)
    expect(shell.notes()).toEqual(['declined high', 'declined high'])
    expect(shell.ran()).toEqual(['make one', 'make two words'])
  })

  test('one that hangs is waited for a moment, and then left alone', async () => {
    const { ask, starts } = counted(program)
    const shell = await startBeside(node, program, ask)
    process.kill(node.pid as number, 'SIGSTOP')
    try {
      await shell.run('make "$HOME" one')
      await shell.run('make "$HOME" two')
      expect(starts()).toBe(2)
    } finally {
      process.kill(node.pid as number, 'SIGCONT')
    }
    expect(shell.ran().length).toBe(2)
  })

  if (program === 'fish')
    test('fish hands over only variables whose names a small shell can have', async () => {
      const { ask, starts } = counted('fish')
      const shell = await startGuarded({
        program: 'fish',
        env: { KARO_HOME: node.home, 'KARO_X}; kill $$; : ${x': 'a', KARO_y: 'b', KARO_LINES: 'c' },
        guard: { ask, resident: join(node.home, 'judge-') },
      })
      await until(() => pipeOf(node.home) !== undefined, { what: 'the pipe' })
      await patient(shell, 'fish')
      await shell.run('set -gx KARO_\u00e9 1')
      // A name that the small shell cannot have would be its fault, and the program would be asked.
      const before = starts()
      await shell.run('make "$HOME" one')
      expect(starts()).toBe(before)
      // The text of a function has line ends, which are replaced.
      await shell.run('function made; make $argv; end')
      const defined = starts()
      await shell.run('made "$HOME" two')
      expect(starts()).toBe(defined)
      expect(shell.ran().length).toBe(2)
    })

  test('a checked line asks the daemon, and a program only where the daemon does not say that it may run, or is gone', async () => {
    const { ask, starts } = counted(program)
    const shell = await startBeside(node, program, ask)
    await patient(shell, program)
    const first = starts()
    for (const line of ['echo $HOME', 'make "a b"', 'echo *']) await shell.run(line)
    expect(starts()).toBe(first)
    await shell.noted('git push --force x', 'n')
    expect(starts()).toBe(first + 1)
    await shell.noted('rm -rf ~')
    expect(starts()).toBe(first + 2)
    await node.stop()
    await shell.run('true after')
    await shell.run('make "$HOME"')
    expect(starts()).toBe(first + 3)
    expect(shell.notes()).toEqual(['declined high', 'blocked critical'])
  })

  test.skipIf(program === 'fish')('without an answer a line is no line that may run', async () => {
    const { ask } = counted(program)
    const shell = await startGuarded({ program, guard: { ask, onError: 'block' } })
    // The function prints the answer: a shell whose subshell ended early has none.
    await shell.run('__karo_guard_names() { exit 1; }')
    await shell.noted('make "$HOME" one')
    expect(shell.notes()).toEqual(['unjudged safe'])
    // It is said behind the note.
    await until(() => shell.screen().includes('the guard did not answer'), { what: 'it is said' })
    expect(shell.screen().replace(/\s+/g, ' ')).toContain('open a new shell')
    expect(shell.ran()).toEqual([])
  })

  test('a pipe that no process has open is nobody’s', async () => {
    const { ask, starts } = counted(program)
    const shell = await startGuarded({ program, guard: { ask } })
    const fake = join(shell.home, `judge-${process.pid}-0`)
    writeFileSync(fake, '')
    await shell.run('make "$HOME" one')
    rmSync(fake)
    await shell.run('make "$HOME" two')
    expect(starts()).toBe(2)
    expect(shell.ran().length).toBe(2)
  })
})

test('bash with failglob and without a daemon asks the program', async () => {
  const { ask, starts } = counted('bash')
  const shell = await startGuarded({ program: 'bash', guard: { ask } })
  await shell.run('shopt -s failglob')
  await shell.run('make "$HOME" one')
  expect(starts()).toBe(1)
  expect(shell.ran().length).toBe(1)
})
