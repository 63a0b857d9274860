// Checks of the daemon: whether it answers and is healthy, leftovers of an earlier one, its version, its systemd unit.
import { existsSync } from 'node:fs'
import type { DaemonFacts } from '../../../api/contract/shapes.ts'
import { KaroError } from '../../../base/errors.ts'
import { BUILD } from '../../../base/version.ts'
import { readHolder } from '../../../ops/system/lock.ts'
import type { CheckId } from '../catalogue.ts'
import { restartHung } from '../hung.ts'
import { isOwn, removeOwn } from '../own.ts'
import { type Finding, fail, ok, skipped, warn } from '../result.ts'
import { quote } from '../shell-words.ts'
import type { DaemonState, World } from '../world.ts'
import { restartOf } from './config.ts'

/** Restarts by systemd from which there is a warning; fewer may come from upgrades. */
const RESTARTS_TOLD = 3
/** Most shown characters of a line of the log. */
const MOST_COMPLAINT = 500

const startOf = ({ service, homeFlag }: Pick<World, 'service' | 'homeFlag'>): string =>
  service ? 'sudo systemctl start karo' : `karo up${homeFlag}`

/** The command that restarts a daemon which does not answer. */
const restartHard = (state: DaemonState, world: Pick<World, 'service' | 'homeFlag'>): string =>
  world.service
    ? 'sudo systemctl restart karo'
    : 'pid' in state && state.pid !== undefined
      ? `kill ${state.kind === 'hung' ? '-9 ' : ''}${state.pid}\n${startOf(world)}`
      : startOf(world)

export async function daemonRunning(world: World): Promise<Finding> {
  const state = await world.daemon()
  if (state.kind === 'hung') return judgeHung(state, world)
  if (state.kind !== 'up') return judgeDaemon(state, world)
  try {
    // The daemon is alive; this shows whether it answers all requests.
    await world.facts()
    return judgeDaemon(state, world)
  } catch (error) {
    if (!(error instanceof KaroError)) throw error
    if (error.code === 'not_found') {
      return warn('the daemon that runs is older than this command', restartOf(world, state.pid))
    }
    if (error.code !== 'timeout' && error.code !== 'not_running')
      return fail(
        `pid ${state.pid} answers, but with an error: ${error.message}`,
        restartOf(world, state.pid),
      )
    return judgeHung({ kind: 'hung', pid: state.pid, says: error.message }, world)
  }
}

export function judgeDaemon(
  state: DaemonState,
  world: Pick<World, 'service' | 'homeFlag' | 'socket'>,
  restart = restartHard(state, world),
): Finding {
  switch (state.kind) {
    case 'up':
      return ok(`answers, pid ${state.pid}`)
    case 'down':
      return fail('no daemon runs', startOf(world))
    case 'closed':
      return fail(`you may not use the control socket: ${state.says}`, state.hint)
    case 'unreachable':
      return fail(
        `a daemon runs with pid ${state.pid}, but its socket ${world.socket} is gone`,
        restartHard(state, world),
      )
    case 'hung': {
      // A process that is stopped or spins ignores SIGTERM; systemd kills it after some seconds.
      if (state.pid === undefined)
        return fail(`something accepts connections at ${world.socket}, but: ${state.says}`, startOf(world))
      return fail(`pid ${state.pid} holds the lock and does not answer (${state.says})`, restart)
    }
  }
}

async function judgeHung(state: Extract<DaemonState, { kind: 'hung' }>, world: World): Promise<Finding> {
  if (state.pid === undefined || world.service) return judgeDaemon(state, world)
  return judgeDaemon(state, world, await restartHung(state.pid, startOf(world)))
}

export async function daemonLeftovers(world: World): Promise<readonly Finding[]> {
  const state = await world.daemon()
  if (state.kind === 'closed') return [skipped('it is unknown whether a daemon runs')]
  const found: Finding[] = []
  const leftover = (path: string, what: string): void => {
    const stat = world.stat(path)
    if (stat === 'missing' || stat === 'denied') return
    const { uid } = world
    const safe = { says: `remove ${path}`, apply: () => removeOwn(path, uid, stat) }
    found.push(warn(`${path} is ${what}`, `rm ${quote(path)}`, isOwn(path, uid) ? safe : undefined))
  }
  if (state.kind === 'down' && existsSync(world.socket))
    leftover(world.socket, 'the socket of a daemon that has ended')
  const holder = await readHolder(world.paths.lock).catch(() => undefined)
  // While a process takes connections, it may be the holder in another process namespace.
  if (state.kind === 'down' && holder?.alive === false) {
    leftover(world.paths.lock, `the lock of pid ${holder.pid}, a daemon that has ended without removing it`)
  }
  return found.length > 0 ? found : [ok('none')]
}

/** Health checks of the daemon that a check here explains better. */
const HEALTH_EXPLAINED: Readonly<Record<string, CheckId>> = {
  'mesh.listening': 'mesh.port',
  'observe.spool': 'spool.directory',
  'observe.files': 'spool.followed',
  'store.open': 'store.database',
  'store.writable': 'store.disk',
  'http.listening': 'http.listener',
}

export function judgeHealth({ checks }: Pick<DaemonFacts, 'checks'>): readonly Finding[] {
  const bad = checks.filter(({ ok: fine }) => !fine)
  const full = bad.some(({ name }) => name === 'store.writable')
  const failing = bad.filter(({ name }) => {
    // The ledger is in the database, so it cannot be written while the disk is full.
    return !Object.hasOwn(HEALTH_EXPLAINED, name) && !(full && name === 'audit.writable')
  })
  if (failing.length > 0) return failing.map(({ name, detail }) => fail(`${name}: ${detail}`))
  return [ok(`the daemon's own ${checks.length} checks find no other problem`)]
}

export function judgeVersion(facts: DaemonFacts, world: World): Finding {
  // An older daemon tells only its version and no build.
  const its = facts.build ?? facts.version
  if (its === BUILD) return ok(BUILD)
  return warn(`the daemon is ${its}, this command is ${BUILD}`, restartOf(world, facts.pid))
}

export type UnitProperties = Readonly<Record<string, string>>

export async function daemonService(world: World): Promise<Finding> {
  if (!existsSync('/run/systemd/system')) return skipped('this machine has no systemd')
  const scope = world.service ? [] : ['--user']
  const properties = 'LoadState,ActiveState,SubState,UnitFileState,NRestarts,WatchdogUSec,Result,MainPID'
  const ran = await world.run('systemctl', ...scope, 'show', 'karo.service', '-p', properties)
  if (ran.kind !== 'ran' || ran.code !== 0) return skipped('systemctl show karo.service failed')
  const unit: UnitProperties = Object.fromEntries(
    ran.stdout
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  const up = (await world.daemon()).kind === 'up'
  const journal = up
    ? undefined
    : await world.run('journalctl', ...scope, '-u', 'karo.service', '-n', '50', '-o', 'cat')
  const said = journal?.kind === 'ran' ? lastComplaint(journal.stdout) : undefined
  return judgeUnit(unit, world.service, up, said)
}

/** The last reason for an end in the journal: a plain line of the command, or an error of the log; else undefined. */
export function lastComplaint(journal: string): string | undefined {
  const complaints = journal.split('\n').flatMap((line) => {
    if (line.startsWith('karo: ')) return line.slice('karo: '.length)
    const { level, msg, reason } = parsed(line)
    if (level !== 'error' || typeof msg !== 'string') return []
    return typeof reason === 'string' ? `${msg}: ${reason}` : msg
  })
  return complaints.at(-1)?.slice(0, MOST_COMPLAINT)
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** Judges the unit. `said` is the daemon's own reason for its end. */
export function judgeUnit(unit: UnitProperties, service: boolean, up: boolean, said?: string): Finding {
  const because = said === undefined ? '' : `: ${said}`
  const systemctl = service ? 'sudo systemctl' : 'systemctl --user'
  const journal = service ? 'journalctl -u karo' : 'journalctl --user -u karo'
  const { ActiveState: active, UnitFileState: enabled, WatchdogUSec: watchdog } = unit
  if (unit.LoadState !== 'loaded') {
    return service
      ? warn('systemd knows no karo.service', 'sudo systemctl daemon-reload')
      : skipped('systemd does not run it')
  }
  // A node that a person starts by hand needs no unit.
  if (!service && active !== 'active' && active !== 'failed' && enabled !== 'enabled') {
    return skipped('systemd does not run it')
  }
  if (active === 'failed') {
    return fail(
      `karo.service failed (${unit.Result ?? ''})${because}`,
      `${systemctl} restart karo\n${journal} -n 50`,
    )
  }
  if (active !== 'active' && active !== 'reloading') {
    return up
      ? warn(`karo.service is ${active}: the daemon that runs is another one`)
      : fail(`karo.service is ${active}${because}`, `${systemctl} start karo`)
  }
  if (enabled === 'disabled')
    return warn('it runs, but will not start at the next boot', `${systemctl} enable karo`)
  if (Number(unit.NRestarts) >= RESTARTS_TOLD) {
    return warn(`systemd has restarted it ${unit.NRestarts} times`, `${journal} -p warning`)
  }
  if (watchdog === '0' || watchdog === 'infinity' || watchdog === '') {
    return warn('its watchdog is off, so systemd would not notice a hang', `${systemctl} revert karo`)
  }
  return ok(`active (${unit.SubState}), ${enabled}, watchdog ${watchdog}`)
}
