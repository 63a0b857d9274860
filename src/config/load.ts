// Loads the configuration from defaults, the file and the environment; an error names the file and the line.
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { KaroError } from '../base/errors.ts'
import { orElse } from '../base/run/or-else.ts'
import { closest } from '../base/suggest.ts'
import { isPrivateAddress } from './addresses.ts'
import { type FleetSettings, keptFleetSettings, mergeFleet } from './fleet-settings.ts'
import { readGuarded, refuseForeign, utf8Of } from './guarded.ts'
import { isTable, WrongValue } from './kinds.ts'
import { locateKeys, type Path } from './locate.ts'
import { type Env, fleetFile, machineFile } from './paths.ts'
import { type Found, retiredWords, withoutRetired } from './retired.ts'
import { type Config, configOf, envName, KEY_LIST, type Key, keyOf } from './table.ts'
import type { ValueSource } from './types.ts'

export interface LoadedConfig {
  readonly config: Config
  /** The value in force of each key, by its path. */
  readonly values: ReadonlyMap<string, unknown>
  /** As it would be without the fleet. */
  readonly alone: ReadonlyMap<string, unknown>
  /** Where the value in force came from, by the key's path. */
  readonly sources: ReadonlyMap<string, ValueSource>
  /** Settings without effect, each in one sentence for people. */
  readonly warnings: readonly string[]
  /** The file that was read; undefined if there is none. */
  readonly file: string | undefined
  /** What it says. */
  readonly text: string | undefined
  /** The fleet's settings that are merged into the values, and keys of them that `policy.follow` leaves out. */
  readonly fleet: (FleetSettings & { readonly refused: readonly string[] }) | undefined
  /** Why the fleet's settings that are kept here cannot be read; they tighten nothing then. */
  readonly fleetProblem: KaroError | undefined
}

const FILE = 'config.toml'
/** Most bytes of a configuration file: room for thousands of trusted peers, too small for a log file given by mistake. */
const MOST_BYTES = 4 * 1024 * 1024
/** Most levels of nested tables and lists; no key needs as many. */
const MOST_DEPTH = 16

/** One setting found in the file or the environment. */
interface Setting {
  readonly key: Key<unknown>
  readonly value: unknown
  readonly source: ValueSource
  /** The place for messages: file and line of the key, or of a part below it; or the name of the variable. */
  readonly where: (below: Path) => string
}

function readConfigFile(home: string, file: string): string | undefined {
  // First, because who may write to the directory may put any file there.
  if (existsSync(file)) refuseForeign(home, statSync(home), "the node's directory", 'bad_config')
  const bytes = readGuarded(file, 'the configuration', MOST_BYTES)
  return bytes && utf8Of(bytes, file)
}

function parseToml(text: string, file: string): Record<string, unknown> {
  try {
    return parse(text, { maxDepth: MOST_DEPTH })
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause
    const message = cause.message.split('\n')[0]!.replace(/^Invalid TOML document: /, 'not valid TOML: ')
    const where = `${file}:${cause.line}`
    const twice = message.includes('redefine') ? firstOf(text.split('\n'), cause.line) : undefined
    const hint = twice && `Keep one of the two: line ${twice.line} or line ${cause.line}.`
    const how = /invalid value|numeric/.test(message)
      ? ' (text stands in quotes, numbers have no unit, true and false are in small letters)'
      : ''
    const what = twice ? `${twice.name} is in line ${twice.line} already` : `${message}${how}`
    throw new KaroError('bad_config', what, { where, hint, cause })
  }
}

/** The table header or key of line `second` (counted from 1): its name, and the line on which it stands first. */
function firstOf(lines: readonly string[], second: number) {
  const nameOf = (line = ''): string | undefined =>
    /^\s*(\[[^\]]+\]|[^\s=#[]+)/.exec(line)?.[1]?.replaceAll(/\s/g, '')
  const name = nameOf(lines[second - 1])
  if (name === undefined) return undefined
  const isHeader = name.startsWith('[')
  // The same key may stand in several tables, so it is looked for within its own table only.
  const start = isHeader ? 0 : lines.findLastIndex((line, i) => i < second - 1 && /^\s*\[/.test(line)) + 1
  const at = lines.findIndex((line, i) => i >= start && i < second - 1 && nameOf(line) === name)
  return at < 0 ? undefined : { name, line: at + 1 }
}

/** Names of the keys and sections directly below `prefix`. */
function namesBelow(prefix: string): string[] {
  const start = prefix === '' ? '' : `${prefix}.`
  const below = KEY_LIST.filter(({ path }) => path.startsWith(start))
  return [...new Set(below.map(({ path }) => path.slice(start.length).split('.')[0]!))]
}

function unknownKey(path: string, parent: string, where: string): KaroError {
  const siblings = namesBelow(parent)
  const name = path.slice(parent === '' ? 0 : parent.length + 1)
  const near = closest(name, siblings)
  // People put a right name into a wrong section as often as they mistype a name.
  const elsewhere = KEY_LIST.find((k) => k.path.endsWith(`.${name}`))?.path
  const meant = near === undefined ? elsewhere : parent === '' ? near : `${parent}.${near}`
  const what = parent === '' ? 'The file may have' : `[${parent}] may have`
  const hint = meant ? `Did you mean ${meant}?` : `${what}: ${siblings.join(', ')}.`
  return new KaroError('bad_config', `unknown key ${path}`, { where, hint })
}

/** Settings of the file, and a warning for each piece that only earlier versions knew. */
function readSettings(text: string, file: string, shown = FILE): { settings: Setting[]; warnings: string[] } {
  const settings: Setting[] = []
  const found: Found[] = []
  const document = withoutRetired(parseToml(text, file), found)
  const lineOf = locateKeys(text)
  const warnings = found.map(
    (one) => `${shown}:${lineOf(one.path)}: ${retiredWords(one)} karo config migrate makes a comment of it.`,
  )
  const walk = (table: Record<string, unknown>, parent: string, at: Path): void => {
    for (const [name, value] of Object.entries(table)) {
      const here = [...at, name]
      const path = parent === '' ? name : `${parent}.${name}`
      const where = `${file}:${lineOf(here)}`
      const found = name.includes('.') ? undefined : keyOf(path)
      if (found) {
        // An empty `[peers.trusted]`, as in the sample file, sets nothing.
        if (isTable(value) && Object.keys(value).length === 0) continue
        settings.push({
          key: found,
          value,
          source: `${shown}:${lineOf(here)}`,
          where: (below) => `${file}:${lineOf([...here, ...below])}`,
        })
      } else if (name.includes('.') || namesBelow(path).length === 0) {
        throw unknownKey(path, parent, where)
      } else if (isTable(value)) {
        walk(value, path, here)
      } else {
        const names = namesBelow(path).join(', ')
        throw new KaroError('bad_config', `${path} is a section, not a value`, {
          where,
          hint: `Write [${path}] and below it any of: ${names}.`,
        })
      }
    }
  }
  walk(document, '', [])
  return { settings, warnings }
}

/**
 * What the machine's service sets for people without a node of their own. A file that cannot be used sets nothing: the service
 * says why, and no person can mend it.
 */
function settingsOfMachine({ home, env }: { readonly home: string; readonly env: Env }): Setting[] {
  const file = machineFile(home, env)
  if (file === undefined) return []
  const read = (): Setting[] => readSettings(readConfigFile(dirname(file), file) ?? '', file, file).settings
  const isUsable = ({ key, value }: Setting) => orElse(() => key.kind.check(value) !== undefined, false)
  return orElse(read, []).filter((one) => one.key.forPeople === true && isUsable(one))
}

function settingsOfEnv(env: Env): Setting[] {
  return KEY_LIST.flatMap((k) => {
    const name = envName(k)
    const text = name && env[name]
    if (!name || !text || !k.kind.fromText) return []
    return [{ key: k, value: k.kind.fromText(text), source: name, where: () => name }]
  })
}

/** `discovery.peers, entry 2,` or `peers.trusted."karo:…".level`. */
function describe(path: string, below: Path): string {
  const parts = below.map((part) =>
    typeof part === 'number'
      ? `, entry ${part + 1},`
      : `.${/^[\w-]+$/.test(part) ? part : JSON.stringify(part)}`,
  )
  return path + parts.join('')
}

function wrong(setting: Setting, error: WrongValue): KaroError {
  const name = describe(setting.key.path, error.path)
  const message = error.message.startsWith(':') ? `${name}${error.message}` : `${name} ${error.message}`
  return new KaroError('bad_config', message, {
    where: setting.where(error.path),
    hint: error.hint,
  })
}

/** Refuses public addresses to listen at, to find nodes by and to send the ledger to while `mesh.lan_only` is on. */
function checkLanOnly(config: Config, settings: ReadonlyMap<string, Setting>): void {
  const { mesh, discovery, forward } = config
  if (!mesh.lan_only) return
  const allowCgnat = mesh.allow_cgnat
  const checkAt = (path: string, index: number, address: string): void => {
    if (isPrivateAddress(address, { allowCgnat })) return
    const isCgnat = !allowCgnat && isPrivateAddress(address, { allowCgnat: true })
    const everything = address === '0.0.0.0' || address === '::'
    throw wrong(
      settings.get(path)!,
      new WrongValue(
        `is ${address}, which is ${everything ? 'public addresses too' : 'not a private address'}, but mesh.lan_only is on`,
        [index],
        isCgnat
          ? 'Set mesh.allow_cgnat = true if 100.64.0.0/10 is your own network.'
          : everything
            ? 'mesh.listen = "auto" listens on every private address of this machine.'
            : 'Use an address in 10/8, 172.16/12, 192.168/16, 169.254/16, fc00::/7, fe80::/10 or loopback.',
      ),
    )
  }
  if (mesh.listen !== 'auto') for (const [i, one] of mesh.listen.entries()) checkAt('mesh.listen', i, one)
  for (const [i, one] of discovery.resolvers.entries()) checkAt('discovery.resolvers', i, one)
  for (const [i, one] of discovery.scan.entries()) checkAt('discovery.scan', i, one.replace(/\/.*/, ''))
  // A name is resolved when the node connects to it, and its address is checked then.
  const isAddress = (host: string): boolean => host.includes(':') || /^[\d.]+$/.test(host)
  for (const [i, { host }] of discovery.peers.entries())
    if (isAddress(host)) checkAt('discovery.peers', i, host)
  for (const [i, one] of forward.to.entries()) {
    const [, host] = /:\/\/\[?([^/\]]*)\]?:\d+$/.exec(one) ?? []
    if (host !== undefined && isAddress(host)) checkAt('forward.to', i, host)
  }
  if (discovery.dns_sd.length > 0 && discovery.resolvers.length === 0)
    throw wrong(
      settings.get('discovery.dns_sd')!,
      new WrongValue(
        'needs discovery.resolvers, because mesh.lan_only is on',
        [],
        'Name the DNS servers of the local network, by IP address: discovery.resolvers = ["10.0.0.53"].',
      ),
    )
}

/** Warns of variables that begin like the variable of a key and name no key: they are probably mistyped. */
function envWarnings(env: Env): string[] {
  const known = new Set(KEY_LIST.flatMap((k) => envName(k) ?? []))
  const sections = namesBelow('').map((section) => `KARO_${section.toUpperCase()}_`)
  return Object.keys(env)
    .filter((name) => sections.some((start) => name.startsWith(start)) && !known.has(name))
    .map((name) => {
      const meant = closest(name, [...known])
      return `the environment variable ${name} is not a configuration key${meant ? `, did you mean ${meant}?` : ''}`
    })
}

/** Warns of patterns that approve commands without naming a directory, the form of earlier releases. */
const patternWarnings = ({ agents }: Config): string[] =>
  agents.approved
    .filter((pattern) => /^\S+ \S+ exec (?!in \/\S* \S)/.test(pattern))
    .map(
      (pattern) =>
        `the pattern ${JSON.stringify(pattern)} of agents.approved approves nothing: for exec it has to say in which directory, as in "status: kExecutor:build exec in /srv/app git status*"`,
    )

/**
 * Loads the configuration of the node whose directory is `home`: `config.toml` there, if any, and the variables
 * `KARO_<SECTION>_<KEY>` of `env`; below both, for a person without a node, the machine's file (`forPeople`). Throws KaroError
 * `bad_config`; its `where` is `<file>:<line>`, the name of a variable, or a path that other users of this machine could write.
 */
export function loadConfig(from: {
  readonly home: string
  readonly env: Env
  /** What the file will say, before it is written. */
  readonly text?: string
}): LoadedConfig {
  const file = join(from.home, FILE)
  const text = from.text ?? readConfigFile(from.home, file)
  const fromFile = readSettings(text ?? '', file)
  const settings = new Map<string, Setting>()
  const values = new Map<string, unknown>(KEY_LIST.map((k) => [k.path, k.default]))
  for (const setting of [...settingsOfMachine(from), ...fromFile.settings, ...settingsOfEnv(from.env)]) {
    try {
      values.set(setting.key.path, setting.key.kind.check(setting.value))
    } catch (error) {
      throw error instanceof WrongValue ? wrong(setting, error) : error
    }
    settings.set(setting.key.path, setting)
  }

  const sources = new Map(KEY_LIST.map(({ path }) => [path, settings.get(path)?.source ?? 'default']))
  const { kept, problem } = readFleet(fleetFile(from.home))
  const alone = new Map(values)
  const fleet = kept && { ...kept, refused: mergeFleet(kept, values, sources) }
  const config = configOf(values)
  checkLanOnly(config, settings)

  return {
    config,
    values,
    alone,
    sources,
    warnings: [
      ...fromFile.warnings,
      ...envWarnings(from.env),
      ...patternWarnings(config),
      ...(problem === undefined ? [] : [`${problem.where}: ${problem.message}`]),
    ],
    file: text === undefined ? undefined : file,
    text,
    fleet,
    fleetProblem: problem,
  }
}

function readFleet(file: string): { kept?: FleetSettings | undefined; problem?: KaroError } {
  try {
    return { kept: keptFleetSettings(file) }
  } catch (error) {
    const problem =
      error instanceof KaroError ? error : new KaroError('bad_config', String(error), { where: file })
    return { problem }
  }
}
