// The settings of the fleet's bundle on this machine: checked, kept in a file beside the configuration, and merged into it.
import { readFileSync, rmSync, statSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Random } from '../base/clock.ts'
import { KaroError } from '../base/errors.ts'
import { replaceFile } from '../base/files.ts'
import { orElse } from '../base/run/or-else.ts'
import { closest } from '../base/suggest.ts'
import { FLEET_KEYS, follows } from './fleet.ts'
import { isTable, WrongValue } from './kinds.ts'
import { fleetKnowledge, fleetRules } from './paths.ts'
import { keyOf } from './table.ts'
import type { ValueSource } from './types.ts'

export interface FleetSettings {
  /** The number of the bundle. */
  readonly edition: number
  /** Values by key, as the configuration file would have them. */
  readonly settings: Readonly<Record<string, unknown>>
}

interface Kept extends FleetSettings {
  /** `policy.follow` of the node that keeps them. */
  readonly follow: readonly string[]
}

/** Of a bundle. */
export interface SettingRow {
  readonly key: string
  readonly value: Uint8Array
}

/** A bundle is smaller. */
const MOST_BYTES = 256 * 1024

/** The value of a key, if a fleet may set it so. Throws KaroError `bad_config`. */
export function checkedSetting(path: string, value: unknown): unknown {
  const wrong = (message: string, hint?: string): KaroError => new KaroError('bad_config', message, { hint })
  const may = Object.hasOwn(FLEET_KEYS, path) ? FLEET_KEYS[path] : undefined
  const key = keyOf(path)
  if (may === undefined || key === undefined) {
    const meant = closest(path, Object.keys(FLEET_KEYS))
    throw wrong(
      key === undefined ? `there is no setting ${path}` : `a fleet does not set ${path}`,
      meant === undefined ? `A fleet sets: ${Object.keys(FLEET_KEYS).join(', ')}.` : `Did you mean ${meant}?`,
    )
  }
  try {
    const checked = (may.text ?? key.kind).check(value)
    const problem = may.problem?.(checked)
    if (problem !== undefined) throw wrong(`${path}: ${problem}`)
    return checked
  } catch (error) {
    if (error instanceof WrongValue) throw wrong(`${path} ${error.message}`, error.hint)
    throw error
  }
}

/** The settings of a bundle. Throws KaroError `bad_config` for one that this release does not know, and for one out of bounds. */
export function settingsOf(rows: readonly SettingRow[]): FleetSettings['settings'] {
  const settings: Record<string, unknown> = {}
  for (const { key, value } of rows) {
    if (Object.hasOwn(settings, key)) throw new KaroError('bad_config', `${key} is set twice`, { where: key })
    settings[key] = checkedSetting(key, parsed(Buffer.from(value).toString('utf8'), key))
  }
  return settings
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new KaroError('bad_config', 'this is not JSON', { where, cause })
  }
}

/** Keeps what is in force, or removes it where nothing is. True: the file says something else than before. */
export function keepFleetSettings(file: string, fleet: Kept | undefined, random: Random): boolean {
  const isEmpty = fleet === undefined || Object.keys(fleet.settings).length === 0
  let isOther = false
  for (const [key, place] of TEXTS) {
    const text = !isEmpty && follows(fleet.follow, key) ? fleet.settings[key] : undefined
    if (keepText(place(file), text as string | undefined, random)) isOther = true
  }
  return keepText(file, isEmpty ? undefined : `${JSON.stringify(fleet)}\n`, random) || isOther
}

/** Settings whose text is kept in a file of its own, which is read without the others. */
const TEXTS = [
  ['ask.knowledge', fleetKnowledge],
  ['guard.rules', fleetRules],
] as const

function keepText(file: string, text: string | undefined, random: Random): boolean {
  if (text === textOf(file)) return false
  if (text === undefined) rmSync(file, { force: true })
  else replaceFile(file, text, 0o644, random)
  return true
}

function textOf(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  return stat.isFile() && stat.size <= MOST_BYTES ? readFileSync(file, 'utf8') : ''
}

/** What is kept; undefined: nothing. Leaves out what this release does not know. Throws KaroError `bad_config` for a file that says nothing. */
export function keptFleetSettings(file: string): Kept | undefined {
  const text = textOf(file)
  if (text === undefined) return undefined
  const { edition, settings, follow } = (parsed(text, file) ?? {}) as Readonly<Record<string, unknown>>
  if (typeof edition !== 'number' || !isTable(settings) || !Array.isArray(follow))
    throw new KaroError('bad_config', 'these are no settings of a fleet', { where: file })
  const known = Object.entries(settings).flatMap(([path, value]) =>
    orElse(() => [[path, checkedSetting(path, value)] as const], []),
  )
  return { edition, settings: Object.fromEntries(known), follow: follow.map(String) }
}

/** Where a value of the bundle of that number came from. */
export const fleetSource = (edition: number): ValueSource => `fleet edition ${edition}`

/** Puts the stricter value of each key into `values`, and says in `sources` where it came from. Returns the keys that `policy.follow` leaves out. */
export function mergeFleet(
  { edition, settings }: FleetSettings,
  values: Map<string, unknown>,
  sources: Map<string, ValueSource>,
): readonly string[] {
  const follow = values.get('policy.follow') as readonly string[]
  const refused: string[] = []
  for (const [path, theirs] of Object.entries(settings)) {
    if (!follows(follow, path)) {
      refused.push(path)
      continue
    }
    const own = values.get(path)
    const merged = FLEET_KEYS[path]?.merge(own, theirs)
    const isTheirs = isDeepStrictEqual(merged, theirs)
    const said = sources.get(path) ?? 'default'
    values.set(path, merged)
    // Of two equal values the machine's own counts as the one in force.
    if (isDeepStrictEqual(merged, own) && !(isTheirs && said === 'default')) continue
    sources.set(path, isTheirs ? fleetSource(edition) : `${said}, ${fleetSource(edition)}`)
  }
  return refused
}
