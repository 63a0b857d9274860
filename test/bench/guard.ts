// What the guard adds to a line, from Enter to the next prompt, in each shell at a real terminal.
import { spawn as spawnChild, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { spawn } from '@lydell/node-pty'
import { ENTRY } from '../../scripts/fresh.ts'
import { PLAIN_LINES, ruledTools } from '../../src/assist/risk/ruled-tools.ts'
import { GUARD_SHELLS } from '../../src/observe/hooks/guard/guard.ts'
import { GUARDS } from '../../src/observe/hooks/guard/guards.ts'
import { HOOKS } from '../../src/observe/hooks/index.ts'
import { until } from '../support/run/until.ts'
import { median } from './median.ts'

type Shell = (typeof GUARD_SHELLS)[number]

export interface GuardCost {
  readonly shell: Shell
  /** Milliseconds from Enter to the next prompt, medians: with the hook alone, and with the guard. */
  readonly plain: { readonly bare_ms: number; readonly guarded_ms: number }
  /** Of a line that is asked about: without the guard, by a program, and by the daemon. */
  readonly checked: { readonly bare_ms: number; readonly guarded_ms: number; readonly daemon_ms: number }
}

/** A prompt that counts itself up, so that a new one is known from one that is drawn again. */
const START: Readonly<
  Record<Shell, { rc: string; argv: (rc: string) => readonly string[]; before: string }>
> = {
  bash: {
    rc: 'rc',
    argv: (rc) => ['bash', '--noprofile', '--rcfile', rc, '-i'],
    before: "HISTFILE=; typed=0; PS1='@$((++typed))@ '",
  },
  zsh: {
    rc: '.zshrc',
    argv: () => ['zsh', '-d', '-i'],
    before: "setopt prompt_subst no_prompt_sp no_prompt_cr; typed=0; PS1='@$((++typed))@ '",
  },
  fish: {
    rc: 'fish/config.fish',
    argv: () => ['fish', '--interactive'],
    before:
      'set -g typed 0; set -g fish_greeting; function fish_prompt; set typed (math $typed + 1); echo -n "@$typed@ "; end',
  },
}

/** Plain: no rule is about it. Checked: it has a sign that a shell may expand. Neither starts a process of its own. */
const LINES = { plain: 'true as long as usual', checked: 'true as long as $HOME' } as const

/** `rounds` lines of each kind, by turns in a guarded shell and one that is not; shells that are not installed are left out. */
export async function measureGuard(rounds = 40): Promise<readonly GuardCost[]> {
  const costs: GuardCost[] = []
  for (const shell of GUARD_SHELLS) {
    if (spawnSync(shell, ['-c', 'true']).status !== 0) continue
    const shells = [await open(shell, 'bare'), await open(shell, 'program'), await open(shell, 'daemon')]
    const times: Record<keyof typeof LINES, readonly number[][]> = {
      plain: [[], [], []],
      checked: [[], [], []],
    }
    for (let round = 0; round < rounds + 3; round++) {
      for (const kind of ['plain', 'checked'] as const) {
        for (const [i, one] of shells.entries()) {
          const ms = await one.time(LINES[kind])
          // The first ones fill caches.
          if (round >= 3) times[kind][i]!.push(ms)
        }
      }
    }
    for (const one of shells) one.close()
    const of = (kind: keyof typeof LINES) => ({
      bare_ms: median(times[kind][0] ?? []),
      guarded_ms: median(times[kind][1] ?? []),
      daemon_ms: median(times[kind][2] ?? []),
    })
    costs.push({ shell, plain: of('plain'), checked: of('checked') })
  }
  return costs
}

async function open(
  shell: Shell,
  judge: 'bare' | 'program' | 'daemon',
): Promise<{ time(line: string): Promise<number>; close(): void }> {
  const directory = mkdtempSync(join(tmpdir(), 'karo-guard-'))
  const how = START[shell]
  const rc = join(directory, how.rc)
  mkdirSync(dirname(rc), { recursive: true })
  mkdirSync(join(directory, '.local/share/fish/generated_completions'), { recursive: true })
  const hook = HOOKS[shell]({ spoolDirectory: directory, ignore: [] })
  const daemon = judge === 'daemon' ? await startDaemon(directory) : undefined
  const guard =
    judge !== 'bare'
      ? GUARDS[shell]({
          ask: [process.execPath, ENTRY, 'guard', 'ask', '--shell', shell],
          ruled: ruledTools(),
          plain: PLAIN_LINES,
          files: [join(directory, 'guard.toml')],
          machineFile: join(directory, 'none'),
          resident: join(directory, 'judge-'),
          timeoutMs: 10_000,
          onError: 'allow',
        })
      : ''
  writeFileSync(rc, `${how.before}\n${hook}${guard}\n`)
  const [program, ...args] = how.argv(rc)
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('KARO_')))
  const terminal = spawn(program!, args, {
    cols: 200,
    rows: 50,
    cwd: directory,
    env: {
      ...env,
      HOME: directory,
      TERM: 'dumb',
      LC_ALL: 'C.UTF-8',
      KARO_HOME: directory,
      ZDOTDIR: directory,
      XDG_CONFIG_HOME: directory,
    },
  })
  let prompts = 0
  let wake: (() => void) | undefined
  terminal.onData((text) => {
    for (const [, number] of text.matchAll(/@(\d+)@ /g)) prompts = Math.max(prompts, Number(number))
    wake?.()
  })
  const prompt = async (number: number): Promise<void> => {
    while (prompts < number) await new Promise<void>((resolve) => (wake = resolve))
  }
  await prompt(1)
  return {
    async time(line) {
      const next = prompts + 1
      const began = performance.now()
      terminal.write(`${line}\r`)
      await prompt(next)
      return performance.now() - began
    },
    close() {
      terminal.kill('SIGKILL')
      daemon?.kill('SIGKILL')
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** A daemon of that home, when its judge is there. */
async function startDaemon(home: string) {
  const env = { ...process.env, KARO_HOME: home, KARO_MESH_PORT: '0', KARO_HTTP_PORT: '0' }
  const child = spawnChild(process.execPath, [ENTRY, 'up'], { env, stdio: 'ignore' })
  await until(() => readdirSync(home).some((name) => /^judge-\d/.test(name)), {
    what: 'the judge of a daemon',
  })
  return child
}
