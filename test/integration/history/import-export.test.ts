// What is exported for a shell the real shell reads, command by command, with its times.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ForeignShell } from '../../../src/observe/imports/entry.ts'
import { SHELL_WRITERS } from '../../../src/observe/imports/writers.ts'
import { temporaryHome } from '../../support/node/node.ts'
import { isInstalled } from '../../support/shell/hook-cases.ts'

const COMMANDS = [
  'ls -la',
  'echo "grüße ム 日本 🙂 Ã"',
  'for i in 1 2\ndo\n\n  echo $i\ndone',
  "printf '%s\\n' a\\ b \\\\",
  ': > file',
  'echo a \\\nb',
  'cat <<E\n: 1700000000:0;no time\n#x\nE',
  // What zsh takes for the line that is being typed, and does not list.
  'last',
]
const AT = 1_700_000_000

/** What the shell itself lists of that file: texts, and times where it shows them. */
const ASK: Readonly<Record<ForeignShell, (file: string) => readonly (readonly [string, number | null])[]>> = {
  bash(file) {
    // Times of a file are read as such only where a format is set before.
    const script = 'HISTTIMEFORMAT="@@%s "; set -o history; history -c; history -r "$1"; history'
    const shown = run('bash', ['--norc', '-c', script, 'bash', file], file)
    const parts = shown.split(/^ +\d+ {2}@@(\d+) /m).slice(1)
    return parts.flatMap((part, i) =>
      i % 2 === 0 ? [[parts[i + 1]!.replace(/\n$/, ''), Number(part)] as const] : [],
    )
  },
  zsh(file) {
    const script =
      'HISTSIZE=99; fc -R "$1"; zmodload zsh/parameter; for n in ${(kon)history}; do print -rn -- "$history[$n]"; printf "\\0"; done'
    const texts = run('zsh', ['-f', '-c', script, 'zsh', file], file).split('\0').slice(0, -1)
    const times = run('zsh', ['-f', '-c', 'HISTSIZE=99; fc -R "$1"; fc -l -t %s 1', 'zsh', file], file)
    const seconds = [...times.matchAll(/^ *\d+ {2}(\d{10}) /gm)].map(([, time]) => Number(time))
    return texts.map((text, i) => [text, seconds[i] ?? null])
  },
  fish(file) {
    const shown = run('fish', ['-c', 'history search --null --show-time="%s@@"'], file)
    // Newest first.
    return shown
      .split('\0')
      .filter((part) => part !== '')
      .map((part) => {
        const [time, ...text] = part.split('@@')
        return [text.join('@@'), Number(time)] as const
      })
      .toReversed()
  },
}

function run(program: string, args: readonly string[], file: string): string {
  const home = join(file, '..')
  return execFileSync(program, [...args], {
    env: { PATH: process.env.PATH ?? '', HOME: home, XDG_DATA_HOME: home, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    encoding: 'utf8',
  })
}

test.each((['bash', 'zsh', 'fish'] as const).filter(isInstalled))('%s', (shell) => {
  const home = temporaryHome()
  mkdirSync(join(home, 'fish/generated_completions'), { recursive: true })
  const entries = COMMANDS.map((command, i) =>
    SHELL_WRITERS[shell]({ command, start_us: (AT + i) * 1_000_000, duration_us: 3_000_000 }),
  )
  const file = join(home, 'fish/fish_history')
  writeFileSync(file, Buffer.concat(entries))
  // Its directory is the home.
  const asked = shell === 'fish' ? join(home, 'x') : file
  // bash reads no blank lines within a command, neither those that it wrote itself.
  const kept = (command: string): string => (shell === 'bash' ? command.replace('\n\n', '\n') : command)
  const all = COMMANDS.map((command, i) => [kept(command), AT + i])
  expect(ASK[shell](asked)).toEqual(shell === 'zsh' ? all.slice(0, -1) : all)
})
