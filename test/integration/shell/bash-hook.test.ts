// The hook in a real bash at a real terminal: exactly what was run is recorded, and the shell is as it always was.
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hookCases } from '../../support/shell/hook-cases.ts'
import { commandsOf, spooled, startShell } from '../../support/shell/hooked-shell.ts'

const isRoot = process.getuid!() === 0

hookCases({
  program: 'bash',
  shapes: [
    ["printf '%s|' a 'b c' | cat; true && echo \"x y\"", 0],
    ['f() { echo "in f"; return 3; }; f', 3],
    ['for i in 1 2; do echo $i; done', 0],
    ['(exit 5)', 5],
    ["echo 'a  b' \\* ; echo \\\\n %s %d", 0],
    ['echo grüße 日本 🙂', 0],
    ['sleep 0 & wait', 0],
    ['x=1', 0],
    ['[[ a == b ]]', 1],
    [`echo ${'long '.repeat(900)}end`, 0],
  ],
  // Bash keeps what is quoted as it was typed, and joins the rest by semicolons.
  severalLines: [
    ["echo 'a\nb'", "echo 'a\nb'"],
    ['cat <<X\n  x  y\nX', 'cat <<X\n  x  y\nX'],
    ['if true\nthen echo t\nfi', 'if true; then echo t; fi'],
  ],
  lines: {
    export: (name, value) => `export ${name}=${value}`,
    status: 'echo $?',
    lastProcess: 'read -r _ _ _ _ last </proc/loadavg; echo "last=$last"',
    broken: 'echo )',
    // Only a space keeps a line out of bash's history; the daemon leaves out the others.
    tab: ' ',
  },
  settings: [
    'set -u',
    'set -e',
    'set -eu',
    'set -o posix',
    'set -a',
    'IFS=0123456789',
    'umask 777',
    'readonly each=1 end=2 fd=3 first=4 key=5 last=6 line=7 mark=8 mask=9 text=10 value=11; HISTCONTROL=ignorespace',
  ],
  clockUs: 1,
})

describe('what is recorded', () => {
  test('several lines are one command, as the history keeps them', async () => {
    const shell = await startShell()
    await shell.typeAll('shopt -u cmdhist', 'if true\nthen echo u\nfi', 'echo after')
    expect(commandsOf(shell.spool).slice(1)).toEqual(['if true\nthen echo u\nfi', 'echo after'])
  })

  test('several commands pasted at once are each recorded; only the last one’s end is known', async () => {
    const shell = await startShell({ env: { TERM: 'xterm' } })
    shell.keys('\x1b[200~echo p1\nfalse\necho p3\x1b[201~\r')
    await shell.prompt()
    await shell.type('echo after')
    expect(spooled(shell.spool).map(({ command, exitCode }) => [command, exitCode])).toEqual([
      ['echo p1', null],
      ['false', null],
      ['echo p3', 0],
      ['echo after', 0],
    ])
  })

  test('without a terminal, in an interactive shell that reads a pipe', async () => {
    const { rc, spool } = await startShell()
    // Its own exit code is the last command's.
    spawnSync('bash', ['--rcfile', rc, '-i'], { input: 'echo piped\nfalse\n' })
    expect(commandsOf(spool)).toEqual(['echo piped', 'false'])
  })
})

describe('repeats and what is private', () => {
  test('ignoreboth: every repeat counts, no private line does', async () => {
    const shell = await startShell()
    await shell.typeAll(
      ...['echo a', 'echo a', ' echo secret', 'echo a', 'true | true', 'true | true', ' hidden | one | two'],
      ...['make', 'make', ' make', 'echo end'],
    )
    expect(commandsOf(shell.spool)).toEqual([
      ...['echo a', 'echo a', 'echo a', 'true | true', 'true | true'],
      // The third is the private one: alike in everything but its blank, it counts as one more of the public.
      ...['make', 'make', 'make', 'echo end'],
    ])
    expect(readFileSync(join(shell.spool, readdirSync(shell.spool)[0]!), 'utf8')).not.toMatch(/secret|hidden/)
  })

  test.each(['', 'pass *'])(
    'ignoreboth: a repeat of what an earlier shell ran last, ignore = %j',
    async (pattern) => {
      const shell = await startShell({
        before: 'HISTFILE=$HOME/h; echo "echo a b" >$HISTFILE',
        ignore: pattern === '' ? [] : [pattern],
      })
      await shell.typeAll(' echo secret', 'echo a b', 'echo a b', 'true')
      expect(commandsOf(shell.spool)).toEqual(['echo a b', 'echo a b', 'true'])
    },
  )

  test.each(['', 'ignoredups', 'ignorespace', 'erasedups', 'ignoreboth:erasedups'])(
    'HISTCONTROL=%s: the same commands are recorded, and nothing private is written',
    async (control) => {
      const shell = await startShell({ before: `HISTCONTROL=${control}` })
      await shell.typeAll(
        'echo 1',
        'echo 2',
        'echo 1',
        'echo 1',
        ' echo secret',
        'echo 2',
        'echo 2 | cat',
        'echo 1',
      )
      expect(commandsOf(shell.spool)).toEqual([
        'echo 1',
        'echo 2',
        'echo 1',
        'echo 1',
        'echo 2',
        'echo 2 | cat',
        'echo 1',
      ])
      for (const name of readdirSync(shell.spool)) {
        expect(readFileSync(join(shell.spool, name), 'utf8')).not.toContain('secret')
      }
    },
  )

  test('paused, without history, and lines that take themselves out of it', async () => {
    const shell = await startShell()
    await shell.typeAll('echo a', 'export KARO_PAUSE=1', 'echo paused', 'export KARO_PAUSE=0', 'echo b')
    await shell.typeAll('set +o history', 'echo unhistoric', 'set -o history', 'echo c')
    await shell.typeAll('history -d -1', 'echo d', 'history -c', 'echo e')
    expect(commandsOf(shell.spool)).toEqual([
      ...['echo a', 'export KARO_PAUSE=0', 'echo b', 'echo c', 'echo d', 'echo e'],
    ])
    // What is kept out until further notice is said once.
    expect(spooled(shell.spool).flatMap(({ paused, sequence }) => (paused ? sequence : []))).toEqual([2, 5])
    expect(spooled(shell.spool).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  test('a full history, a tiny one, and one shared between terminals at every prompt', async () => {
    const shell = await startShell({
      before: 'HISTFILE=$HOME/h; HISTSIZE=3; PROMPT_COMMAND="history -a; history -c; history -r"',
    })
    await shell.typeAll('echo 1', 'echo 2', 'echo 3', 'echo 4', ' echo private', 'echo 4', 'echo 5')
    expect(commandsOf(shell.spool)).toEqual(['echo 1', 'echo 2', 'echo 3', 'echo 4', 'echo 4', 'echo 5'])
  })
})

describe('never in the way', () => {
  test('$? and $_ are what they were, for the person and for other prompt commands', async () => {
    const shell = await startShell({
      before: 'PROMPT_COMMAND=\'seen="$?"\'',
      after: 'PROMPT_COMMAND+=(\'later="$?"\'); PROMPT_COMMAND[0]+=\'; same="$?"\'',
    })
    await shell.type('(exit 7)')
    expect(await shell.type('echo $? $seen $same $later')).toBe('7 7 7 7\n')
    await shell.type('echo a "b c"')
    expect(await shell.type('echo "[$_]"')).toBe('[b c]\n')
    await shell.type('false | true | false')
    expect(await shell.type('echo "${PIPESTATUS[*]}"')).toBe('1 0 1\n')
  })

  // Others are among the settings above.
  test.each([
    'set -o pipefail',
    'set -C',
    'set -f',
    'shopt -s nullglob failglob extglob nocasematch',
    'unset EPOCHREALTIME',
    'alias printf=false fc=false trap=false local=false',
  ])('%s: goes on, and prints nothing', async (setting) => {
    const shell = await startShell()
    await shell.typeAll('echo a')
    expect(await shell.type(setting)).toBe('')
    expect(await shell.type('! true')).toBe('')
    expect(await shell.type(':')).toBe('')
    expect(await shell.type('echo b')).toBe('b\n')
    if (!setting.includes('EPOCH')) {
      expect(commandsOf(shell.spool)).toEqual(['echo a', setting, '! true', ':', 'echo b'])
    }
  })

  test('traps, PS0 and functions of the person stay; a PS0 of later is joined', async () => {
    const shell = await startShell({
      before:
        "PS0='<run>'; trap 'echo ERR' ERR; trap 'echo BYE' EXIT; fc() { echo mine; }; printf() { echo mine; }",
    })
    expect(await shell.type('echo a')).toBe('<run>a\n')
    expect(await shell.type('false')).toBe('<run>ERR\n')
    await shell.type("PS0='<new>'")
    expect(await shell.type('echo b')).toBe('<new>b\n')
    expect(await shell.type('echo c')).toBe('<new>c\n')
    expect(await shell.type('trap -p EXIT')).toContain("trap -- 'echo BYE' EXIT")
    // The hook's own, which does nothing; one that the person sets later stays.
    expect(await shell.type('trap -p XFSZ')).toBe("<new>trap -- ':' SIGXFSZ\n")
    // Without PS0 nothing tells that a command ran: the first one after the change is lost.
    expect(commandsOf(shell.spool)).toEqual([
      'echo a',
      'false',
      "PS0='<new>'",
      'echo b',
      'echo c',
      'trap -p EXIT',
      'trap -p XFSZ',
    ])
  })

  test('a PROMPT_COMMAND that is set as one text behind the hook, or later, is joined', async () => {
    const shell = await startShell({ after: 'PROMPT_COMMAND=\'echo "[$?]"\'' })
    expect(await shell.type('false')).toBe('[1]\n')
    // Nothing tells how the lines ended that replace it.
    await shell.type("PROMPT_COMMAND='echo later'")
    expect(await shell.type('echo $?')).toBe('0\nlater\n')
    await shell.type('PROMPT_COMMAND=')
    expect(await shell.type('true')).toBe('')
    expect(commandsOf(shell.spool)).toEqual(['false', 'echo $?', 'true'])
    const again = await startShell({
      after: 'each() { echo each; PROMPT_COMMAND="each; : $((n++))"; }; PROMPT_COMMAND=each',
    })
    for (const line of ['true', 'true 2', 'true 3']) expect(await again.type(line)).toBe('each\n')
    expect(commandsOf(again.spool)).toEqual(['true', 'true 2', 'true 3'])
    expect(await again.type('echo ${#PROMPT_COMMAND[@]}')).toMatch(/^2\n/)
  })

  test('a command ends at a file size limit as it would without the hook, and a trap of the person stays', async () => {
    const shell = await startShell()
    await shell.typeAll('echo a', "trap 'echo mine' XFSZ", 'echo b')
    expect(await shell.type('trap -p XFSZ')).toBe("trap -- 'echo mine' SIGXFSZ\n")
    // SIGXFSZ is number 25: neither ignored nor caught in a command.
    const bit =
      'while read -r key mask; do case $key in Sig[IC]*) echo $((0x$mask >> 24 & 1));; esac; done </proc/self/status'
    await shell.type('trap : XFSZ')
    expect(await shell.type(`sh -c '${bit}'`)).toBe('0\n0\n')
  })

  test('a shell without the hook inside one with it shows nothing of it', async () => {
    const shell = await startShell({ before: 'export PROMPT_COMMAND="true" PS0=""' })
    expect(await shell.type("PS1='@1000@ ' bash --norc")).toBe('')
    expect(await shell.type('set -u')).toBe('')
    expect(await shell.type('echo bare')).toBe('bare\n')
  })

  test('what cannot run it is left alone, and a person is told: restricted, read-only, not interactive', async () => {
    const { rc, directory } = await startShell()
    const run = (...args: string[]): string =>
      execFileSync('bash', args, { encoding: 'utf8', cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] })
    expect(run('-c', `readonly PROMPT_COMMAND=x; . ${rc}; echo ok`)).toBe('ok\n')
    expect(run('-c', `. ${rc}; echo "[$PS0$PROMPT_COMMAND]"`)).toBe('[]\n')
    const shell = await startShell({ before: "readonly PROMPT_COMMAND='true'" })
    expect(await shell.type('echo a')).toBe('a\n')
    expect(shell.screen()).not.toContain('readonly')
    expect(shell.screen()).toMatch(/^karo: neither records nor guards this bash.*read-only\r\n@1@/)
    // Every assignment is an export, so no array can be declared.
    const keyword = await startShell({ before: 'set -k' })
    expect(keyword.screen()).toMatch(/^karo: neither records nor guards this bash.*set -k.*\r\n@1@/)
  })

  test.runIf(isRoot)('it does not fork, with and without reading the text back', async () => {
    // In a process namespace of its own, /proc/loadavg ends with the number of its last process.
    const shell = await startShell({ through: ['unshare', '-pf', '--mount-proc', '--'] })
    const last = 'read -r _ _ _ _ last </proc/loadavg; echo "last=$last"'
    const lines = Array.from({ length: 20 }, (_, i) => `echo ${i}`)
    await shell.typeAll('echo warm', 'echo up')
    const before = await shell.type(last)
    await shell.typeAll(...lines, ' echo private', 'false', 'HISTCONTROL=', ...lines, ' echo private')
    expect(await shell.type(last)).toBe(before)
    expect(await shell.type(`true & ${last}`)).not.toContain(before)
    expect(commandsOf(shell.spool)).toHaveLength(2 + 1 + 20 + 2 + 20 + 2)
  })
})

describe('when it cannot write', () => {
  test('64 KiB and more of a command do not hold it up', async () => {
    const shell = await startShell()
    await shell.type(`eval "x='$(printf %070000d 1)'"`)
    await shell.typeAll('history -s "echo $x"', 'echo after')
    const found = commandsOf(shell.spool)
    expect(found.at(-1)).toBe('echo after')
    expect(found.at(-2)).toMatch(/^echo 0+ …\[cut\]$/)
  })
})
