// The guard in real bash, zsh and fish at a real terminal. What is dangerous is replaced by programs that only note
// how they were called, and HOME is a directory of the test's own.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ENTRY } from '../../scripts/build.ts'
import { temporaryDirectory } from '../support/database.ts'
import { CLEAR, type GuardedOptions, startGuarded } from '../support/guarded-shell.ts'
import { commandsOf } from '../support/hooked-shell.ts'
import { startNode } from '../support/node.ts'
import { PROMPT_TOOLS } from '../support/prompt-tools.ts'
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

  test('what was typed before the question is no answer to it, nor is a paste', async () => {
    const shell = await startGuarded({ program })
    const asked = async (times: number) =>
      until(() => shell.screen().split('Run it?').length > times, { what: `question ${times}` })
    shell.keys('git push -f a\ry')
    await asked(1)
    shell.keys('\u001b[200~y\u001b[201~')
    // Neither was one, so it asks still; this shows it again.
    await until(
      () => {
        shell.keys('?')
        return shell.screen().split('Run it?').length > 2
      },
      { what: 'the question again', pollMs: 200 },
    )
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
        ? "alias ll='rm -rf ~'; function wipe; rm -rf $argv; end; function outer; wipe $argv; end; alias quiet='ls -d'; function bye; rm -rf ~; end"
        : "alias ll='rm -rf ~'; wipe() { rm -rf \"$@\"; }; outer() { wipe \"$@\"; }; bye() { rm -rf ~; }; alias quiet='ls -d'; alias ls='ls -d'; alias echo='rm -rf ~;'",
    })
    for (const line of ['ll', 'bye', 'wipe ~', 'outer ~/', 'true; ll', ...(fish ? [] : ['echo harmless'])])
      expect(await shell.blocked(line), line).toContain('It does not run')
    for (const line of ['wipe ./x', 'quiet /', 'ls /']) await shell.run(line)
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
    await shell.printed(program === 'bash' ? 'is in your history' : 'line is yours to change')
    await shell.back()
    await shell.cancel()
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

  test('a question waits longer than judging may take, and is no yes when the program that asked is gone', async () => {
    const directory = temporaryDirectory()
    const pid = join(directory, 'pid')
    // It tells who asks, and then is that.
    const ask = [
      ...standIn(`echo $$ >${pid}; exec "$@"`),
      ...[process.execPath, ENTRY, 'guard', 'ask', '--shell', program],
    ]
    const shell = await startGuarded({ program, guard: { ask, onError: 'allow', timeoutMs: 2_000 } })
    await shell.noted('git push -f a', 'n')
    // All limits are over by then, in a shell that has only one.
    const begun = process.hrtime.bigint()
    shell.keys('git push -f b\r')
    await until(() => shell.screen().split('Run it?').length > 2, { what: 'a question' })
    await until(() => process.hrtime.bigint() - begun > 8_000_000_000n, { what: 'the end of all limits' })
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
  })

  test('the rules file holds at once: of tools nobody else has rules for, too', async () => {
    const shell = await startGuarded({ program })
    await shell.run('deployit prod')
    const rules = join(shell.home, 'guard.toml')
    writeFileSync(rules, "[[deny]]\ncommand = 'deployit prod*'\nwhy = 'Ask Ada.'\n", { mode: 0o600 })
    expect(await shell.blocked('deployit prod')).toContain('Ask Ada.')
    expect(await shell.blocked('sudo env A=1 deployit prod -j2')).toContain('Ask Ada.')
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

describe('what else accepts a line', () => {
  const XTERM = { TERM: 'xterm' }
  /** What a terminal sends for a paste. */
  const pasted = (text: string): string => `\x1b[200~${text}\x1b[201~`

  test.each(['bash', 'zsh', 'fish'] as const)(
    '%s: a paste of several lines is judged before any of it runs',
    async (program) => {
      const options: GuardedOptions = {
        program,
        env: XTERM,
        marked: true,
        ...(program === 'zsh' && { after: "zle_bracketed_paste=($'\\e[?2004h' $'\\e[?2004l')" }),
      }
      const shell = await startGuarded(options)
      await shell.noted(pasted('make one\nrm -rf ~\nmake two'))
      expect(shell.notes()).toEqual(['blocked critical'])
      expect(shell.ran()).toEqual([])
      const other = await startGuarded(options)
      await other.run(pasted('make one\nmake two'))
      await until(() => other.ran().length === 2, { what: 'two commands' })
      expect(other.ran()).toEqual(['make one', 'make two'])
    },
  )

  test.each(['bash', 'zsh', 'fish'] as const)('%s: in vi mode, from both of its modes', async (program) => {
    const after = { bash: 'set -o vi', zsh: 'bindkey -v', fish: 'fish_vi_key_bindings' }[program]
    const shell = await startGuarded({ program, after, ...(program === 'fish' && { marked: true }) })
    await shell.noted('git push -f a', 'y')
    shell.keys('git push -f b\x1b')
    // What tells an escape key from an escape sequence is time, in all of them.
    await until(() => shell.screen().endsWith('b') || /b\x1b?\S*$/.test(shell.screen()), { what: 'the line' })
    await new Promise((resolve) => setTimeout(resolve, 700))
    await shell.noted('', 'y')
    await until(() => shell.ran().length === 2, { what: 'two pushes' })
    expect(shell.ran()).toEqual(['git push -f a', 'git push -f b'])
  })

  test.each(['bash', 'zsh'] as const)('%s: what the history makes of a line', async (program) => {
    const shell = await startGuarded({
      program,
      before: program === 'bash' ? 'set -o history; set -H' : 'HISTSIZE=100',
    })
    await shell.noted('git push -f', 'y')
    await shell.noted('!!', 'n')
    await shell.noted('^push^push -q^', 'n')
    await shell.noted('!git', 'y')
    await until(() => shell.ran().length === 2, { what: 'two pushes' })
    expect(shell.ran()).toEqual(['git push -f', 'git push -f'])
  })

  test.each(['bash', 'zsh'] as const)(
    '%s: here-documents are asked about when they end, and by what they feed',
    async (program) => {
      const shell = await startGuarded({ program })
      await shell.run('cat <<END >x\nrm -rf ~\n$(true)\nEND')
      expect(shell.notes()).toEqual([])
      await shell.noted('sh <<END\nrm -rf ~\nEND')
      expect(shell.notes()).toEqual(['blocked critical'])
      expect(shell.ran()).toEqual([])
    },
  )

  test('bash: Ctrl-J, operate-and-get-next, and under set -eu in POSIX mode', async () => {
    const shell = await startGuarded({ program: 'bash' })
    shell.keys('git push -f\n')
    await until(() => shell.screen().includes('Run it?'), { what: 'a question' })
    shell.keys('n')
    await until(() => shell.notes().length === 1, { what: 'a note' })
    shell.keys('git push -f\u000f')
    await until(() => shell.screen().split('Run it?').length === 3, { what: 'a question' })
    shell.keys('n')
    await until(() => shell.notes().length === 2, { what: 'a note' })
    await shell.run('set -eu -o posix')
    await shell.noted('git push -f', 'n')
    expect(await shell.blocked('rm -rf ~')).toContain('It does not run')
    await shell.run('true')
    expect(shell.ran()).toEqual([])
  })

  test('zsh: the widgets that accept and keep', async () => {
    const shell = await startGuarded({
      program: 'zsh',
      after:
        "bindkey '^Xh' accept-and-hold; bindkey '^Xi' accept-and-infer-next-history; bindkey '^Xj' accept-line-and-down-history",
    })
    for (const key of ['\u0018h', '\u0018i', '\u0018j']) {
      const before = shell.notes().length
      shell.keys(`git push -f${key}`)
      await until(() => shell.screen().split('Run it?').length === before + 2, {
        what: `a question after ${JSON.stringify(key)}`,
      })
      shell.keys('n')
      await until(() => shell.notes().length === before + 1, { what: 'a note' })
      await shell.back()
      shell.keys(CLEAR)
    }
    expect(shell.ran()).toEqual([])
  })

  test('bash: $_ is what it was, set -x shows nothing of the guard, and what read -e reads is no command', async () => {
    const shell = await startGuarded({ program: 'bash' })
    await shell.run('mkdir -p some/where')
    await shell.run('cd $_ && make "$_"')
    await shell.run('make one two')
    await shell.noted('git push -f $_', 'y')
    await until(() => shell.ran().length === 3, { what: 'three commands' })
    expect(shell.ran()).toEqual(['make some/where', 'make one two', 'git push -f two'])
    await shell.run('set -x')
    const from = shell.screen().length
    await shell.run('echo plain')
    await shell.run('make "$PWD"')
    expect(shell.screen().slice(from)).not.toMatch(/^\++ .*(?:set \+x|local|__karo_guard|READLINE)/m)
    await shell.run('set +x')
    shell.keys('read -e -p answer: answer\r')
    await shell.printed('answer:')
    await shell.run('rm -rf ~')
    // Whose hook is gone is guarded still.
    shell.keys('PROMPT_COMMAND=\r')
    await until(() => /PROMPT_COMMAND=\r\n@\d+@ $/.test(shell.screen()), { what: 'a prompt' })
    expect(shell.notes()).toEqual(['confirmed high'])
    await shell.noted('git push -f z', 'n')
    expect(shell.ran().slice(3)).toEqual([`make ${shell.directory}/some/where`])
  })

  test.each([
    ['emacs', '', '\u0018\u0005'],
    ['vi', 'i', 'v'],
  ])('bash: what the editor of %s mode leaves is judged before it runs', async (mode, insert, key) => {
    const directory = temporaryDirectory()
    const editor = join(directory, 'editor')
    writeFileSync(editor, '#!/bin/sh\nsed -i "s/^make/git push -f/" "$1"; echo "true" >>"$1"; echo edited\n')
    chmodSync(editor, 0o755)
    const shell = await startGuarded({ program: 'bash', before: `set -o ${mode}`, env: { VISUAL: editor } })
    const edit = async (line: string, times: number): Promise<void> => {
      shell.keys(line)
      if (mode === 'vi') {
        shell.keys('\u001b')
        // As above: only time tells what it is.
        await new Promise((resolve) => setTimeout(resolve, 700))
      }
      shell.keys(key)
      await until(() => shell.screen().split('edited').length > times, { what: 'the editor' })
    }
    await edit('make a', 1)
    await shell.noted('', 'n')
    // In vi mode it is a command still.
    await edit(`${insert}make b`, 2)
    await shell.noted('', 'y')
    const ran = () => shell.ran().filter((line) => !line.startsWith('rm -f -- '))
    await until(() => ran().length === 1, { what: 'a push' })
    expect(ran()).toEqual(['git push -f b'])
    expect(shell.notes()).toEqual(['declined high', 'confirmed high'])
  })

  test('zsh: no key runs what a search of the history has found', async () => {
    const shell = await startGuarded({
      program: 'zsh',
      env: XTERM,
      marked: true,
      // Not Ctrl-R: between two lines a terminal takes that for itself.
      before: "HISTSIZE=100; bindkey -e; bindkey '\\es' history-incremental-search-backward",
    })
    await shell.noted('git push -f a', 'y')
    await until(() => shell.ran().length === 1, { what: 'a push' })
    for (const key of ['\r', '\n', '\u000f', '\u001ba', '\u001bA']) {
      await shell.run('true')
      const from = shell.screen().length
      shell.keys('\u001bs')
      await until(() => shell.screen().slice(from).includes('bck-i-search'), { what: 'a search' })
      // Each key comes by itself: the second Enter is the one that runs it.
      shell.keys(`push${key}`)
      await shell.noted('', 'n')
    }
    await shell.run('true')
    expect(shell.ran()).toEqual(['git push -f a'])
    expect(shell.notes()).toEqual(['confirmed high', ...Array.from({ length: 5 }, () => 'declined high')])
  })

  test('zsh: vared and select are nobody’s commands; global and suffix aliases are', async () => {
    const shell = await startGuarded({
      program: 'zsh',
      after: "alias -g HOMEDIR=~; alias -s wipe='rm -rf ~;'; word=x",
    })
    shell.keys('vared word\r')
    await shell.printed('vared word\r\r\n')
    await shell.run(' $(rm -rf ~)')
    expect(await shell.blocked('rm -rf HOMEDIR')).toContain('It does not run')
    expect(await shell.blocked('a.wipe')).toContain('It does not run')
    expect(shell.ran()).toEqual([])
  })

  test('fish: a line is judged while completions are listed, and what is chosen of them', async () => {
    const shell = await startGuarded({
      program: 'fish',
      env: XTERM,
      marked: true,
      after: "complete -c git -e; complete -c git -f -a 'one two'; complete -c deployit -f -a 'one two'",
    })
    // Its completions look at what is there.
    const ran = () => shell.ran().filter((line) => line !== 'git remote')
    const listed = async (line: string, tabs: number): Promise<void> => {
      shell.keys(line)
      for (let tab = 0; tab < tabs; tab++) {
        const from = shell.screen().length
        shell.keys('\t')
        await until(() => /one[\s\S]*two/.test(shell.screen().slice(from)), { what: `list ${tab}` })
      }
    }
    // Nothing is chosen: one Enter runs the line.
    await listed('git push -f ', 1)
    await shell.noted('', 'n')
    await listed('git push -f ', 1)
    await shell.noted('', 'y')
    await until(() => ran().length === 1, { what: 'what was confirmed' })
    // One is: it comes to the line, which is judged with it, and is done with.
    await listed('git push -f ', 2)
    await shell.noted('', 'y')
    await until(() => ran().length === 2, { what: 'what was confirmed with a choice' })
    // Where nothing is asked, all is as fish does it: the first Enter takes the choice.
    await listed('deployit ', 2)
    shell.keys('\r')
    await shell.run('')
    expect(ran()).toEqual(['git push -f', 'git push -f one', 'deployit one'])
  })

  test('fish: abbreviations are judged as what they become; read is not asked about', async () => {
    const shell = await startGuarded({ program: 'fish', after: 'abbr -a gpf -- git push --force' })
    await shell.noted('gpf', 'n')
    shell.keys('read answer\r')
    await shell.printed('read>')
    await shell.run('rm -rf ~')
    expect(shell.notes()).toEqual(['declined high'])
    expect(shell.ran()).toEqual([])
  })
})

describe.each(PROMPT_TOOLS)('beside $name in $program', ({ program, file, line, works }) => {
  test.runIf(existsSync(file) && program !== 'dash').each(['before', 'after'] as const)(
    'loaded %s the guard: both work, and each command is recorded once',
    async (when) => {
      if (program !== 'bash' && program !== 'zsh' && program !== 'fish') return
      const shell = await startGuarded({
        program,
        [when]: line,
        marked: true,
        env: { TERM: 'xterm-256color' },
        directory: temporaryDirectory(),
      })
      await shell.run('make one')
      await shell.noted('git push -f a', 'n')
      await shell.noted('git push -f b', 'y')
      await until(() => shell.ran().length === 2, { what: 'two commands' })
      // What one of the tools is asked about.
      const before = program === 'fish' ? [] : ['(exit 5)']
      for (const typed of before) await shell.run(typed)
      const from = shell.screen().length
      await shell.run(works)
      await until(() => /^yes/m.test(shell.screen().slice(from)), { what: 'the tool at work' })
      await shell.noted('rm -rf ~')
      expect(shell.ran()).toEqual(['make one', 'git push -f b'])
      expect(commandsOf(shell.spool).filter((command) => command !== '')).toEqual([
        'make one',
        'git push -f b',
        ...before,
        works,
      ])
      expect(shell.notes()).toEqual(['declined high', 'confirmed high', 'blocked critical'])
    },
  )
})

test('the daemon counts what the guard did, and has no text of it', async () => {
  const node = await startNode()
  const shell = await startGuarded({ program: 'bash', spool: join(node.home, 'spool') })
  await shell.blocked('rm -rf ~')
  await shell.noted('git push -f', 'n')
  await shell.noted('git push -f', 'y')
  const { guard } = await until(
    async () => {
      const stats = await node.json<{ total_commands: number; guard: Record<string, number> }>(['stats'])
      return stats.guard.confirmed === 1 && stats
    },
    { what: 'what the guard did, in the statistics' },
  )
  expect(guard).toEqual({ blocked: 1, confirmed: 1, declined: 1, unjudged: 0 })
  const { events } = await node.json<{ events: readonly { command: string }[] }>(['history'])
  expect(events.map(({ command }) => command)).toEqual(['git push -f'])
})
