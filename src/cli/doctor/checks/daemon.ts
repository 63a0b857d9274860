// Checks of the daemon: whether it answers and is healthy, leftovers of an earlier one, its version, its systemd unit, and one's own tokens for it.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DAY_MS } from '../../../base/calendar.ts'
import { KaroError } from '../../../base/errors.ts'
import { shellWord } from '../../../base/quote.ts'
import { orElse } from '../../../base/run/or-else.ts'
import { BUILD } from '../../../base/version.ts'
import { readHolder } from '../../../ops/system/lock.ts'
import { type Checks, type Finding, fail, ok, skipped, warn } from '../check.ts'
import { restartHung } from '../hung.ts'
import { isOwn, removeOwn } from '../own.ts'
import type { DaemonState, World } from '../world.ts'
import { RESTART, restartOf } from './config.ts'

/** Restarts by systemd from which there is a warning; fewer may come from upgrades. */
const RESTARTS_TOLD = 3
/** Most shown characters of a line of the log. */
const MOST_COMPLAINT = 500
/** Health checks of the daemon that a check here explains better: of ports, spool, database and disk. */
const EXPLAINED = new Set([
  'mesh.listening',
  'observe.spool',
  'observe.files',
  'store.open',
  'store.writable',
  'http.listening',
])

export const daemon = {
  'daemon.running': {
    title: 'daemon',
    what: 'A daemon answers on the control socket, within some seconds.',
    why: 'Without a daemon the commands you type wait in the spool, and questions of other nodes are not answered.',
    severity: 'fail',
    fix: 'karo up, or sudo systemctl start karo. If the daemon hangs: kill <pid>, then start it again.',
    async look(world) {
      const state = await world.daemon()
      if (state.kind === 'hung') return judgeHung(state, world)
      if (state.kind === 'down') return judgeDaemon(state, world, undefined, failedStart(world.paths.home))
      if (state.kind !== 'up') return judgeDaemon(state, world)
      try {
        // The daemon is alive; this shows whether it answers all requests.
        await world.facts()
        return judgeDaemon(state, world)
      } catch (error) {
        if (!(error instanceof KaroError)) throw error
        if (error.code !== 'timeout' && error.code !== 'not_running')
          return fail(`pid ${state.pid} answers, but with an error: ${error.message}`, restartOf(world))
        return judgeHung({ kind: 'hung', pid: state.pid, says: error.message }, world)
      }
    },
  },
  'daemon.leftovers': {
    title: 'leftovers',
    what: 'There is no socket and no lock file of a daemon that has ended.',
    why: 'Leftovers do no harm, and the next start replaces them. But they mean that the daemon was killed, or the machine lost power.',
    severity: 'warn',
    fix: 'rm <file>, or just start the daemon.',
    safeFix: 'removes the socket and the lock file of a daemon that has ended',
    async look(world) {
      const { kind } = await world.daemon()
      if (kind === 'closed') return skipped('it is unknown whether a daemon runs')
      // While a process takes connections, it may be the holder in another process namespace.
      if (kind !== 'down') return ok('none')
      const { uid, socket, paths } = world
      const leftover = (path: string, what: string): readonly Finding[] => {
        const stat = world.stat(path)
        if (typeof stat !== 'object') return []
        const safe = { says: `remove ${path}`, apply: () => removeOwn(path, uid, stat) }
        return [warn(`${path} is ${what}`, `rm ${shellWord(path)}`, isOwn(path, uid) ? safe : undefined)]
      }
      const holder = await readHolder(paths.lock).catch(() => undefined)
      return [
        ...leftover(socket, 'the socket of a daemon that has ended'),
        ...(holder?.alive === false
          ? leftover(paths.lock, `the lock of pid ${holder.pid}, a daemon that has ended without removing it`)
          : []),
        ok('none'),
      ]
    },
  },
  'daemon.health': {
    title: 'readiness',
    what: "The daemon's own checks pass (except those with a check of their own here).",
    why: 'While a check fails, part of the node does not work.',
    severity: 'fail',
    looksAt: 'daemon',
    fix: 'Fix what the finding names; the log has more: journalctl -u karo, or karo logs tail.',
    look({ checks }) {
      const bad = checks.filter((one) => !one.ok)
      const full = bad.some(({ name }) => name === 'store.writable')
      const failing = bad.filter(
        // The ledger is in the database, so it cannot be written while the disk is full.
        ({ name }) => !EXPLAINED.has(name) && !(full && name === 'audit.writable'),
      )
      return [
        ...failing.map(({ name, detail }) => fail(`${name}: ${detail}`)),
        ok(`the daemon's own ${checks.length} checks find no other problem`),
      ]
    },
  },
  'daemon.version': {
    title: 'running version',
    what: 'The running daemon has the version of this command line.',
    why: 'After an upgrade the old version runs until the daemon is restarted.',
    severity: 'warn',
    fix: RESTART,
    // All other answers of a daemon of another version may not be understood.
    async look(world) {
      const state = await world.daemon()
      if (state.kind !== 'up') return skipped('no daemon answers')
      const { build } = state
      return build === BUILD
        ? ok(BUILD)
        : warn(`the daemon is ${build}, this command is ${BUILD}`, restartOf(world))
    },
  },
  'daemon.service': {
    title: 'systemd',
    what: 'If systemd runs the daemon: the unit is enabled and active, does not restart over and over, and its watchdog is on.',
    why: 'A unit that is not enabled does not start at the next boot; a daemon that restarts loses its links each time.',
    severity: 'fail',
    fix: 'sudo systemctl enable --now karo; systemctl status karo and journalctl -u karo show why it failed.',
    async look(world) {
      if (!existsSync('/run/systemd/system')) return skipped('this machine has no systemd')
      const scope = world.service ? [] : ['--user']
      const properties = 'LoadState,ActiveState,SubState,UnitFileState,NRestarts,WatchdogUSec,Result,MainPID'
      const ran = await world.run('systemctl', ...scope, 'show', 'karo.service', '-p', properties)
      if (ran.kind !== 'ran' || ran.code !== 0) return skipped('systemctl show karo.service failed')
      const lines = ran.stdout.matchAll(/^([^=\n]*)=(.*)$/gm)
      const unit = Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]))
      const up = (await world.daemon()).kind === 'up'
      const journal = up
        ? undefined
        : await world.run('journalctl', ...scope, '-u', 'karo.service', '-n', '50', '-o', 'cat')
      const said = journal?.kind === 'ran' ? lastComplaint(journal.stdout) : undefined
      return judgeUnit(unit, world.service, up, said)
    },
  },
  'tokens.ends': {
    title: 'tokens',
    what: 'No token of yours for the REST API ends within 14 days, except tokens that were made for less than a day.',
    why: 'The program that uses the token (a scraper, a script) is refused from then on.',
    severity: 'warn',
    looksAt: 'daemon',
    fix: 'karo token create --scope <scope> --name <another name> --ttl 366d, then use it instead of the old one, and revoke the old one.',
    look: ({ tokens_ending }, { now, homeFlag }) => [
      ...tokens_ending.map(({ name, scope, expires_at }) => {
        const days = Math.floor((Date.parse(expires_at) - now()) / DAY_MS)
        const left = days < 1 ? 'in less than a day' : days === 1 ? 'in one day' : `in ${days} days`
        return warn(
          `your token ${name} (${scope}) ends ${left}, at ${expires_at}`,
          `karo token create --scope ${scope} --name ${shellWord(`${name}-new`)} --ttl 366d${homeFlag}\nkaro token revoke ${shellWord(name)}${homeFlag}`,
        )
      }),
      ok('no token of yours ends within two weeks'),
    ],
  },
} satisfies Checks

/** Why `karo up --background` failed, if no later one did not. */
function failedStart(home: string): string | undefined {
  if (!existsSync(join(home, 'up.failed'))) return undefined
  return orElse(() => lastComplaint(readFileSync(join(home, 'up.log'), 'utf8')), undefined)
}

/** The command that starts a daemon, or makes its node. */
export const startOf = (
  { service, homeFlag }: Pick<World, 'service' | 'homeFlag'>,
  word: 'up' | 'init' = 'up',
): string => (service ? 'sudo systemctl start karo' : `karo ${word}${homeFlag}`)

export function judgeDaemon(
  state: DaemonState,
  world: Pick<World, 'service' | 'homeFlag' | 'socket'>,
  restart?: string,
  said?: string,
): Finding {
  const start = startOf(world)
  switch (state.kind) {
    case 'up':
      return ok(`answers, pid ${state.pid}`)
    case 'down':
      return fail(
        said === undefined ? 'no daemon runs' : `no daemon runs; the last start failed: ${said}`,
        start,
      )
    case 'closed':
      return fail(`you may not use the control socket: ${state.says}`, state.hint)
    case 'unreachable':
      return fail(
        `a daemon runs with pid ${state.pid}, but its socket ${world.socket} is gone`,
        world.service ? 'sudo systemctl restart karo' : `kill ${state.pid}\n${start}`,
      )
    case 'hung':
      if (state.pid === undefined)
        return fail(`something accepts connections at ${world.socket}, but: ${state.says}`, start)
      return fail(
        `pid ${state.pid} holds the lock and does not answer (${state.says})`,
        // A process that is stopped or spins ignores SIGTERM; systemd kills it after some seconds.
        restart ?? (world.service ? 'sudo systemctl restart karo' : `kill -9 ${state.pid}\n${start}`),
      )
  }
}

async function judgeHung(state: Extract<DaemonState, { kind: 'hung' }>, world: World): Promise<Finding> {
  const isTheirs = state.pid !== undefined && !world.service
  return judgeDaemon(state, world, isTheirs ? await restartHung(state.pid, startOf(world)) : undefined)
}

/** The last reason for an end in the journal: a plain line of the command, or an error of the log; else undefined. */
export function lastComplaint(journal: string): string | undefined {
  const complaints = journal.split('\n').flatMap((line) => {
    // systemd itself says which step it could not take before the program ran, such as NAMESPACE.
    if (line.includes('Failed at step')) return line
    if (line.startsWith('karo: ')) return line.slice('karo: '.length)
    const { level, msg, reason } = orElse(() => Object(JSON.parse(line)), {})
    if (level !== 'error' || typeof msg !== 'string') return []
    return typeof reason === 'string' ? `${msg}: ${reason}` : msg
  })
  return complaints.at(-1)?.slice(0, MOST_COMPLAINT)
}

/** Judges the unit. `said` is the daemon's own reason for its end. */
export function judgeUnit(
  unit: Readonly<Record<string, string>>,
  service: boolean,
  up: boolean,
  said?: string,
): Finding {
  const because = said ? `: ${said}` : ''
  const [systemctl, journal] = service
    ? ['sudo systemctl', 'journalctl -u karo']
    : ['systemctl --user', 'journalctl --user -u karo']
  const { LoadState: loaded, ActiveState: active, UnitFileState: enabled, WatchdogUSec: watchdog } = unit
  if (service && loaded !== 'loaded')
    return warn('systemd knows no karo.service', 'sudo systemctl daemon-reload')
  // A node that a person starts by hand needs no unit.
  const isIdle = active !== 'active' && active !== 'failed' && enabled !== 'enabled'
  if (loaded !== 'loaded' || (!service && isIdle)) return skipped('systemd does not run it')
  if (active === 'failed')
    return fail(
      `karo.service failed (${unit.Result ?? ''})${because}`,
      `${systemctl} restart karo\n${journal} -n 50`,
    )
  if (active !== 'active' && active !== 'reloading')
    return up
      ? warn(`karo.service is ${active}: the daemon that runs is another one`)
      : fail(`karo.service is ${active}${because}`, `${systemctl} start karo`)
  if (enabled === 'disabled')
    return warn('it runs, but will not start at the next boot', `${systemctl} enable karo`)
  if (Number(unit.NRestarts) >= RESTARTS_TOLD)
    return warn(`systemd has restarted it ${unit.NRestarts} times`, `${journal} -p warning`)
  if (watchdog === '0' || watchdog === 'infinity' || watchdog === '')
    return warn('its watchdog is off, so systemd would not notice a hang', `${systemctl} revert karo`)
  return ok(`active (${unit.SubState}), ${enabled}, watchdog ${watchdog}`)
}
