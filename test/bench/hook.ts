// What the bash hook costs per command, beside the two forks a simpler hook would need.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bashHook } from '../../src/observe/hooks/bash.ts'

export interface HookCost {
  /** Microseconds per command: PS0 and PROMPT_COMMAND, with the record written. */
  readonly hook_us: number
  /** The same where the text must be read back: no ignorespace in HISTCONTROL, erasedups, or ignore globs. */
  readonly hook_with_text_us: number
  /** Microseconds for /bin/true twice. */
  readonly two_forks_us: number
  /** two_forks_us / hook_us. */
  readonly ratio: number
}

/** Runs an interactive bash without a terminal; `rounds` hooks, and a tenth as many pairs of forks, five times each. */
export function measureHook(rounds = 2000): HookCost {
  const directory = mkdtempSync(join(tmpdir(), 'karo-hook-'))
  try {
    const rc = join(directory, 'rc')
    writeFileSync(rc, `HISTFILE=\nPS1=\n${bashHook({ spoolDirectory: directory, ignore: [] })}`)
    const timed = (name: string, times: number, body: string) =>
      `t=\${EPOCHREALTIME/[.,]/}; for ((i = 0; i < ${times}; i++)); do ${body}; done; echo "${name} $((\${EPOCHREALTIME/[.,]/} - t))"`
    // The base of the history's numbers is set back, so that every round is a command to be recorded.
    const hook = ': "${PS0@P}"; __karo[base]=$((HISTCMD - 1)); __karo_prompt 0 x 1'
    const lines = [
      'HISTCONTROL=ignoreboth',
      timed('hook', rounds, hook),
      'HISTCONTROL=',
      timed('text', rounds, hook),
      timed('forks', rounds / 10, '/bin/true; /bin/true'),
    ]
    const best: Record<string, number> = {}
    for (let i = 0; i < 5; i++) {
      const out = execFileSync('bash', ['--rcfile', rc, '-i'], {
        input: `${lines.join('\n')}\n`,
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      })
      for (const [, name, us] of out.matchAll(/^(hook|text|forks) (\d+)$/gm)) {
        best[name!] = Math.min(best[name!] ?? Number.POSITIVE_INFINITY, Number(us))
      }
    }
    const two_forks_us = best.forks! / (rounds / 10)
    const hook_us = best.hook! / rounds
    return { hook_us, hook_with_text_us: best.text! / rounds, two_forks_us, ratio: two_forks_us / hook_us }
  } finally {
    rmSync(directory, { recursive: true })
  }
}
