// The guard in real bash, zsh and fish at a real terminal. What is dangerous is replaced by programs that only note
// how they were called, and HOME is a directory of the test's own.
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../support/database.ts'
import { CLEAR, startGuarded } from '../support/guarded-shell.ts'
import { commandsOf } from '../support/hooked-shell.ts'
import { until } from '../support/until.ts'

/** A program in place of the one that judges; `body` is its sh code. */
function standIn(body: string): readonly string[] {
  const path = join(temporaryDirectory(), 'karo')
  writeFileSync(path, `#!/bin/sh\n${body}\n`)
  chmodSync(path, 0o755)
  return [path]
}

describe.each(['bash', 'zsh', 'fish'] as const)('%s', (program) => {
  const fish = program === 'fish'

  test('what is plainly harmless runs unasked; everything else is asked about', async () => {
    const asked = join(temporaryDirectory(), 'asked')
    const shell = await startGuarded({
      program,
      guard: {
        ask: standIn(
          `echo "$KARO_GUARD_LINE" >>${asked}; ${fish ? '' : "printf 'up\\n';"} printf 'run - safe -\\n'`,
        ),
      },
    })
    const plain = [
      'true',
      'echo a-b=c',
      'cd /',
      'ls -d /',
      'mkdir -p x/y',
      'basename a.b/c',
      'echo  two  blanks ',
    ]
    const others = [
      'echo $HOME',
      'echo *',
      'git status',
      'rm x',
      'echo a; rm x',
      './x',
      'echo "ls"',
      '\\ls -d /',
      'sudo -V',
    ]
    for (const line of [...plain, ...others, 'true']) await shell.run(line)
    expect(readFileSync(asked, 'utf8').split('\n').slice(0, -1)).toEqual(others)
  })

  test('each answer does what it says, and is counted', async () => {
    const shell = await startGuarded({ program })
    await shell.noted('git push --force a', 'y')
    for (const no of ['n', '\r', '\u0003']) await shell.noted('git push --force b', no)
    await shell.noted('git push --force c', 'e')
    // The line is there again, and asked about again.
    await shell.noted(' edited', 'y')
    await shell.noted('git push --force d', 's')
    await shell.run('')
    await shell.noted('git push --force e', '?', 'y')
    await until(() => shell.ran().length === 4, { what: 'four that ran' })
    expect(shell.ran()).toEqual([
      'git push --force a',
      'git push --force c edited',
      'git push --force-with-lease d',
      'git push --force e',
    ])
    expect(
      shell
        .notes()
        .map((note) => note.replace(' high', ''))
        .join(' '),
    ).toBe('confirmed declined declined declined declined confirmed declined confirmed')
    expect(commandsOf(shell.spool).filter((line) => line !== '')).toEqual(shell.ran())
  })

  test('what is blocked does not run, stays in the line, and leaves no text', async () => {
    const shell = await startGuarded({ program })
    const lines = [
      'rm -rf ~/',
      '\\rm -rf ~',
      'command rm -r -f ~/',
      "'r'm -rf $HOME",
      '/bin/rm -rf ~',
      'true; rm -rf ~',
    ]
    for (const line of lines) expect(await shell.blocked(line)).toContain('It does not run')
    await shell.noted('rm -rf ~/')
    await shell.run('some/dir')
    expect(shell.ran()).toEqual([`rm -rf ${shell.directory}/some/dir`])
    expect(shell.notes()).toEqual(Array.from({ length: 7 }, () => 'blocked critical'))
    expect(commandsOf(shell.spool).filter((line) => line !== '')).toEqual(['rm -rf ~/some/dir'])
  })

  test('aliases and functions are judged by what they do', async () => {
    const shell = await startGuarded({
      program,
      after: fish
        ? "alias ll='rm -rf ~'; function wipe; rm -rf $argv; end; function outer; wipe $argv; end; alias quiet='ls -d'"
        : "alias ll='rm -rf ~'; wipe() { rm -rf \"$@\"; }; outer() { wipe \"$@\"; }; alias quiet='ls -d'; alias ls='ls -d'; alias echo='rm -rf ~;'",
    })
    for (const line of ['ll', 'wipe ~', 'outer ~/', 'true; ll', ...(fish ? [] : ['echo harmless'])])
      expect(await shell.blocked(line), line).toContain('It does not run')
    for (const line of ['wipe ./x', 'quiet /', 'ls /']) await shell.run(line)
    expect(shell.ran()).toEqual(['rm -rf ./x'])
  })

  test('a line in several lines is judged as a whole', async () => {
    const shell = await startGuarded({ program })
    await shell.noted(fish ? 'for i in 1 2\nrm -rf ~\nend' : 'for i in 1 2; do\nrm -rf ~\ndone')
    await shell.back()
    shell.keys('\u0003')
    await shell.run(fish ? 'for i in 1 2\nmake $i\nend' : 'for i in 1 2; do\nmake $i\ndone')
    expect(shell.ran()).toEqual(['make 1', 'make 2'])
  })

  test.each(['allow', 'block'] as const)('nobody answers: on_error = %s decides', async (onError) => {
    for (const [ask, what] of [
      [['/nonexistent/karo'], 'no program'],
      [standIn('exit 7'), 'one that fails'],
      [standIn('kill -9 $$'), 'one that is killed'],
      [standIn("printf 'up\\nnonsense\\n'"), 'one that says something else'],
      [standIn("printf 'up\\n'; exec sleep 600"), 'one that takes too long'],
    ] as const) {
      const shell = await startGuarded({ program, guard: { ask, onError, timeoutMs: 100 } })
      await shell.noted('git push')
      await shell.printed('did not answer')
      shell.keys(CLEAR)
      await shell.run('true')
      expect(shell.ran(), what).toEqual(onError === 'allow' ? ['git push'] : [])
      expect(shell.notes(), what).toEqual(['unjudged safe'])
    }
  })

  test('the rules file holds at once: of tools nobody else has rules for, too', async () => {
    const shell = await startGuarded({ program })
    await shell.run('make deploy')
    const rules = join(shell.home, 'guard.toml')
    writeFileSync(rules, "[[deny]]\ncommand = 'make deploy*'\nwhy = 'Ask Ada.'\n", { mode: 0o600 })
    expect(await shell.blocked('make deploy')).toContain('Ask Ada.')
    expect(await shell.blocked('sudo env A=1 make deploy -j2')).toContain('Ask Ada.')
    writeFileSync(rules, "[[allow]]\nrule = 'git-force-push'\n", { mode: 0o600 })
    await shell.run('git push --force')
    // Broken: strict, and said so.
    writeFileSync(rules, '[[alow]]\n', { mode: 0o600 })
    expect(await shell.blocked('git push --force')).toMatch(/unknown key alow[\s\S]*It does not run/)
    rmSync(rules)
    await shell.run('true')
    expect(shell.ran()).toEqual(['make deploy', 'git push --force'])
  })

  test('a profile is another one at once: of this shell, or of the configuration', async () => {
    const shell = await startGuarded({ program })
    await shell.run(fish ? 'set -gx KARO_GUARD_PROFILE off' : 'KARO_GUARD_PROFILE=off')
    await shell.run('git push --force')
    await shell.run(fish ? 'set -e KARO_GUARD_PROFILE' : 'unset KARO_GUARD_PROFILE')
    await shell.noted('git push --force', 'n')
    writeFileSync(join(shell.home, 'config.toml'), '[guard]\nprofile = "strict"\n', { mode: 0o600 })
    expect(await shell.blocked('git push --force')).toContain('It does not run')
    await until(() => shell.notes().length === 2, { what: 'two notes' })
    expect(shell.ran()).toEqual(['git push --force'])
  })
})
