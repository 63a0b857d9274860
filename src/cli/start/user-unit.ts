// The person's own systemd: a unit file in the home, without root and without a package.
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KaroError } from '../../base/errors.ts'
import { type Env, homePaths, recordingPaths, servicePaths } from '../../config/paths.ts'

const UNIT = 'karo.service'
/** systemctl waits for the daemon, which may have to migrate a large database. */
const LIMIT_MS = 120_000
/** What systemctl says that is no complaint; its --quiet would leave out why a unit did not start, too. */
const MADE = /^(Created symlink|Removed) .*$/gm

/** Where the person's units are; `home` is the person's. */
export const unitFile = (env: Env, home: string): string =>
  join(env.XDG_CONFIG_HOME || join(home, '.config'), 'systemd', 'user', UNIT)

interface Ran {
  readonly ok: boolean
  /** What it complained of, in one line. */
  readonly said: string
}

/** Runs `systemctl --user`; not ok where there is none, or no manager of this person answers. */
export function systemctl(env: Env, ...words: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { ...env }, timeout: LIMIT_MS }
    execFile('systemctl', ['--user', ...words], options, (error, _printed, complained) =>
      resolve({
        ok: error === null,
        said:
          error?.code === 'ENOENT'
            ? 'there is no systemctl'
            : complained.replace(MADE, '').trim().replaceAll('\n', ' '),
      }),
    )
  })
}

/** True where this person's systemd answers. */
export const runsHere = async (env: Env): Promise<boolean> => (await systemctl(env, 'show-environment')).ok

/** As in the unit of the package; a home that is named is meant to run beside the machine's. */
const NOT_BESIDE_MACHINE = `# Where the machine runs one for everybody, this one would only be in its way.
ConditionPathExists=!${servicePaths({}).socket}
`

/**
 * Throws KaroError `conflict` where the machine's service records for this person, or runs beside the default home: a
 * unit would not start there. `exists` looks for a file.
 */
export function refuseBesideMachine(
  env: Env,
  where: string,
  exists: (path: string) => boolean = existsSync,
  hint = 'It records your shells after:  karo shell install. A node of your own needs another home: --home.',
): void {
  const { socket } = servicePaths({})
  if (env.KARO_HOME || (recordingPaths(env, exists).whose === 'own' && !exists(socket))) return
  throw new KaroError('conflict', 'this machine already has a service, which runs a node for everybody', {
    where,
    hint,
  })
}

/** `program` starts this program, absolute paths; `home` is named where it is not the default one. */
export function unitText(program: readonly string[], home?: string): string {
  const words = [...program, 'up', ...(home ? ['--home', home] : [])]
  return `# Made by karo service install; karo service remove takes it away. Own changes belong into: systemctl --user edit karo
[Unit]
Description=Karo terminal intelligence (of this user)
${home === undefined ? NOT_BESIDE_MACHINE : ''}# A full disk, or a database that is being repaired, may stay so for long: it is tried for ever.
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=${words.map(quoteUnit).join(' ')}
ExecReload=/bin/sh -c 'kill -HUP $$MAINPID'
WatchdogSec=60
Restart=on-failure
RestartSec=10
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

/** The home whose node the unit starts; undefined where there is no unit. `env` is of the person whose unit it is. */
export function homeInUnit(file: string, env: Env): string | undefined {
  if (!existsSync(file)) return undefined
  const text = readFileSync(file, 'utf8')
  const start = text.match(/^ExecStart=.*$/gm)?.at(-1) ?? ''
  const [, option, variable] =
    /\s"?--home"?[\s=]("(?:[^"\\]|\\.)*"|\S+)/.exec(start) ??
    /^Environment=(?:.*\s)?()"?KARO_HOME=([^\s"]+)/m.exec(text) ??
    []
  const named = option || variable
  return named === undefined ? homePaths({ ...env, KARO_HOME: undefined }).home : unquoteUnit(named)
}

const unquoteUnit = (word: string): string =>
  (word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, '$1') : word)
    .replaceAll('$$', () => '$')
    .replaceAll('%%', '%')
