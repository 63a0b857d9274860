// The guard in real bash, zsh and fish at a real terminal. What is dangerous is replaced by programs that only note
// how they were called, and HOME is a directory of the test's own.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { EventShape } from '../../../src/api/contract/shapes.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { KARO } from '../../support/node/in-process.ts'
import { startNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { CLEAR, type GuardedOptions, startGuarded } from '../../support/shell/guarded-shell.ts'
import { commandsOf, nextSecond } from '../../support/shell/hooked-shell.ts'

const UP = '\u001b[A'

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
        ask: standIn(`printf '%s\\n' "$KARO_LINE" >>${asked}; printf 'run - safe -\\n'`),
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
      'shuf -o x/y/z new',
      'stat /etc/hostname',
      'ls -d / | wc -l',
      'git status',
      'git log --oneline | wc -l',
    ]
    const others = [
      'echo $HOME',
      'echo *',
      'git push',
      'ls -d / | sh',
      'rm x',
      'echo a; rm x',
      './x',
      'echo "ls"',
      '\\ls -d /',
      "'r'm x",
      '\\rm x',
      'command rm x',
      '/nonexistent/rm x',
      'true; rm x',
      'sudo -V',
      'shuf -o .claude/settings.json new',
      'shuf -o /etc/nowhere/x new',
      'uname --out /etc/x',
      'ls -d / rm /nonexistent',
    ]
    expect(shell.active()).toBe(0)
    for (const line of [...plain, ...others]) await shell.run(line)
    // A line with a blank in front leaves no record.
    shell.keys(' ls -d /\r')
    await shell.run('true')
    // Once a day it says that it looks at the lines.
    expect(shell.active()).toBe(1)
    expect(readFileSync(asked, 'utf8').split('\n').slice(0, -1)).toEqual(others)
  })

  test('each answer does what it says, and is counted', async () => {
    const shell = await startGuarded({ program })
    await shell.noted('git push --force a', 'y')
    // The keys are read by one program for all of them.
    const refusals = program === 'bash' ? ['n', 'n\r', '\r', '\u0003'] : ['\u0003']
    for (const no of refusals) await shell.noted('git push --force b', no)
    await shell.noted('git push --force c', 'e')
    // The line is there again, and asked about again.
    await shell.noted(' edited', 'y')
    await shell.noted('git push --force d', 's')
    await shell.run('')
    await shell.noted('git push --force e', '?', 'y')
    const recorded = () => commandsOf(shell.spool).filter((line) => line !== '')
    await until(() => shell.ran().length === 4 && recorded().length === 4, { what: 'four that ran' })
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
    ).toBe(
      ['confirmed', ...refusals.map(() => 'declined'), 'declined confirmed declined confirmed'].join(' '),
    )
    expect(recorded()).toEqual(shell.ran())
  })

  test('what was typed before the question is no answer to it, nor is a paste or a yes with Enter in one write', async () => {
    const shell = await startGuarded({ program })
    const asked = async (times: number) =>
      until(() => shell.screen().split('Run it?').length > times, { what: `question ${times}` })
    shell.keys('git push -f a\ry')
    await asked(1)
    // Neither a paste nor a yes with Enter in one write is one, so it asks still; a key of its own shows it again.
    for (const keys of ['\u001b[200~y\u001b[201~', 'y\r']) {
      const before = shell.screen().split('Run it?').length
      let sent = 0
      await until(
        () => {
          const isAsked = shell.screen().split('Run it?').length > before
          if (sent > 1 && (isAsked || shell.notes().length > 0)) return true
          // Nothing else is sent right before or behind them, or all of it would arrive in one write.
          shell.keys(sent === 0 ? keys : '?')
          sent += 1
          return false
        },
        { what: 'the question again', pollMs: 200 },
      )
    }
    // Two keys that arrive as one are no answer either.
    await until(
      () => {
        shell.keys('n')
        return shell.notes().length > 0
      },
      { what: 'a note', pollMs: 200 },
    )
    expect(shell.notes()).toEqual(['declined high'])
    expect(shell.ran()).toEqual([])
  })

  test('what is blocked does not run, and leaves no text', async () => {
    const shell = await startGuarded({ program })
    // In other words and quotes such a line is asked about too, as the first test has it: what is thought of it is the judge's.
    const lines = ['rm -rf ~/', "true; 'r'm -rf $HOME"]
    for (const line of lines) expect(await shell.blocked(line)).toContain('It does not run')
    expect(shell.ran()).toEqual([])
    expect(shell.notes()).toEqual(lines.map(() => 'blocked critical'))
    expect(commandsOf(shell.spool).filter((line) => line !== '')).toEqual([])
  })

  test("an alias in git's configuration is asked about by what it runs, and a yes is for once", async () => {
    const directory = temporaryDirectory()
    const path = join(directory, '.gitconfig')
    writeFileSync(path, '[alias]\n\tfp = push --force\n\tst = status -sb\n')
    const shell = await startGuarded({ program, directory, env: { GIT_CONFIG_GLOBAL: path } })
    await shell.run('git st')
    await shell.noted('git fp', 'n')
    expect(shell.screen()).toContain('git-force-push')
    expect(shell.screen()).not.toContain('a allow from now on')
    await shell.noted('git fp', 'y')
    await until(() => shell.ran().length === 2, { what: 'the push' })
    expect(shell.ran()).toEqual(['git st', 'git fp'])
    expect(shell.notes()).toEqual(['declined high', 'confirmed high'])
  })

  test('what was refused or blocked is behind Up, and the editor is empty', async () => {
    const shell = await startGuarded({
      program,
      harmless: ['make first', 'make second'],
      ...(program === 'zsh' && { before: 'HISTSIZE=100' }),
      ...(program === 'bash' && { after: 'HISTCONTROL=ignoreboth' }),
    })
    await nextSecond(program)
    await shell.run('make first')
    await shell.noted('git push --force a', 'n')
    await shell.back()
    await nextSecond(program)
    await shell.run('make second')
    await shell.noted('rm -rf ~')
    await shell.back()
    // Up, changed by one word, is another line. Before fish 4 the hook reckons when a line was, and may put it before the one that ran last.
    await shell.run(`${fish ? 'rm' : ''}${UP}/some/where`)
    await shell.noted('git push --force b', '\u0003')
    await shell.back()
    // Before fish 4 two lines of the same second may change places.
    await shell.noted(fish ? 'git push --force b' : UP, 'y')
    await until(() => shell.ran().length === 4, { what: 'four that ran' })
    expect(shell.ran()).toEqual([
      'make first',
      'make second',
      `rm -rf ${shell.directory}/some/where`,
      'git push --force b',
    ])
    await until(() => commandsOf(shell.spool).filter((line) => line !== '').length === 4, {
      what: 'four records',
    })
    expect(commandsOf(shell.spool).filter((line) => line !== '')).toEqual([
      'make first',
      'make second',
      'rm -rf ~/some/where',
      'git push --force b',
    ])
  })

  test('aliases and functions are judged by what they do', async () => {
    const shell = await startGuarded({
      program,
      after: fish
        ? "alias ll='rm -rf ~'; function away; rm -rf $argv; end; function outer; away $argv; end; alias quiet='ls -d'; function bye; rm -rf ~; end"
        : "alias ll='rm -rf ~'; away() { rm -rf \"$@\"; }; outer() { away \"$@\"; }; bye() { rm -rf ~; }; alias quiet='ls -d'; alias ls='ls -d'; alias echo='rm -rf ~;'",
    })
    for (const line of ['ll', 'bye', 'away ~', 'outer ~/', 'true; ll', ...(fish ? [] : ['echo harmless'])])
      expect(await shell.blocked(line), line).toContain('It does not run')
    for (const line of ['away ./x', 'quiet /', 'ls /']) await shell.run(line)
    expect(shell.ran()).toEqual(['rm -rf ./x'])
  })

  test('a function behind a short form of the same name is judged too', async () => {
    const shell = await startGuarded({
      program,
      after: fish
        ? 'function both; rm -r $argv; end; abbr -a both both -f'
        : 'function both { rm -r "$@"; }; alias both="both -f"',
    })
    for (const line of ['both ~', fish ? "'both' ~" : '\\both ~'])
      expect(await shell.blocked(line), line).toContain('It does not run')
    await shell.run('both ./x')
    expect(shell.ran()).toEqual(['rm -r -f ./x'])
  })

  test('functions that are too long to be read, or are loaded when they run, are asked about', async () => {
    const fpath = join(temporaryDirectory(), 'functions')
    mkdirSync(fpath)
    const lazy = join(fpath, fish ? 'lazy.fish' : 'lazy')
    writeFileSync(lazy, fish ? 'function lazy; git push --force lazy; end\n' : 'git push --force lazy\n')
    const filler = 'true xxxxxxxxxxxxxxxxxxxx; '.repeat(400)
    const defined = fish
      ? `function long; ${filler}git push --force long; end; set -p fish_function_path ${fpath}`
      : `long() { ${filler}git push --force long; }`
    // The two that come first leave no room for the third.
    const half = 'true xxxxxxxxxxxxxxxxxxxx; '.repeat(140)
    const more = fish
      ? `function one; ${half}end; function two; ${half}end; function three; git push --force three; end`
      : `one() { ${half} }; two() { ${half} }; three() { git push --force three; }`
    const autoload = program === 'zsh' ? `fpath=(${fpath} $fpath); autoload -Uz lazy` : ''
    const shell = await startGuarded({ program, after: `${defined}\n${more}\n${autoload}` })
    for (const line of ['long', 'one; two; three', ...(program === 'bash' ? [] : ['lazy'])])
      await shell.noted(line, 'n')
    expect(shell.ran()).toEqual([])
    await shell.run('one')
    await shell.run('echo long')
    expect(shell.notes().length).toBe(program === 'bash' ? 2 : 3)
  })

  test('a line in several lines is judged as a whole', async () => {
    const shell = await startGuarded({ program })
    await shell.noted(fish ? 'for i in 1 2\nrm -rf ~\nend' : 'for i in 1 2; do\nrm -rf ~\ndone')
    await shell.printed('is in your history')
    await shell.back()
    await shell.cancel()
    await shell.run(fish ? 'for i in 1 2\nmake $i\nend' : 'for i in 1 2; do\nmake $i\ndone')
    expect(shell.ran()).toEqual(['make 1', 'make 2'])
  })

  test.each(['allow', 'block'] as const)('nobody answers: on_error = %s decides', async (onError) => {
    const silent = async (ask: readonly string[], what: string): Promise<void> => {
      const shell = await startGuarded({ program, guard: { ask, onError, timeoutMs: 100 } })
      await shell.noted('git push')
      await shell.printed('did not answer')
      shell.keys(CLEAR)
      await shell.run('true')
      expect(shell.ran(), what).toEqual(onError === 'allow' ? ['git push'] : [])
      expect(shell.notes(), what).toEqual(['unjudged safe'])
    }
    // The hook is written with the one word or the other, whatever the reason: `allow` is tried with an answer that is none, and
    // with none at all. At once: the last takes as long as it is waited for.
    await Promise.all([
      silent(standIn("printf 'nonsense\\n'"), 'one that says something else'),
      silent(standIn('exec sleep 600'), 'one that takes too long'),
      ...(onError === 'allow'
        ? []
        : [
            silent(['/nonexistent/karo'], 'no program'),
            silent(standIn('exit 7'), 'one that fails'),
            silent(standIn('kill -9 $$'), 'one that is killed'),
          ]),
    ])
  })

  test('who waits long is told so, and Ctrl-C gives the line back', async () => {
    const judge = join(temporaryDirectory(), 'judge')
    const ask = standIn(
      `case $KARO_LINE in *two) echo run - safe - ;; *) echo $$ >${judge}; exec sleep 600 ;; esac`,
    )
    const shell = await startGuarded({ program, guard: { ask, timeoutMs: 600_000 } })
    shell.keys('make one\r')
    await shell.printed('still being judged')
    // Who waits may be told so before it has begun.
    const pid = await until(() => readFileSync(judge, 'utf8').trim(), { what: 'the judge' })
    shell.keys('\u0003')
    // It would write over the line.
    await until(() => !existsSync(`/proc/${pid}`), { what: 'the judge has ended' })
    await shell.run(' two')
    // A trap of the person's is theirs again after each line that was judged.
    if (program === 'bash') await shell.run('trap true INT # two')
    if (program === 'bash') await shell.run('trap -p INT | grep -q true && make three two')
    expect(shell.ran()).toEqual(['make one two', ...(program === 'bash' ? ['make three two'] : [])])
    expect(shell.notes()).toEqual([])
  })

  test('the rules file holds at once: of tools nobody else has rules for, too', async () => {
    const shell = await startGuarded({ program })
    await shell.run('deployit prod')
    const rules = join(shell.home, 'guard.toml')
    writeFileSync(rules, "[[deny]]\ncommand = 'deployit prod*'\nwhy = 'Ask Ada.'\n", { mode: 0o600 })
    expect(await shell.blocked('deployit prod')).toContain('Ask Ada.')
    expect(await shell.blocked('sudo env A=1 deployit prod -j2')).toContain('Ask Ada.')
    // The name of the tool itself may be a glob.
    for (const glob of ["'de*it prod'", "'deploy?? *'", "'''\ndeploy* prod'''"]) {
      writeFileSync(rules, `[[deny]]\ncommand = ${glob}\nwhy = 'Ask Eve.'\n`, { mode: 0o600 })
      expect(await shell.blocked('deployit prod')).toContain('Ask Eve.')
    }
    writeFileSync(rules, "[[allow]]\nrule = 'git-force-push'\n", { mode: 0o600 })
    await shell.run('git push --force')
    // Broken: strict, and said so.
    writeFileSync(rules, '[[alow]]\n', { mode: 0o600 })
    expect(await shell.blocked('git push --force')).toMatch(/unknown key alow[\s\S]*It does not run/)
    rmSync(rules)
    await shell.run('true')
    expect(shell.ran()).toEqual(['deployit prod', 'git push --force'])
  })

  test('a profile is another one at once: of this shell, or of the configuration', async () => {
    const shell = await startGuarded({ program })
    await shell.noted(fish ? 'set -gx KARO_GUARD_PROFILE off' : 'KARO_GUARD_PROFILE=off', 'y')
    await shell.run('git push --force')
    await shell.run(fish ? 'set -e KARO_GUARD_PROFILE' : 'unset KARO_GUARD_PROFILE')
    await shell.noted('git push --force', 'n')
    writeFileSync(join(shell.home, 'config.toml'), '[guard]\nprofile = "strict"\n', { mode: 0o600 })
    // No advice that would be blocked as well.
    const said = (await shell.blocked('git push --force')).replace(/\s/g, '')
    expect(said).toContain('Itdoesnotrun')
    expect(said).toContain(`anexceptionforgit-force-pushin${join(shell.home, 'guard.toml')}`)
    await until(() => shell.notes().length === 3, { what: 'three notes' })
    expect(shell.ran()).toEqual(['git push --force'])
  })
})

/** A busy machine judges for seconds what a quiet one judges in a tenth. */
const JUDGING_MS = 15_000

/** A question that waits longer than judging may take, and is no yes when the program that asked is gone. */
async function waits(program: GuardedOptions['program']): Promise<void> {
  const directory = temporaryDirectory()
  const pid = join(directory, 'pid')
  // It tells who asks, and then is that.
  const ask = [
    ...standIn(`echo $$ >${pid}; exec "$@"`),
    ...[process.execPath, KARO, 'guard', 'ask', '--shell', program],
  ]
  const shell = await startGuarded({ program, guard: { ask, onError: 'allow', timeoutMs: JUDGING_MS } })
  await shell.noted('git push -f a', 'n')
  // All limits are over by then, in a shell that has only one.
  const limits = BigInt(JUDGING_MS + 1_000) * 1_000_000n
  const begun = process.hrtime.bigint()
  shell.keys('git push -f b\r')
  await until(() => shell.screen().split('Run it?').length > 2, { what: 'a question' })
  await until(() => process.hrtime.bigint() - begun > limits, { what: 'the end of all limits' })
  shell.keys('y')
  await until(() => shell.ran().length === 1, { what: 'what was confirmed' })
  shell.keys('git push -f c\r')
  await until(() => shell.screen().split('Run it?').length > 3, { what: 'a question' })
  process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL')
  await shell.printed('got no answer')
  await until(() => shell.notes().length === 3, { what: 'a note' })
  shell.keys(CLEAR)
  await shell.run('true')
  expect(shell.ran()).toEqual(['git push -f b'])
  expect(shell.notes()).toEqual(['declined high', 'confirmed high', 'unjudged safe'])
}

test('a question waits longer than judging may take, and is no yes when the program that asked is gone', async () => {
  // At once: nearly all of it is waiting.
  await Promise.all([waits('bash'), waits('zsh'), waits('fish')])
})

// A limit of bash's may come between two letters; zsh reads a line to its end that has begun, and in fish timeout(1) has the limit.
test('in bash an answer that begins before the notice of a long wait and ends behind it is heard', async () => {
  const told = join(temporaryDirectory(), 'told')
  const ask = standIn(`printf ru; until [ -e ${told} ]; do sleep 0.05; done; echo 'n - safe -'`)
  const shell = await startGuarded({ program: 'bash', guard: { ask, timeoutMs: 600_000 } })
  shell.keys('make one\r')
  await shell.printed('still being judged')
  writeFileSync(told, '')
  await until(() => shell.ran().length + shell.notes().length > 0, { what: 'an answer' })
  expect(shell.ran()).toEqual(['make one'])
  expect(shell.notes()).toEqual([])
})

test('the daemon counts what the guard did, and has no text of it', async () => {
  const node = await startNode()
  const shell = await startGuarded({ program: 'bash', spool: join(node.home, 'spool') })
  await shell.blocked('rm -rf ~')
  await shell.noted('git push -f', 'n')
  await shell.noted('git push -f', 'y')
  const { guard } = await until(
    async () => {
      // Of the year: midnight may come between.
      const stats = await node.json<{ total_commands: number; guard: Record<string, number> }>([
        'stats',
        'year',
      ])
      return stats.guard.confirmed === 1 && stats
    },
    { what: 'what the guard did, in the statistics' },
  )
  expect(guard).toEqual({ blocked: 1, confirmed: 1, declined: 1, unjudged: 0 })
  const { events } = await node.json<{ events: readonly EventShape[] }>(['history'])
  expect(events.map(({ command, confirmed }) => [command, confirmed])).toEqual([['git push -f', true]])
})
