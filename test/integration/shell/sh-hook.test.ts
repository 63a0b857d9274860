// The hook in a real dash at a real terminal: exactly what was run is recorded, and the shell is as it always was.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { HOOKS } from '../../../src/observe/hooks/index.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { hookCases, isInstalled } from '../../support/shell/hook-cases.ts'
import {
  commandsOf,
  PROGRAMS,
  type ShellOptions,
  spooled,
  startShell,
} from '../../support/shell/hooked-shell.ts'

const start = (options: ShellOptions = {}) => startShell({ ...options, program: 'dash' })

hookCases({
  program: 'dash',
  shapes: [
    ["printf '%s|' a 'b c' | cat; true && echo \"x y\"", 0],
    ['f() { echo "in f"; return 3; }; f', 3],
    ['for i in 1 2; do echo $i; done', 0],
    ['(exit 5)', 5],
    ["echo 'a  b' \\* ; echo \\\\n %s %d", 0],
    ['echo grüße 日本 🙂', 0],
    ['sleep 0 & wait', 0],
    ['x=1', 0],
    ['[ a = b ]', 1],
    ['echo a # b', 0],
    [`echo ${'long '.repeat(600)}end`, 0],
  ],
  severalLines: [
    ["echo 'a\nb'", "echo 'a\nb'"],
    ['cat <<X\n  x  y\nX', 'cat <<X\n  x  y\nX'],
    ['if true\nthen echo t\nfi', 'if true\nthen echo t\nfi'],
    ['echo a \\\nb', 'echo a \\\nb'],
    ['f() {\nreturn 3\n}', 'f() {\nreturn 3\n}'],
    ['echo $(\necho a\n)', 'echo $(\necho a\n)'],
    ['true &&\n\necho b', 'true &&\n\necho b'],
  ],
  lines: {
    export: (name, value) => `export ${name}=${value}`,
    status: 'echo $?',
    lastProcess: 'read -r _ _ _ _ last </proc/loadavg; echo "last=$last"',
    broken: 'echo )',
  },
  settings: [
    'set -u',
    'set -e',
    'set -eu',
    'set -a',
    'set -C',
    'set -f',
    'IFS=0123456789',
    'umask 777',
    'alias printf=false read=false trap=false command=false echo=echo',
    'PS4=karo',
    'exec 3>/dev/null 9>/dev/null',
    'set -- a b c',
    'cd .',
  ],
  clockUs: 20_000,
})

describe.skipIf(!isInstalled('dash'))('dash alone', () => {
  test('$? and $_, parameters, functions and variables are what they would be', async () => {
    const shell = await start()
    await shell.type('(exit 7)')
    expect(await shell.type('echo $?')).toBe('7\n')
    await shell.type('echo a "b c"')
    expect(await shell.type('echo "$_"')).toBe('b c\n')
    await shell.typeAll('set -- 1 "2 3"', 'x="  y "', 'f() { echo "f$#"; }')
    expect(await shell.type('echo "$#$2$x$(f 1)"')).toBe('22 3  y f1\n')
    expect(await shell.type('if true\nthen echo a\nfi')).toBe('then echo a\nfi\n> > a\n')
  })

  test('prompts are expanded as dash does', async () => {
    const shell = await start({ before: 'x=1; PS2="{\\$x} "' })
    await shell.type('PS1=\'"$x" \\$x `echo c` $((x + 1))@$((typed=typed+1))@ \'')
    expect(await shell.type('echo "a\nb"')).toBe('b"\n{1} a\nb\n"1" $x c 2')
  })

  test('words that would leave a loop or a file do no harm', async () => {
    const shell = await start()
    for (const word of ['break', 'continue', 'break', 'continue']) expect(await shell.type(word)).toBe('')
    for (const word of ['break 2', 'continue 3', 'break 9']) expect(await shell.type(word)).toBe('')
    expect(await shell.type('echo a')).toBe('a\n')
    expect(commandsOf(shell.spool).slice(0, 4)).toEqual(['break', 'continue', 'break', 'continue'])
  })

  test('errors end the line and not the shell', async () => {
    const shell = await start()
    expect(await shell.type('echo ${nope?gone}; echo never')).toMatch(/^dash: .*nope: gone\n$/)
    expect(await shell.type('. /no/such/file; echo never')).toMatch(/^dash: .*cannot open.*\n$/)
    expect(await shell.type('readonly r=1; r=2; echo never')).toMatch(/^dash: .*read only\n$/)
    expect(await shell.type('echo a')).toBe('a\n')
    expect(spooled(shell.spool).map(({ exitCode }) => exitCode)).toEqual([2, 2, 2, 0])
  })

  test('Ctrl-C ends a loop, a function and what is in another command; the next line is as ever', async () => {
    const shell = await start()
    const lines = [
      'for i in 1 2; do sh -c "echo g\\"\\"o; exec sleep 60"; done; echo never',
      'f() { { sh -c "echo g\\"\\"o; exec sleep 60"; } 2>/dev/null; echo never; }; f; echo never',
      'echo go; while :; do :; done; echo never',
      'echo go; read x; echo never',
    ]
    for (const line of lines) {
      shell.keys(`${line}\r`)
      await shell.printed('\r\ngo\r\n')
      shell.keys('\x03')
      expect(await shell.prompt()).not.toContain('\nnever')
      expect(await shell.type('echo "$?" >&2; nosuchcommand')).toMatch(
        /^130\ndash: .*nosuchcommand: not found\n$/,
      )
    }
    const found = spooled(shell.spool).filter(({ command }) => lines.includes(command))
    expect(found.map(({ command, exitCode }) => [command, exitCode])).toEqual(
      lines.map((line) => [line, 130]),
    )
  })

  test('a trap of the person for Ctrl-C is theirs: from the first one on dash reads by itself', async () => {
    const shell = await start()
    await shell.typeAll("trap 'echo mine' INT", 'echo a')
    shell.keys('\x03')
    await shell.prompt()
    expect(await shell.type('echo b')).toBe('b\n')
    expect(await shell.type('trap')).toContain('echo mine')
    expect(commandsOf(shell.spool)).toEqual(["trap 'echo mine' INT", 'echo a'])
  })

  test('jobs are told of as they change, once', async () => {
    const shell = await start()
    await shell.type('sleep 0.2 & sleep 60 &')
    expect(await shell.type('wait %1')).toMatch(/^\[1\] [ +-] Done +sleep 0.2\n$/)
    expect(await shell.type('true')).toBe('')
    expect(await shell.type('kill %2; wait')).toMatch(/^\[2\] . Terminated +sleep 60\n$/)
    expect(await shell.type('true')).toBe('')
  })

  test('traced and verbose: only what is the person’s', async () => {
    const shell = await start()
    await shell.type('set -x')
    expect(await shell.type('echo a; false')).toBe('+ echo a\na\n+ false\n')
    expect(await shell.type('echo $?')).toBe('+ echo 1\n1\n')
    await shell.type('set +x')
    expect(await shell.type('echo b')).toBe('b\n')
  })

  test('set -e ends the shell where it would end', async () => {
    const shell = await start({ env: { PS1: '$ ' } })
    await shell.typeAll('false', 'set -e', '! true', 'if false; then :; fi')
    shell.keys('false; echo never\r')
    await expect(shell.prompt()).rejects.toThrow('the shell has ended')
    expect(shell.screen()).not.toContain('\nnever')
  })

  test('without a terminal, in an interactive shell that reads a pipe; one that is not interactive is left alone', async () => {
    const { rc, spool } = await start()
    const run = (args: string[], input: string, env = { PATH: process.env.PATH, ENV: rc }) =>
      spawnSync('dash', args, { input, env, encoding: 'utf8' })
    expect(run(['-i'], 'echo piped\nfalse\n')).toMatchObject({ stdout: 'piped\n', status: 1 })
    expect(commandsOf(spool)).toEqual(['echo piped', 'false'])
    expect(run([], `. ${rc}; echo "[$__karo_pid]"`).stdout).toBe('[]\n')
    // Read from the pipe itself, of which dash has read more by then.
    expect(run(['-i'], `. ${rc}\necho on\n`, { PATH: process.env.PATH, ENV: '/dev/null' }).stdout).toContain(
      'on\n',
    )
  })

  test('loaded by a line that is typed', async () => {
    const shell = await start({ env: { ENV: '/dev/null', PS1: '@0@ ' } })
    shell.keys(`PS1='@$((typed=typed+1))@ '; eval "$(cat ${shell.rc})"\r`)
    await shell.printed('\r\n@')
    await shell.prompt()
    await shell.type('echo a')
    expect(commandsOf(shell.spool)).toEqual(['echo a'])
  })

  test('the end of what is typed ends it', async () => {
    const shell = await start()
    await shell.type('false')
    shell.keys('\x04')
    await expect(shell.prompt()).rejects.toThrow('the shell has ended')
  })
})

test.each(['ksh', 'mksh', 'ash', 'bash', 'zsh'] as const)(
  '%s, which reads the hook of sh, is left alone',
  async (program) => {
    if (!isInstalled(program)) return
    const file = join(temporaryDirectory(), 'hook')
    writeFileSync(file, HOOKS.sh({ spoolDirectory: '/nowhere', ignore: [] }))
    const [binary, ...args] = PROGRAMS[program].argv('/dev/null')
    const input = `. ${file}\necho "on [$-] [\${__karo_pid-}]"\n`
    const { stdout, stderr } = spawnSync(binary!, args, {
      input,
      env: { PATH: process.env.PATH, PS1: '' },
      encoding: 'utf8',
    })
    expect(stdout).toMatch(/on \[.*i.*\] \[\]\n/)
    expect(stderr).not.toContain('karo:')
  },
)
