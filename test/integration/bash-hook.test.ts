// The hook in a real bash at a real terminal: exactly what was run is recorded, and the shell is as it always was.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../support/database.ts'
import { commandsOf, spooled, startShell } from '../support/hooked-shell.ts'

const isRoot = process.getuid!() === 0

describe('what is recorded', () => {
  test('text, exit code, directory, times, order, session', async () => {
    const shell = await startShell()
    const began = Date.now()
    await shell.typeAll('echo one', 'cd /', 'false', 'sh -c "exit 42"', 'sleep 0.2', 'nosuchcommand')
    const found = spooled(shell.spool)
    const { uid, pid } = { uid: process.getuid!(), pid: shell.pid }
    expect(found.map(({ command, exitCode, cwd }) => [command, exitCode, cwd])).toEqual([
      ['echo one', 0, shell.directory],
      ['cd /', 0, shell.directory],
      ['false', 1, '/'],
      ['sh -c "exit 42"', 42, '/'],
      ['sleep 0.2', 0, '/'],
      ['nosuchcommand', 127, '/'],
    ])
    expect(found.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6])
    expect(new Set(found.map(({ session }) => session)).size).toBe(1)
    expect(found[0]!.session).toMatch(new RegExp(`^${uid}-${pid}-\\d{16}$`))
    expect(new Set(found.map((r) => r.shell))).toEqual(new Set(['bash']))
    expect(found[4]!.durationUs).toBeGreaterThanOrEqual(200_000)
    for (const { startUs, durationUs } of found) {
      expect(startUs / 1000).toBeGreaterThanOrEqual(began - 1)
      expect((startUs + durationUs!) / 1000).toBeLessThanOrEqual(Date.now() + 1)
    }
    const [file] = readdirSync(shell.spool)
    expect(file).toBe(`${found[0]!.session}.spool`)
    expect(statSync(join(shell.spool, file!)).mode & 0o777).toBe(0o600)
  })

  test('lines of every shape, exactly', async () => {
    const shell = await startShell()
    const lines = [
      "printf '%s|' a 'b c' | cat; true && echo \"x y\"",
      'f() { echo "in f"; return 3; }; f',
      'for i in 1 2; do echo $i; done',
      '(exit 5)',
      "echo 'a  b' \\* ; echo \\\\n %s %d",
      'echo grüße 日本 🙂',
      'sleep 0 & wait',
      'x=1',
      '[[ a == b ]]',
      `echo ${'long '.repeat(900)}end`,
    ]
    await shell.typeAll(...lines)
    expect(spooled(shell.spool).map(({ command, exitCode }) => [command, exitCode])).toEqual(
      lines.map((line) => [
        line,
        line.includes('return 3') ? 3 : line === '(exit 5)' ? 5 : line.startsWith('[[') ? 1 : 0,
      ]),
    )
  })

  test('several lines are one command, as the history keeps them', async () => {
    const shell = await startShell()
    await shell.typeAll("echo 'a\nb'", 'cat <<X\n  x  y\nX', 'if true\nthen echo t\nfi')
    expect(commandsOf(shell.spool)).toEqual(["echo 'a\nb'", 'cat <<X\n  x  y\nX', 'if true; then echo t; fi'])
    await shell.typeAll('shopt -u cmdhist', 'if true\nthen echo u\nfi', 'echo after')
    expect(commandsOf(shell.spool).slice(4)).toEqual(['if true\nthen echo u\nfi', 'echo after'])
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

  test('typed ahead while another command runs', async () => {
    const shell = await startShell()
    shell.keys('sleep 0.3\recho ahead\recho more; echo "d"one\r')
    await shell.printed('\r\ndone')
    await shell.prompt()
    await shell.type('echo last')
    expect(commandsOf(shell.spool)).toEqual([
      'sleep 0.3',
      'echo ahead',
      'echo more; echo "d"one',
      'echo last',
    ])
  })

  test('Ctrl-C in a command is its end; at the prompt, like an empty line or one bash cannot read, it is nothing', async () => {
    const shell = await startShell()
    await shell.typeAll('', 'echo a', '')
    shell.keys('half a line\x03')
    await shell.prompt()
    await shell.type('echo )')
    shell.keys('echo begun; sleep 60\r')
    await shell.printed('begun\r\n')
    shell.keys('\x03')
    await shell.prompt()
    await shell.type('echo b')
    expect(spooled(shell.spool).map(({ command, exitCode }) => [command, exitCode])).toEqual([
      ['echo a', 0],
      ['echo begun; sleep 60', 130],
      ['echo b', 0],
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

  test('ignored patterns are written nowhere', async () => {
    const shell = await startShell({ ignore: ['pass *', '*vault*', "*it's*"] })
    await shell.typeAll(
      'echo a',
      'pass show bank',
      'echo a vault b',
      "echo it's\nx'",
      'passwd --help',
      'echo b',
      'echo b',
    )
    expect(commandsOf(shell.spool)).toEqual(['echo a', 'passwd --help', 'echo b', 'echo b'])
    for (const name of readdirSync(shell.spool)) {
      expect(readFileSync(join(shell.spool, name), 'utf8')).not.toMatch(/bank|vault|it's/)
    }
  })

  test('paused, without history, and lines that take themselves out of it', async () => {
    const shell = await startShell()
    await shell.typeAll('echo a', 'export KARO_PAUSE=1', 'echo paused', 'export KARO_PAUSE=0', 'echo b')
    await shell.typeAll('set +o history', 'echo unhistoric', 'set -o history', 'echo c')
    await shell.typeAll('history -d -1', 'echo d', 'history -c', 'echo e')
    expect(commandsOf(shell.spool)).toEqual([
      ...['echo a', 'export KARO_PAUSE=0', 'echo b', 'echo c', 'echo d', 'echo e'],
    ])
    expect(spooled(shell.spool).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6])
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

  test.each([
    'set -u',
    'set -e',
    'set -eu',
    'set -o posix',
    'set -o pipefail',
    'set -a',
    'set -C',
    'set -f',
    'IFS=0123456789',
    'shopt -s nullglob failglob extglob nocasematch',
    'unset EPOCHREALTIME',
    'umask 777',
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

  test.each(['set -u', 'set -e', 'set -eu', 'set -a', 'set -o posix'])('loaded under %s', async (setting) => {
    const shell = await startShell({ before: setting })
    expect(await shell.type('echo a')).toBe('a\n')
    expect(commandsOf(shell.spool)).toEqual(['echo a'])
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
    expect(await shell.type('trap -p XFSZ')).toBe('<new>')
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

  test('loading it again changes nothing', async () => {
    const shell = await startShell()
    const before = await shell.type('declare -p PROMPT_COMMAND PS0')
    await shell.typeAll(`. ${shell.rc}`, `. ${shell.rc}`)
    expect(await shell.type('declare -p PROMPT_COMMAND PS0')).toBe(before)
    await shell.type('echo once')
    expect(commandsOf(shell.spool).filter((command) => command === 'echo once')).toHaveLength(1)
    expect(readdirSync(shell.spool)).toHaveLength(1)
  })

  test('nested, replaced and sub-shells keep to themselves', async () => {
    const shell = await startShell()
    await shell.typeAll('set -a', 'echo outer', '(echo sub; echo shell)')
    expect(await shell.type('env | grep -c __karo')).toBe('0\n')
    await shell.typeAll(
      `bash --rcfile ${shell.rc} -i`,
      'echo inner',
      `exec bash --rcfile ${shell.rc} -i`,
      'echo replaced',
      'exit',
      'echo outer again',
    )
    expect(commandsOf(shell.spool)).toEqual([
      'set -a',
      'echo outer',
      '(echo sub; echo shell)',
      'env | grep -c __karo',
      `bash --rcfile ${shell.rc} -i`,
      'echo outer again',
      'echo inner',
      'echo replaced',
    ])
    expect(new Set(spooled(shell.spool).map(({ session }) => session)).size).toBe(3)
  })

  test('a shell without the hook inside one with it shows nothing of it', async () => {
    const shell = await startShell({ before: 'export PROMPT_COMMAND="true" PS0=""' })
    expect(await shell.type("PS1='@1000@ ' bash --norc")).toBe('')
    expect(await shell.type('set -u')).toBe('')
    expect(await shell.type('echo bare')).toBe('bare\n')
  })

  test('what cannot run it is left alone: restricted, read-only, not interactive', async () => {
    const { rc, directory } = await startShell()
    const run = (...args: string[]): string =>
      execFileSync('bash', args, { encoding: 'utf8', cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] })
    expect(run('-c', `readonly PROMPT_COMMAND=x; . ${rc}; echo ok`)).toBe('ok\n')
    expect(run('-c', `. ${rc}; echo "[$PS0$PROMPT_COMMAND]"`)).toBe('[]\n')
    const shell = await startShell({ before: "readonly PROMPT_COMMAND='true'" })
    expect(await shell.type('echo a')).toBe('a\n')
    expect(shell.screen()).not.toContain('readonly')
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
  test('no directory yet: silent, then recorded, and the numbers tell how many are missing', async () => {
    const shell = await startShell({ spool: false })
    expect(await shell.type('echo 1')).toBe('1\n')
    expect(await shell.type('echo 2')).toBe('2\n')
    mkdirSync(shell.spool, { mode: 0o700 })
    await shell.type('echo 3')
    expect(spooled(shell.spool).map(({ command, sequence }) => [command, sequence])).toEqual([['echo 3', 3]])
  })

  test('a directory that may not be written', async () => {
    // Modes do not stop root, so this shell is nobody's.
    const asNobody = ['sh', '-c', 'chown 65534 . spool; exec setpriv --reuid=65534 --clear-groups "$@"', 'sh']
    const shell = await startShell(isRoot ? { through: asNobody } : {})
    chmodSync(shell.spool, 0o500)
    expect(await shell.type('echo 1')).toBe('1\n')
    chmodSync(shell.spool, 0o700)
    await shell.type('echo 2')
    expect(spooled(shell.spool).map(({ sequence }) => sequence)).toEqual([2])
  })

  test('a directory that is a file, or a link to nowhere', async () => {
    const shell = await startShell({ spool: false })
    symlinkSync('/nowhere/at/all', shell.spool)
    expect(await shell.type('echo 1')).toBe('1\n')
  })

  test('its file is deleted: the next record makes it anew', async () => {
    const shell = await startShell()
    await shell.type('echo 1')
    rmSync(join(shell.spool, readdirSync(shell.spool)[0]!))
    await shell.type('echo 2')
    expect(spooled(shell.spool).map(({ command, sequence }) => [command, sequence])).toEqual([['echo 2', 2]])
  })

  test('a file size limit: the shell lives, says nothing, and records again when it may', async () => {
    const shell = await startShell()
    await shell.typeAll('echo 1', 'ulimit -Sf 0')
    expect(await shell.type('echo 2')).toBe('2\n')
    expect(await shell.type('echo 3')).toBe('3\n')
    await shell.typeAll('ulimit -Sf unlimited', 'echo 4')
    const found = spooled(shell.spool)
    expect(found.map(({ command }) => command)).toEqual(['echo 1', 'ulimit -Sf unlimited', 'echo 4'])
    expect(found.map(({ sequence }) => sequence)).toEqual([1, 5, 6])
  })

  test.runIf(isRoot)('a full disk: silent, and whole records again when there is room', async () => {
    const disk = temporaryDirectory()
    const shell = await startShell({
      spool: false,
      // A mount of its own that nobody else sees and that ends with it.
      through: [
        'unshare',
        '-m',
        'bash',
        '-c',
        'mkdir spool; mount -t tmpfs -o size=16k,mode=700 none spool; exec "$@"',
        '-',
      ],
    })
    await shell.typeAll('echo 1', 'cat /dev/zero > spool/fill 2>/dev/null')
    for (let i = 0; i < 40; i++) {
      expect(await shell.type(`echo ${i} ${'x'.repeat(150)}`)).toBe(`${i} ${'x'.repeat(150)}\n`)
    }
    await shell.typeAll('rm spool/fill', 'echo after', `cp spool/*.spool ${disk}`)
    const found = spooled(disk)
    expect(found[0]!.command).toBe('echo 1')
    expect(found.at(-1)).toMatchObject({ command: 'echo after', sequence: 44 })
    expect(found.length).toBeLessThan(44)
  })

  test('64 KiB and more of a command do not hold it up', async () => {
    const shell = await startShell()
    await shell.type(`eval "x='$(printf %070000d 1)'"`)
    await shell.typeAll('history -s "echo $x"', 'echo after')
    const found = commandsOf(shell.spool)
    expect(found.at(-1)).toBe('echo after')
    expect(found.at(-2)).toMatch(/^echo 0+ …\[cut\]$/)
  })
})
