// The person's own systemd: a unit file in the home, without root and without a package.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemRandom } from '../../base/clock.ts'
import { createFile, replaceFile } from '../../base/files.ts'

type Env = Readonly<Record<string, string | undefined>>

const UNIT = 'karo.service'
/** systemctl waits for the daemon, which may have to migrate a large database. */
const LIMIT_MS = 120_000

/** Where the person's units are; `home` is the person's. */
export const unitFile = (env: Env, home: string): string =>
  join(env.XDG_CONFIG_HOME || join(home, '.config'), 'systemd', 'user', UNIT)

interface Ran {
  readonly ok: boolean
  /** What it printed, on either stream. */
  readonly said: string
}

/** Runs `systemctl --user`; not ok where there is none, or no manager of this person answers. */
export function systemctl(env: Env, ...words: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn('systemctl', ['--user', '--no-pager', ...words], {
      ...{ env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS },
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part: Buffer) => (said += part.toString('utf8')))
    child.once('error', () => resolve({ ok: false, said: 'there is no systemctl' }))
    child.once('close', (code) => resolve({ ok: code === 0, said: said.trim() }))
  })
}

/** True where this person's systemd answers. */
export const runsHere = async (env: Env): Promise<boolean> => (await systemctl(env, 'show-environment')).ok

/** `program` starts this program, absolute paths; `home` is named where it is not the default one. */
export function unitText(program: readonly string[], home?: string): string {
  const words = [...program, 'up', ...(home === undefined ? [] : ['--home', home])]
  return `# Made by karo service install; karo service remove takes it away. Own changes belong into: systemctl --user edit karo
[Unit]
Description=Karo terminal intelligence (of this user)
StartLimitIntervalSec=5min
StartLimitBurst=10

[Service]
Type=notify
ExecStart=${words.map(quoteUnit).join(' ')}
ExecReload=/bin/sh -c 'kill -HUP $$MAINPID'
WatchdogSec=60
Restart=on-failure
RestartSec=2
# 2 is a configuration that cannot be used, 4 a key that is lost or locked: trying again mends neither.
RestartPreventExitStatus=2 4
TimeoutStartSec=10min
TimeoutStopSec=5
UMask=0077
MemoryHigh=512M
MemoryMax=1G
LimitCORE=0
NoNewPrivileges=yes

[Install]
WantedBy=default.target
`
}

/** One word of ExecStart (systemd.service(5)): quoted, with nothing left to be expanded. */
const quoteUnit = (word: string): string =>
  `"${word.replaceAll('%', '%%').replaceAll('$', '$$$$').replace(/["\\]/g, '\\$&')}"`

/** Writes the unit; false if it says the same already. */
export function writeUnit(file: string, text: string): boolean {
  if (existsSync(file)) {
    if (readFileSync(file, 'utf8') === text) return false
    replaceFile(file, text, 0o644, systemRandom)
    return true
  }
  mkdirSync(join(file, '..'), { recursive: true })
  return createFile(file, text, 0o644, systemRandom)
}

export const removeUnit = (file: string): void => rmSync(file, { force: true })
