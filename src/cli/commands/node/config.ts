// karo config: shows keys of the configuration with value, default, meaning, and where the value came from.
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { getSettings, reloadSettings } from '../../../api/contract/operations/care.ts'
import { loadGuard } from '../../../assist/guard/index.ts'
import { systemRandom } from '../../../base/clock.ts'
import { createFile, freeName } from '../../../base/files.ts'
import { faultsFromEnv } from '../../../base/run/faults.ts'
import { closest } from '../../../base/suggest.ts'
import { ENVIRONMENT } from '../../../config/environment.ts'
import { type LoadedConfig, loadConfig } from '../../../config/load.ts'
import { recordingPaths } from '../../../config/paths.ts'
import { migrateText, readValue, setKey } from '../../../config/rewrite.ts'
import { defaultText, exampleText, removalText, sampleConfig, valueText } from '../../../config/sample.ts'
import { envName, KEY_LIST, type Key, keyOf, whenInForce } from '../../../config/table.ts'
import { optionalPath } from '../../../config/values.ts'
import { loadPolicies } from '../../../trust/policy/load.ts'
import { resealed } from '../../guard/rules.ts'
import {
  atHome,
  type CommandIo,
  clauses,
  defineCommand,
  isMachines,
  KaroError,
  pairs,
  prefixed,
  printable,
  printJson,
  sayWarnings,
  shellWord,
  show,
  table,
  usage,
} from '../../kit.ts'
import { throughRestart } from '../../start/background.ts'
import { canAsk, confirm } from '../../terminal/confirm.ts'
import { replaceSettings, UNCHANGED, writing } from '../../writing.ts'

/** A value for JSON, which has no maps. */
const plain = (value: unknown): unknown => (value instanceof Map ? Object.fromEntries(value) : value)

function shape(k: Key<unknown>, loaded: LoadedConfig): Record<string, unknown> {
  return {
    key: k.path,
    value: plain(loaded.values.get(k.path)),
    default: plain(k.default),
    source: loaded.sources.get(k.path),
    env: envName(k) ?? null,
    unit: k.unit,
    allowed: k.kind.allowed,
    description: k.description,
  }
}

/** Keys that a person's own commands read, also where the node is the machine's. */
const isOwn = (path: string): boolean => whenInForce(path) === 'at once'

/** The directory whose config.toml has this key: of the machine's service it is /etc/karo. */
const directoryOf = ({ env, home }: CommandIo, path: string): string =>
  isOwn(path) ? home : recordingPaths(env).configuration

function load(io: CommandIo, path = ''): LoadedConfig {
  const loaded = loadConfig({ home: directoryOf(io, path), env: io.env })
  if (!io.json) sayWarnings(io, loaded.warnings)
  return loaded
}

const quiet = (io: CommandIo): CommandIo => ({ ...io, err: () => {} })

const list = defineCommand('config list', {
  summary: 'show every key: value, default, where the value came from, meaning',
  async run(io) {
    const loaded = load(io)
    const own = load(quiet(io), 'guard.profile')
    const of = ({ path }: Key<unknown>) => (isOwn(path) ? own : loaded)
    if (io.json) {
      const keys = KEY_LIST.map((k) => shape(k, of(k)))
      const { file = null, warnings } = loaded
      return printJson(io, { file, keys, environment: ENVIRONMENT, warnings })
    }
    const source = (k: Key<unknown>): string => of(k).sources.get(k.path) ?? 'default'
    io.out(
      table(io, KEY_LIST, {
        key: 'path',
        value: {
          value: (k) => valueText(of(k).values.get(k.path)),
          style: (k) => (source(k) === 'default' ? undefined : 'bold'),
          shrink: true,
        },
        from: source,
        default: { value: defaultText, shrink: true },
        meaning: { value: 'description', style: () => 'dim', wrap: true },
      }),
    )
    io.out('\n')
    io.out(table(io, ENVIRONMENT, { environment: 'name', meaning: { value: 'description', wrap: true } }))
  },
})

const KEY = { description: 'section and key: mesh.port', completes: 'config-key' } as const

const get = defineCommand('config get', {
  summary: 'show one key: value, source, default, meaning; a script gets only the value',
  args: { key: KEY },
  examples: {
    'karo config get mesh.port': '9238',
  },
  async run(io, { args }) {
    const found = keyNamed(args.key, 'karo config get')
    const loaded = load(io, found.path)
    const value = loaded.values.get(found.path)
    show(
      io,
      shape(found, loaded),
      () => `${printable(typeof value === 'string' ? value : valueText(value))}\n`,
    )
    // Only on a terminal: a script that reads the value gets nothing else.
    if (!io.json && io.terminal) io.out(`\n${about(found, loaded, io)}`)
  },
})

/** Throws KaroError `bad_request`, with the nearest key. */
function keyNamed(path: string, where: string): Key<unknown> {
  const found = keyOf(path)
  if (found !== undefined) return found
  const meant = closest(path, PATHS) ?? sectionOf(path) ?? sectionOf(path.split('.').at(-1))
  throw usage(
    `unknown key ${path}`,
    where,
    meant ? `Did you mean ${meant}?` : 'karo config list shows all keys.',
  )
}

function about(k: Key<unknown>, loaded: LoadedConfig, io: CommandIo): string {
  return pairs(
    io,
    {
      from: loaded.sources.get(k.path) ?? 'default',
      default: defaultText(k),
      environment: envName(k),
      allowed: k.kind.allowed,
      meaning: k.description,
      'in the file': exampleText(k)?.replace('\n', ' '),
    },
    'dim',
  )
}

/** The keys of a section, or the keys that end in this name: `port` gives `mesh.port or http.port`. */
const sectionOf = (path = '') =>
  PATHS.filter((p) => p.startsWith(`${path}.`) || p.endsWith(`.${path}`)).join(' or ') || undefined

const PATHS = KEY_LIST.map((k) => k.path)

/**
 * Has the node take over what the file says now, and restart for keys that wait for that (of which `path` has to be one) where
 * `restart`, or else the person, says so; resolves when it answers again. Throws KaroError `not_running` where no node runs.
 */
async function takeOver(io: CommandIo, restart?: boolean, path?: string) {
  const told = await io.call(reloadSettings, { body: {} })
  const keys = told.waiting
  if (keys.length === 0 || (path !== undefined && !keys.includes(path))) return told
  const asks = `For ${keys.join(', ')} the node has to restart, which ends links, logins and tasks, and locks vaults. Restart it now?`
  if (
    !(
      restart ??
      (canAsk(io) && (await confirm(io, asks, { where: 'karo config', no: 'It goes on as it is.' })))
    )
  )
    return told
  const { waiting } = await throughRestart(
    io,
    () => io.call(reloadSettings, { body: { restart: true } }),
    // Another person may have restarted it while this one was asked.
    (answer) => answer.waiting.length > 0,
  )
  return { applied: [...told.applied, ...waiting], waiting: [] }
}

const RESTARTS = { restart: 'do not ask: restart the node where a changed key needs it' }

const reload = defineCommand('config reload', {
  summary: 'have the running node take over config.toml',
  shows: reloadSettings,
  options: RESTARTS,
  async run(io, { options }) {
    return show(io, await takeOver(io, options.restart), ({ applied, waiting }) =>
      clauses(
        waiting.length > 0 && afterRestart(io, waiting),
        applied.length > 0 ? `In force now: ${applied.join(', ')}` : 'Nothing changed.',
        '',
      ).join('\n'),
    )
  },
})

/** When a key that was set takes effect, also in words: at once where commands read it, or the node has taken it over. */
async function inForce(
  io: CommandIo,
  path: string,
  value: unknown,
  wins: RegExp,
  restart?: boolean,
): Promise<[ReturnType<typeof whenInForce>, string]> {
  const force = whenInForce(path)
  if (force === 'at once') return [force, `In force at once${isMachines(io.env) ? ', for you alone' : ''}.`]
  try {
    const { waiting } = await takeOver(io, restart, path)
    if (waiting.includes(path)) return [force, afterRestart(io, [path])]
    const { keys } = await io.call(getSettings)
    const source = keys.find(({ key }) => key === path)?.source ?? ''
    // Of the node, whose environment may be another one than that of this command.
    return wins.test(source)
      ? [force, `Not in force: on this node ${source} wins over the file.`]
      : ['at once', `In force now.${removalText(path, value)}`]
  } catch (error) {
    if (error instanceof KaroError && error.code === 'not_running')
      return [force, `In force from the node's next start on.${removalText(path, value)}`]
    return prefixed('the file is changed, and the node has not taken it over')(error)
  }
}

const afterRestart = (io: CommandIo, waiting: readonly string[]): string =>
  atHome(`In force after a restart of the node: ${waiting.join(', ')}\n  karo config reload --restart`, io)

const set = defineCommand('config set', {
  summary: 'set one key in config.toml; comments and all other keys stay as they are',
  args: {
    key: KEY,
    value: 'the new value; commas separate the entries of a list, + before them adds',
  },
  examples: {
    'karo config set node.name eng-042': 'names this node',
    'karo config set access.askers +ann,bob': 'two more people',
  },
  options: RESTARTS,
  run: change,
})

const unset = defineCommand('config unset', {
  summary: 'take one key out of config.toml',
  args: { key: KEY },
  options: RESTARTS,
  run: change,
})

interface Change {
  /** Without a value the key is taken out. */
  readonly args: { readonly key: string; readonly value?: string }
  readonly options: { readonly restart?: boolean | undefined }
}

async function change(io: CommandIo, { args, options }: Change): Promise<undefined> {
  const where = `karo config ${args.value === undefined ? 'unset' : 'set'}`
  const key = keyNamed(args.key, where)
  const home = directoryOf(io, key.path)
  if (home !== io.home && process.getuid?.() !== 0)
    throw new KaroError('refused', 'this is set for all users of this machine, by an administrator', {
      where,
      hint: `sudo ${where}${options.restart ? ' --restart' : ''}${args.value?.startsWith('-') ? ' --' : ''} ${Object.values(args).map(shellWord).join(' ')}`,
    })
  const variable = envName(key)
  // What the environment and the fleet say is not the file's, so that none of it is written there.
  const env = { ...io.env, [`${variable}`]: undefined }
  const { file = join(home, 'config.toml'), text, alone } = load({ ...quiet(io), env }, key.path)
  const value = args.value === undefined ? undefined : readValue(key, args.value, alone.get(key.path))
  const isNew = text === undefined
  if (isNew && !existsSync(home) && !isMachines(io.env))
    throw new KaroError('not_found', `there is no node in ${home}`, { where, hint: 'karo init makes one.' })
  // With a policy that cannot be used the daemon would not start.
  if (key.path === 'policy.files' && value) await loadPolicies(value as readonly string[])
  const before = text ?? sampleConfig()
  const now = setKey(before, key, value, file)
  const { values, sources } = loadNew({ home, env, text: now }, where)
  const over = variable && io.env[variable] ? variable : null
  const guard = key.path.startsWith('guard.') ? loadGuard(io) : undefined
  if (now !== before)
    writing(file, () => {
      if (isNew) mkdirSync(home, { recursive: true, mode: 0o700 })
      replaceSettings(
        file,
        now,
        isNew ? (home === io.home ? 0o600 : 0o644) : statSync(file).mode & 0o777,
        text,
      )
    })
  if (guard !== undefined) resealed(guard)
  const has = value ?? plain(values.get(key.path))
  const from = value === undefined ? `(${sources.get(key.path)})` : `in ${printable(file)}`
  if (!io.json)
    io.out(`${key.path} = ${printable(valueText(has))} ${from}\n${now === before ? UNCHANGED : ''}`)
  // What the fleet says is in force where the file says nothing.
  const wins = value === undefined ? /^KARO_/ : /^(KARO_|fleet )/
  const [in_force, words] = await inForce(io, key.path, has, wins, options.restart)
  if (io.json) return printJson(io, { file, key: key.path, value: has, in_force, over })
  io.out(`${words}\n`)
  if (key.kind === optionalPath && has !== '' && !existsSync(String(has)))
    io.err(`warning: there is no file ${printable(String(has))} yet\n`)
  // Other programs take regular expressions, and a line that was to be kept out would be recorded.
  if (key.path === 'history.ignore' && String(has).includes('^'))
    io.err('warning: ^ is no beginning of a line here: "pass *" is each line that begins so\n')
  if (over !== null) io.err(`warning: the environment variable ${over} wins over the file\n`)
}

/** Alone a value may be allowed, and beside another key not. The lines of a text that is not written are nowhere to be seen. */
function loadNew(from: Parameters<typeof loadConfig>[0], where: string): LoadedConfig {
  try {
    return loadConfig(from)
  } catch (error) {
    if (!(error instanceof KaroError)) throw error
    throw usage(error.message, where, error.hint)
  }
}

const migrate = defineCommand('config migrate', {
  summary: 'make comments of keys that only earlier versions knew; the file as it was stays beside it',
  async run(io) {
    const { file = '', text = '' } = load(quiet(io))
    const { text: now, changes } = migrateText(text, file)
    const kept = changes.length === 0 ? null : freeName(`${file}.before`, Date.now())
    if (kept !== null) {
      const mode = statSync(file).mode & 0o777
      writing(file, () => {
        createFile(kept, text, mode, systemRandom)
        faultsFromEnv(io.env).hit('upgrade-step')
        replaceSettings(file, now, mode, text)
      })
    }
    return show(io, { file: file || null, kept, changes }, () =>
      kept === null
        ? 'Every key of the file is one of this version.\n'
        : `${changes.map((change) => `${printable(change)}\n`).join('')}\nThe file as it was: ${kept}\n`,
    )
  },
})

export const commands = [list, get, set, unset, reload, migrate]
