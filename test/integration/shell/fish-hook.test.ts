// The hook in a real fish at a real terminal: exactly what was run is recorded, and the shell is as it always was.
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { until } from '../../support/run/until.ts'
import { hookCases, isInstalled } from '../../support/shell/hook-cases.ts'
import { commandsOf, type ShellOptions, spooled, startShell } from '../../support/shell/hooked-shell.ts'

const start = (options: ShellOptions = {}) => startShell({ ...options, program: 'fish' })

hookCases({
  program: 'fish',
  shapes: [
    ["printf '%s|' a 'b c' | cat; true; and echo \"x y\"", 0],
    ['function f; echo "in f"; return 3; end; f', 3],
    ['for i in 1 2; echo $i; end', 0],
    ['sh -c "exit 5"', 5],
    ["echo 'a  b' \\* ; echo \\\\n %s %d", 0],
    ['echo grüße 日本 🙂', 0],
    ['sleep 0 & wait', 0],
    ['set x 1', 0],
    ['test a = b', 1],
    [`echo ${'long '.repeat(90)}end`, 0],
  ],
  severalLines: [
    ["echo 'a\nb'", "echo 'a\nb'"],
    ['begin\necho b\nend', 'begin\necho b\nend'],
    ['if true\necho t\nend', 'if true\necho t\nend'],
    ['echo a \\\nb', 'echo a \\\nb'],
  ],
  lines: {
    export: (name, value) => `set -gx ${name} ${value}`,
    status: 'echo $status',
    // Its threads are numbered as processes are: the page faults of its children tell of them (proc(5), cminflt).
    lastProcess: 'read -l line </proc/self/stat; echo last=(string split " " -- $line)[11]',
    // Fish keeps it for its person to repair; Ctrl-C clears it.
    broken: 'echo )\r\x03',
    // No key puts one into the line.
    tab: ' ',
  },
  settings: [
    'set umask 777',
    'umask 777',
    "set -g IFS ''",
    "set -g IFS '0123456789.'",
    'set -gx LC_ALL C',
    'set -g code 5; set -g fields 6; set -g cwd 7; set -g line 8; set -g now 9; set -g late x',
    'set -gx __karo_begun 5; set -gx __karo_up x',
    'function set_color; end; function contains; return 1; end; function date; end; function umask; end',
    'function noise --on-event fish_postexec; false; end',
    'set -e KARO_PAUSE',
  ],
  // The status of fish's `fg` is its own.
  exitOfFg: 0,
  recordsExit: true,
  complaint: /^write: No space left on device\n/m,
  makes: ['.local'],
  clockUs: 20_000,
})

describe.skipIf(!isInstalled('fish'))('fish alone', () => {
  test('the line that ends the shell has not failed because the one before it has', async () => {
    const shell = await start()
    await shell.type('sh -c "exit 5"')
    shell.keys('exit\r')
    await until(() => spooled(shell.spool).length === 2, { what: 'the record of exit' })
    expect(spooled(shell.spool).map(({ exitCode }) => exitCode)).toEqual([5, 0])
  })

  test('$status and $pipestatus are what they were, for the person and for other handlers, before and after', async () => {
    const shell = await start({
      before: 'function earlier --on-event fish_postexec; set -g before $status; end',
      after: 'function later --on-event fish_postexec; set -g after $status $pipestatus; end',
    })
    await shell.type('sh -c "exit 7"')
    expect(await shell.type('echo $status $before $after')).toBe('7 7 7 7\n')
    await shell.type('false | true | false')
    expect(await shell.type('echo $pipestatus')).toBe('1 0 1\n')
  })

  test('private mode, and a fish that keeps no history', async () => {
    const shell = await start()
    await shell.typeAll('echo a', 'set -g fish_private_mode 1', 'echo hidden', 'set -e fish_private_mode')
    await shell.typeAll('echo b', "set -g fish_history ''", 'echo unkept', 'set -e fish_history', 'echo c')
    expect(commandsOf(shell.spool)).toEqual([
      ...['echo a', 'set -e fish_private_mode', 'echo b', 'set -e fish_history', 'echo c'],
    ])
    for (const name of readdirSync(shell.spool)) {
      expect(readFileSync(join(shell.spool, name), 'utf8')).not.toMatch(/hidden|unkept/)
    }
  })

  test('a clock that was set: the next command has the new time', async () => {
    const shell = await start()
    // As if it had stood two hours earlier when the shell began.
    await shell.typeAll('echo a', 'set -g __karo_since (math $__karo_since - 7200000)', 'echo b', 'echo c')
    const behind = spooled(shell.spool).map(({ startUs }) => Date.now() * 1000 - startUs > 3_600_000_000)
    expect(behind).toEqual([false, true, false, false])
  })

  test('functions that the person writes and edits, and-chains, event handlers and exit codes in between', async () => {
    const shell = await start()
    const lines = [
      'function g --argument n; test $n -gt 1; and return 4; or return 5; end',
      'g 2; or echo $status',
      'begin; false; true; end | cat',
      'not true',
      'emit fish_postexec',
      'if g 1; echo yes; else; echo no; end',
      'string match -q x y; or sh -c "exit 9"',
    ]
    await shell.typeAll(...lines)
    const found = spooled(shell.spool)
    expect(found.map(({ command }) => command)).toEqual(lines)
    expect(found.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 1, 0, 0, 9])
  })

  test('in a directory that many share, the daemon may read what nobody else may', async () => {
    const shell = await start()
    chmodSync(shell.spool, 0o3733)
    await shell.typeAll('umask 000', 'echo a')
    const [file] = readdirSync(shell.spool)
    // It is the person's own, as long as that is who it belongs to.
    expect(statSync(join(shell.spool, file!)).mode & 0o777).toBe(0o600)
  })

  test('not interactive it is not there', async () => {
    const shell = await start()
    expect(await shell.type(`fish -c 'source ${shell.rc}; echo inside'`)).toBe('inside\n')
    const own = `fish -c 'source ${shell.rc}; functions --all --names | string match "__karo*"'`
    expect(await shell.type(own)).toBe('')
    expect(new Set(spooled(shell.spool).map(({ session }) => session)).size).toBe(1)
  })
})
