// The hook in a real zsh at a real terminal: exactly what was run is recorded, and the shell is as it always was.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hookCases, isInstalled } from '../../support/shell/hook-cases.ts'
import { commandsOf, type ShellOptions, spooled, startShell } from '../../support/shell/hooked-shell.ts'

const start = (options: ShellOptions = {}) => startShell({ ...options, program: 'zsh' })

hookCases({
  program: 'zsh',
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
  severalLines: [
    ["echo 'a\nb'", "echo 'a\nb'"],
    ['cat <<X\n  x  y\nX', 'cat <<X\n  x  y\nX'],
    ['if true\nthen echo t\nfi', 'if true\nthen echo t\nfi'],
    ['echo a \\\nb', 'echo a \\\nb'],
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
    'setopt ksh_arrays',
    'setopt sh_word_split glob_subst',
    'setopt extended_glob null_glob',
    'setopt all_export warn_create_global',
    'setopt no_clobber pipe_fail err_return',
    'setopt no_rcs posix_builtins posix_identifiers',
    'emulate sh',
    'emulate ksh',
    'umask 777',
    'alias -g if=false echo=echo builtin=false set=false trap=false',
    'IFS=0123456789',
    'readonly fd=1 text=2 record=3 code=4',
    'set() { false }; trap() { false }; syswrite() { false }; sysopen() { false }; exec() { false }',
  ],
  clockUs: 1,
})

describe.skipIf(!isInstalled('zsh'))('zsh alone', () => {
  test('$? and $_ are what they were, for the person and for other prompt functions, before and after', async () => {
    const shell = await start({
      before: 'autoload -Uz add-zsh-hook; early() { seen=$? }; add-zsh-hook precmd early',
      after: 'late() { last=$_ later=$? }; add-zsh-hook precmd late; precmd() { own=$? }',
    })
    await shell.type('(exit 7)')
    expect(await shell.type('echo $? $seen $later $own')).toBe('7 7 7 7\n')
    await shell.type('echo a "b c"')
    expect(await shell.type('echo "[$_][$last]"')).toBe('[b c][b c]\n')
    await shell.type('false | true | false')
    expect(await shell.type('echo $pipestatus')).toBe('1 0 1\n')
    expect(spooled(shell.spool).map(({ exitCode }) => exitCode)).toEqual([7, 0, 0, 0, 1, 0])
  })

  test('several commands pasted at once are one, as zsh reads them', async () => {
    const shell = await start()
    shell.keys('\x1b[200~echo p1\nfalse\necho p3\x1b[201~\r')
    await shell.prompt()
    await shell.type('echo after')
    expect(commandsOf(shell.spool)).toEqual(['echo p1\nfalse\necho p3', 'echo after'])
  })

  test.each([
    'setopt hist_ignore_space hist_ignore_dups',
    'setopt hist_ignore_all_dups hist_no_store hist_no_functions',
    'setopt share_history; HISTFILE=$HOME/h SAVEHIST=100',
    'HISTSIZE=1',
    'unset HISTSIZE SAVEHIST HISTFILE',
    'zshaddhistory() { return 0 }',
    'bindkey -v',
    'unsetopt zle',
    'unsetopt bang_hist',
  ])('%s: the same commands are recorded', async (setting) => {
    const shell = await start({ before: setting })
    await shell.typeAll('echo  1', 'echo  1', ' echo secret', 'history', 'f() { : }', 'echo 2; echo "!!"')
    const last = commandsOf(shell.spool).at(-1)
    expect(commandsOf(shell.spool)).toEqual(['echo  1', 'echo  1', 'history', 'f() { : }', last])
    expect(last).toMatch(/^echo 2; echo "(!!|f\(\) { : })"$/)
  })

  test('a line recalled from the history is recorded as it ran', async () => {
    const shell = await start()
    await shell.typeAll('echo a', '!! b')
    expect(commandsOf(shell.spool)).toEqual(['echo a', 'echo a b'])
  })

  test('without a terminal, in an interactive shell that reads a pipe', async () => {
    const { rc, spool, directory } = await start()
    const env = { PATH: process.env.PATH, ZDOTDIR: directory, HOME: directory }
    spawnSync('zsh', ['-d', '-i'], { input: 'echo piped\nfalse\n', env })
    expect(commandsOf(spool)).toEqual(['echo piped', 'false'])
    const run = (...args: string[]): string =>
      execFileSync('zsh', ['-f', ...args, rc], { encoding: 'utf8', env })
    expect(run('-c', '. $0; echo "[$precmd_functions]"')).toBe('[]\n')
  })

  test('loaded by a line that is typed', async () => {
    const shell = await start()
    await shell.type('precmd_functions=() preexec_functions=() zshaddhistory_functions=()')
    await shell.typeAll('echo none', `eval "$(cat ${shell.rc})"`, 'echo a')
    expect(commandsOf(shell.spool)).toEqual(['echo a'])
  })

  test('no command gets its descriptor, and none but the last of many is open', async () => {
    const shell = await start()
    for (const line of ['echo 1', 'echo 2', 'echo 3']) {
      await shell.type(line)
      rmSync(join(shell.spool, readdirSync(shell.spool)[0]!))
    }
    expect(await shell.type('readlink /proc/self/fd/* | grep -c spool')).toBe('0\n')
    const open = readdirSync(`/proc/${shell.pid}/fd`).map((fd) => readlinkSync(`/proc/${shell.pid}/fd/${fd}`))
    expect(open.filter((path) => path.includes('spool'))).toHaveLength(1)
  })

  test('the descriptor is taken for something else: that is not written to', async () => {
    const shell = await start()
    await shell.typeAll(
      'echo 1',
      'exec {__karo_fd}>&-; until [[ $mine == $__karo_fd ]] { exec {mine}>$HOME/mine }',
      'echo 2',
    )
    expect(statSync(join(shell.directory, 'mine')).size).toBe(0)
    expect(await shell.type('print -u $mine x')).toBe('')
    expect(statSync(join(shell.directory, 'mine')).size).toBe(2)
    expect(commandsOf(shell.spool)).toEqual(expect.arrayContaining(['echo 1', 'echo 2']))
  })

  test('a directory of others lets its group read', async () => {
    const shell = await start()
    if (process.getuid!() !== 0) return
    execFileSync('chown', ['65534', shell.spool])
    chmodSync(shell.spool, 0o3733)
    rmSync(join(shell.spool, readdirSync(shell.spool)[0]!))
    await shell.type('echo 1')
    expect(statSync(join(shell.spool, readdirSync(shell.spool)[0]!)).mode & 0o777).toBe(0o640)
  })

  test('traps of the person stay; read-only arrays are left alone, and the person is told', async () => {
    const shell = await start({ before: "trap 'echo X' XFSZ; TRAPDEBUG() { : }; trap 'echo ERR' ZERR" })
    expect(await shell.type('false')).toBe('ERR\n')
    expect(await shell.type('trap')).toContain("trap -- 'echo X' XFSZ")
    expect(commandsOf(shell.spool)).toEqual(['false', 'trap'])
    const fixed = await start({ before: 'typeset -gar precmd_functions=(true)' })
    expect(await fixed.type('echo a')).toBe('a\n')
    expect(fixed.screen()).toMatch(/^karo: neither records nor guards this zsh.*read-only\r\n@1@/)
    expect(readdirSync(fixed.spool)).toEqual([])
    const closed = await start({ before: 'typeset -gar zshaddhistory_functions=(true)' })
    expect(closed.screen()).toBe('@1@ ')
    await closed.type('echo a')
    expect(commandsOf(closed.spool)).toEqual(['echo a'])
  })

  test('64 KiB and more of a command do not hold it up', async () => {
    const shell = await start()
    await shell.type(`\x1b[200~: ${'0'.repeat(70_000)}\x1b[201~`)
    await shell.type('echo after')
    expect(commandsOf(shell.spool)[0]).toMatch(/^: 0+ …\[cut\]$/)
    expect(commandsOf(shell.spool).at(-1)).toBe('echo after')
  })
})
