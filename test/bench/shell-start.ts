// What the hook and the guard add to the start of a shell at a real terminal, as `karo shell install` sets them up.
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { spawn } from '@lydell/node-pty'
import { ENTRY } from '../../scripts/fresh.ts'
import { GUARD_SHELLS } from '../../src/observe/hooks/guard/guard.ts'
import { median } from './median.ts'

type Shell = (typeof GUARD_SHELLS)[number]

/** Milliseconds from the start of a shell to its first prompt, medians. */
interface ShellStart {
  readonly shell: Shell
  readonly plain_ms: number
  readonly hooked_ms: number
}

const PROMPT = '@ready@ '
const HOW: Readonly<Record<Shell, { rc: string; argv: readonly string[]; prompt: string }>> = {
  bash: { rc: '.bashrc', argv: ['--noprofile', '-i'], prompt: `PS1='${PROMPT}'` },
  zsh: { rc: '.zshrc', argv: ['-d', '-i'], prompt: `setopt no_prompt_sp no_prompt_cr; PS1='${PROMPT}'` },
  fish: {
    rc: '.config/fish/config.fish',
    argv: ['--interactive'],
    prompt: `set -g fish_greeting; function fish_prompt; echo -n '${PROMPT}'; end`,
  },
}

/** By turns, a plain shell and one with hook and guard, after one of each that is not counted; no daemon runs. */
export async function measureShellStarts(rounds = 20): Promise<readonly ShellStart[]> {
  const starts: ShellStart[] = []
  for (const shell of GUARD_SHELLS) {
    if (spawnSync(shell, ['-c', 'true']).status !== 0) continue
    const homes = [homeOf(shell, false), homeOf(shell, true)]
    const times: number[][] = [[], []]
    for (let round = 0; round <= rounds; round++) {
      for (const [i, home] of homes.entries()) {
        const ms = await startOf(shell, home)
        if (round > 0) times[i]!.push(ms)
      }
    }
    for (const home of homes) rmSync(home, { recursive: true, force: true, maxRetries: 3 })
    starts.push({ shell, plain_ms: median(times[0]!), hooked_ms: median(times[1]!) })
  }
  return starts
}

function environment(home: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: home, TERM: 'xterm', LC_ALL: 'C.UTF-8' }
}

function homeOf(shell: Shell, hooked: boolean): string {
  const home = mkdtempSync(join(tmpdir(), 'karo-shell-start-'))
  const { rc, prompt } = HOW[shell]
  mkdirSync(dirname(join(home, rc)), { recursive: true })
  // Where it is missing, every new fish reads all manual pages of the machine to fill it.
  mkdirSync(join(home, '.local/share/fish/generated_completions'), { recursive: true })
  if (hooked) {
    for (const words of [
      ['init', '--solo'],
      ['shell', 'install', shell],
    ]) {
      const { status, stderr } = spawnSync(process.execPath, [ENTRY, ...words], {
        env: environment(home),
        encoding: 'utf8',
      })
      if (status !== 0) throw new Error(stderr)
    }
  }
  appendFileSync(join(home, rc), `${prompt}\n`)
  return home
}

async function startOf(shell: Shell, home: string): Promise<number> {
  const began = performance.now()
  const terminal = spawn(shell, [...HOW[shell].argv], {
    cols: 120,
    rows: 30,
    cwd: home,
    env: environment(home),
  })
  let shown = ''
  await new Promise<void>((resolve) => {
    terminal.onData((text) => {
      shown += text
      if (shown.includes(PROMPT)) resolve()
    })
    terminal.onExit(() => resolve())
  })
  const ms = performance.now() - began
  terminal.kill('SIGKILL')
  if (!shown.includes(PROMPT)) throw new Error(`${shell} ended: ${shown}`)
  return ms
}
