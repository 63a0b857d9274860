// `npm run pictures`: the pictures of the README, each from a real bash at a terminal with the built Karo; no network is used.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from '@lydell/node-pty'
import { historyOf } from '../src/cli/demo/history.ts'
import { MACHINES } from '../src/cli/demo/machines.ts'
import { until } from '../test/support/run/until.ts'
import { build } from './build.ts'
import { ENTRY, isFresh } from './fresh.ts'
import { screenOf } from './pictures/screen.ts'
import { svgOf } from './pictures/svg.ts'

const OUT = join(import.meta.dirname, '../docs/pictures')
const [COLUMNS, ROWS] = [92, 22] as const

interface Picture {
  readonly name: string
  readonly title: string
  /** What is typed, and after what; the picture is taken when the last one is on the screen. */
  readonly steps: readonly { readonly keys: string; readonly until: RegExp }[]
  readonly rows?: number
}

const CALL = `{"hook_event_name":"PreToolUse","tool_name":"Bash","permission_mode":"bypassPermissions","tool_input":{"command":"rm -rf /"}}`

const PICTURES: readonly Picture[] = [
  {
    name: 'guard',
    title: 'The guard asks before a force push runs, and offers a safer form',
    steps: [{ keys: 'git push --force origin main\r', until: /Run it\?[\s\S]*\[n\]/ }],
  },
  {
    name: 'finder',
    title: 'Ctrl-R shows the commands that were used often, lately and here',
    steps: [
      { keys: '\x12', until: /F1 help/ },
      // Until the list answers what was typed.
      { keys: 'git', until: /> git(?![\s\S]*ls -la)/ },
    ],
  },
  {
    name: 'tool',
    title: 'A call of an AI coding tool that runs with all permissions bypassed: rm -rf / is denied',
    steps: [{ keys: 'cat call.json; karo hook claude <call.json\r', until: /deny.*\n\$ $/s }],
  },
  {
    name: 'stats',
    title: 'A week in numbers: tools, hours, risk and the commands used most',
    steps: [{ keys: 'clear; karo stats week\r', until: /Commands[\s\S]*\n\$ $/ }],
    rows: 40,
  },
]

if (!isFresh()) await build()
mkdirSync(OUT, { recursive: true })
const home = mkdtempSync(join(tmpdir(), 'karo-pictures-'))
const node = join(home, 'karo')
const env: Record<string, string> = {
  HOME: home,
  KARO_HOME: node,
  KARO_MESH_PORT: '0',
  KARO_HTTP_PORT: '0',
  PATH: process.env.PATH ?? '',
  TERM: 'xterm',
  LC_ALL: 'C.UTF-8',
  SHELL: '/bin/bash',
  HISTFILE: '',
}
const karo = (...words: string[]): string => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [ENTRY, ...words], { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`karo ${words.join(' ')}: ${stderr}`)
  return stdout
}
let pid: number | undefined
try {
  karo('init', '--name', 'ash', '--solo')
  pid = Number(/process (\d+)/.exec(karo('up', '--background'))?.[1])
  writeFileSync(join(home, 'past.ndjson'), historyOf(MACHINES[0]!, 0, Date.now()))
  writeFileSync(join(home, 'call.json'), `${CALL}\n`)
  karo('import', join(home, 'past.ndjson'))
  writeFileSync(join(home, '.bashrc'), `PS1='$ '\n${karo('shell', 'init', 'bash', '--ctrl-r')}`)
  for (const picture of PICTURES) await take(picture)
} finally {
  if (pid !== undefined) process.kill(pid)
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
}

async function take({ name, title, steps, rows = ROWS }: Picture): Promise<void> {
  const terminal = spawn('bash', ['-i'], { cols: COLUMNS, rows, cwd: home, env })
  let text = ''
  terminal.onData((part) => (text += part))
  const shown = (): string =>
    screenOf(text, COLUMNS, rows)
      .map((row) => Array.from(row, (cell) => cell?.char ?? ' ').join(''))
      .join('\n')
  await until(() => /(?:^|\n)\$ $/.test(shown()), { what: 'a prompt' })
  for (const { keys, until: end } of steps) {
    // The editor takes the terminal over a moment after its prompt; keys that come before are lost.
    await new Promise((resolve) => setTimeout(resolve, 500))
    terminal.write(keys)
    await until(() => end.test(shown()), {
      what: `${end} in ${shown()}`,
      deadlineMs: 20_000,
    })
  }
  writeFileSync(join(OUT, `${name}.svg`), svgOf(screenOf(text, COLUMNS, rows), COLUMNS, title))
  process.stdout.write(`docs/pictures/${name}.svg\n${shown()}\n`)
  terminal.kill('SIGKILL')
}
