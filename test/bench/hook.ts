// What each shell's hook costs per command, beside the two forks a simpler hook would need.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Shell } from '../../src/observe/hooks/hook.ts'
import { HOOKS } from '../../src/observe/hooks/index.ts'

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
    writeFileSync(rc, `HISTFILE=\nPS1=\n${HOOKS.bash({ spoolDirectory: directory, ignore: [] })}`)
    const timed = (name: string, times: number, body: string) =>
      `t=\${EPOCHREALTIME/[.,]/}; for ((i = 0; i < ${times}; i++)); do ${body}; done; echo "${name} $((\${EPOCHREALTIME/[.,]/} - t))"`
    // The base of the history's numbers is set back, so that every round is a command to be recorded.
    const hook = ': "${PS0@P}"; __karo_base=$((HISTCMD - 1)); __karo_prompt 0 x 1'
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

/** Microseconds per command of another shell, and for /bin/true twice in it. */
export interface OtherHookCost {
  readonly hook_us: number
  readonly two_forks_us: number
}

/** preexec and precmd with the record written, in an interactive zsh that reads a pipe; undefined without a zsh. */
export function measureZshHook(rounds = 2000): OtherHookCost | undefined {
  return measured('zsh', '.zshrc', 'zsh', (directory) => {
    const timed = (name: string, times: number, body: string) =>
      `t=$EPOCHREALTIME; for ((i = 0; i < ${times}; i++)); do ${body}; done; echo "${name} $(((EPOCHREALTIME - t) * 1000000 / ${times}))"`
    const lines = [
      timed('hook', rounds, '__karo_preexec "echo $i"; __karo_precmd'),
      timed('forks', rounds / 10, '/bin/true; /bin/true'),
    ]
    // In a function, as the hook's functions run: a line of its own is a command that is timed too.
    const out = execFileSync('zsh', ['-d', '-i'], {
      input: `f() { ${lines.join('; ')} }\nf\n`,
      encoding: 'utf8',
      env: { ...process.env, ZDOTDIR: directory, PS1: '' },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    return [numberIn(out, 'hook'), numberIn(out, 'forks')]
  })
}

/** A line with the hook less one without it, in an interactive dash that reads a pipe; undefined without a dash. */
export function measureDashHook(rounds = 2000): OtherHookCost | undefined {
  return measured('dash', 'rc', 'sh', (directory) => {
    const run = (line: string, times: number, rc: string): number => {
      const began = performance.now()
      execFileSync('dash', ['-i'], {
        input: `${line}\n`.repeat(times),
        env: { ...process.env, ENV: rc, PS1: '' },
        stdio: ['pipe', 'ignore', 'ignore'],
      })
      return ((performance.now() - began) * 1000) / times
    }
    const rc = join(directory, 'rc')
    const line = ': about as long as usual'
    return [
      run(line, rounds, rc) - run(line, rounds, '/dev/null'),
      run('/bin/true; /bin/true', rounds / 10, '/dev/null'),
    ]
  })
}

/** The best of five. */
function measured(
  program: string,
  rc: string,
  shell: Shell,
  once: (directory: string) => readonly [hook: number, forks: number],
): OtherHookCost | undefined {
  if (spawnSync(program, ['-c', 'true']).status !== 0) return undefined
  const directory = mkdtempSync(join(tmpdir(), 'karo-hook-'))
  try {
    writeFileSync(join(directory, rc), HOOKS[shell]({ spoolDirectory: directory, ignore: [] }))
    const runs = Array.from({ length: 5 }, () => once(directory))
    return {
      hook_us: Math.min(...runs.map(([cost]) => cost)),
      two_forks_us: Math.min(...runs.map(([, forks]) => forks)),
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const numberIn = (out: string, name: string): number =>
  Number(new RegExp(`^${name} ([\\d.]+)$`, 'm').exec(out)?.[1] ?? Number.NaN)
