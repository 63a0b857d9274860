// Loads the guard from configuration and rules files; a file that cannot be used makes it strict.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { orElse } from '../../base/run/or-else.ts'
import { follows } from '../../config/fleet.ts'
import { fleetSource, keptFleetSettings } from '../../config/fleet-settings.ts'
import { type LoadedConfig, loadConfig } from '../../config/load.ts'
import { fleetFile, fleetRules, MACHINE_FLEET } from '../../config/paths.ts'
import { DEFAULTS, type Guard, type GuardRule, stricter } from './guard.ts'
import { readRules } from './read-rules.ts'
import type { RulesFile } from './rules-file.ts'
import { loosened, seal, sealedBy, sealedIn, textOf } from './seal.ts'
import { type GuardSources, MACHINE_RULES, setsAny } from './sources.ts'

/** A home without a fleet. */
const NOWHERE = '/nonexistent'

/**
 * Reads all files anew. Never throws: a broken file makes the profile strict, and `warnings` say why. A broken
 * configuration that does not set anything of the guard is ignored.
 */
export function loadGuard(from: GuardSources): Guard {
  const warnings: string[] = []
  const { machineFile = MACHINE_RULES, machineFleet = MACHINE_FLEET, now = Date.now } = from
  let failure: KaroError | undefined
  let loaded: LoadedConfig | undefined
  try {
    loaded = loadConfig(from)
  } catch (error) {
    if (setsAny(from)) {
      failure = error instanceof KaroError ? error : new KaroError('bad_config', String(error))
      warnings.push(`${said(failure)}; the profile is strict until that is mended`)
    }
  }
  const config = loaded?.config.guard
  let profile = failure === undefined ? (config?.profile ?? DEFAULTS.profile) : 'strict'
  let source =
    failure === undefined
      ? (loaded?.sources.get('guard.profile') ?? DEFAULTS.source)
      : 'a configuration that cannot be used'
  const tighten = (least: Guard['profile'], by: string): void => {
    const both = stricter(profile, least)
    if (both !== profile) source = by
    profile = both
  }

  function read(path: string, whose: GuardRule['whose'], named = false, by?: number): RulesFile | undefined {
    try {
      const rules = readRules(path, whose, by)
      if (rules === undefined && named)
        throw new KaroError('bad_config', 'guard.rules names this file, and it is not there', { where: path })
      return rules
    } catch (error) {
      warnings.push(`${said(error as Error)}; the profile is strict until that is mended`)
      tighten('strict', path)
      unread.add(path)
      return undefined
    }
  }

  const distrust = (problem: KaroError): void => {
    warnings.push(`${said(problem)}; the profile is strict until the node writes it anew`)
    tighten('strict', problem.where ?? 'fleet.json')
  }

  /** What the service of this machine follows holds for everybody on it. */
  function fleetOfMachine(): Pick<Guard, 'profile' | 'source' | 'onError'> | undefined {
    try {
      const kept = keptFleetSettings(machineFleet)
      if (kept === undefined) return undefined
      const said = (path: string): unknown => (follows(kept.follow, path) ? kept.settings[path] : undefined)
      return {
        source: `${fleetSource(kept.edition)} of this machine`,
        profile: (said('guard.profile') ?? 'off') as Guard['profile'],
        onError: (said('guard.on_error') ?? 'allow') as Guard['onError'],
      }
    } catch (error) {
      distrust(error as KaroError)
      return undefined
    }
  }

  const unread = new Set<string>()
  const own = config?.rules || join(from.home, 'guard.toml')
  const ownFile = read(own, 'own', Boolean(config?.rules))
  const machine = read(machineFile, 'machine')
  // The service writes what it follows for everybody, in a directory that is its own.
  const fleets = [...new Set([fleetFile(from.home), machineFleet])].map(fleetRules)
  const theirs = fleets.flatMap(
    (path) =>
      read(
        path,
        'machine',
        false,
        orElse(() => statSync(path).uid, undefined),
      )?.rules ?? [],
  )
  if (machine?.floor !== undefined) tighten(machine.floor, machineFile)
  const fleet = fleetOfMachine()
  if (loaded?.fleetProblem) distrust(loaded.fleetProblem)
  if (fleet) tighten(fleet.profile, fleet.source)
  // Without the environment, which whoever starts a program chooses for it, and without the fleet, which only tightens.
  const text = orElse(() => readFileSync(join(from.home, 'config.toml'), 'utf8'), '')
  const written = orElse(() => loadConfig({ home: NOWHERE, env: {}, text }).config.guard, config)
  const sets = sealedBy(
    written?.profile ?? DEFAULTS.profile,
    written?.on_error ?? DEFAULTS.onError,
    ownFile?.rules ?? [],
  )
  const sealed = sealedIn(from.home, sets)
  const more = loosened(sealed, sets)
  if (more.length > 0) {
    warnings.push(
      `the guard's files were changed by something else than Karo (${more.join(', ')}); the profile is strict and new exceptions do not count until you look at them and run: karo guard trust`,
    )
    tighten('strict', 'a file that was changed by something else')
  }
  const isSealed = (rule: GuardRule): boolean =>
    rule.kind !== 'allow' ||
    more.length === 0 ||
    (typeof sealed === 'object' && sealed.allows.includes(textOf(rule)))
  return {
    profile,
    source,
    onError: fleet?.onError === 'block' || more.length > 0 ? 'block' : (config?.on_error ?? DEFAULTS.onError),
    timeoutMs: config?.timeout_ms ?? DEFAULTS.timeoutMs,
    home: from.home,
    sets,
    loosened: more,
    rules: [...(machine?.rules ?? []), ...theirs, ...(ownFile?.rules ?? []).filter(isSealed)],
    files: [
      ...[machineFile, ...fleets].map((path) => ({ path, whose: 'machine' as const })),
      { path: own, whose: 'own' as const },
    ].map((file) => ({ ...file, ...(unread.has(file.path) && { unread: true as const }) })),
    warnings,
    ...(failure && { failure }),
    now,
  }
}

const said = (error: Error): string =>
  error instanceof KaroError && error.where !== undefined ? `${error.where}: ${error.message}` : error.message

/** Seals what the files of a home set, before it has a node; of a node only where they set nothing. */
export function sealAtStart(home: string, random: Random): void {
  const { sets } = loadGuard({ home, env: {} })
  if (sealedIn(home, sets) === undefined) seal(home, sets, random)
}
