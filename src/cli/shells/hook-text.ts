// The text that karo shell init prints: the program's name, what records, the guard and the finder, as this home has them.
import { join } from 'node:path'
import { loadGuard, MACHINE_RULES } from '../../assist/guard/index.ts'
import { PLAIN_LINES, ruledTools } from '../../assist/risk/ruled-tools.ts'
import { loadConfig } from '../../config/load.ts'
import { fleetFile, homePaths, MACHINE_FLEET, type Recording, recordingPaths } from '../../config/paths.ts'
import { ASKERS } from '../../observe/hooks/asker/asker.ts'
import { COMPLETERS } from '../../observe/hooks/completer.ts'
import { FINDER_KEYS, FINDERS, type FinderKey, type FinderShell } from '../../observe/hooks/finder/finder.ts'
import { GUARD_SHELLS, RESIDENT_PREFIX } from '../../observe/hooks/guard/guard.ts'
import { GUARDS } from '../../observe/hooks/guard/guards.ts'
import type { Shell } from '../../observe/hooks/hook.ts'
import { HOOKS } from '../../observe/hooks/index.ts'
import { FIRST_ON_PATH, NAMED } from '../../observe/hooks/name.ts'
import { STARTERS } from '../../observe/hooks/start.ts'
import { DAEMON_NAME } from '../../ops/process-name.ts'
import { type CommandIo, usage } from '../kit.ts'
import { programOf } from '../own-program.ts'
import { startersOf } from '../run/starters.ts'
import { ASK_KEY } from './flags.ts'
import { homeWords } from './hook-line.ts'

/**
 * The file that has this code. In the bundle its name has a hash of its contents and of what it imports, the shell files
 * among it, so that another version of the hook has another file.
 */
export const HOOK_SOURCE = import.meta.filename

/** Parts of the hook that a person may leave out, or ask for. */
interface Parts {
  readonly guard: boolean
  readonly finder: Readonly<Record<FinderKey, boolean>>
  /** Turns the words on the line into a command on a key. */
  readonly asker: boolean
  /** Starts the node where none runs. */
  readonly start: boolean
}

/** Throws KaroError `bad_request` for a finder in a shell without a line editor, and as loadConfig does. */
export function hookOf(io: CommandIo, shell: Shell, parts: Parts): string {
  const recording = recordingPaths(io.env)
  const { words, byName } = programOf(io)
  return [
    byName ? '' : NAMED[shell](words),
    FIRST_ON_PATH[shell](startersOf(io.home)),
    // In front of the hook, because that of dash reads the lines of the shell from here on.
    parts.start ? startOf(io, shell) : '',
    HOOKS[shell]({ spoolDirectory: recording.spool, ignore: ignoredBy(recording, io.env) }),
    parts.guard ? guardOf(io, shell) : '',
    finderOf(io, shell, parts.finder),
    parts.asker ? askerOf(io, shell) : '',
    shell === 'sh' ? '' : COMPLETERS[shell]([...words, 'completion', shell]),
  ].join('')
}

/**
 * Patterns of commands that the hook must not write. Users may not be able to read the machine's configuration; the hook
 * then writes all commands, and the service leaves out those that its configuration names.
 */
function ignoredBy({ whose, configuration }: Recording, env: CommandIo['env']): readonly string[] {
  try {
    return loadConfig({ home: configuration, env }).config.history.ignore
  } catch (error) {
    if (whose === 'machine') return []
    throw error
  }
}

/** Empty where the machine's node records. */
function startOf(io: CommandIo, shell: Shell): string {
  if (recordingPaths(io.env).whose !== 'own') return ''
  const start = [...programOf(io).words, 'up', '--background', '--unless-failed', ...homeWords(io)]
  return STARTERS[shell]({ lock: homePaths(io.env).lock, process: DAEMON_NAME, start })
}

/** The guard's part of the hook; empty for a shell without a line editor, and for the profile `off`. */
function guardOf(io: CommandIo, shell: Shell): string {
  const guarded = GUARD_SHELLS.find((one) => one === shell)
  const guard = guarded && loadGuard(io)
  if (guarded === undefined || guard === undefined) return ''
  // What the machine's rules deny or ask about holds in every profile, so it needs the guard even with the profile `off`.
  const holds = guard.rules.some(({ kind, whose }) => kind !== 'allow' && whose === 'machine')
  if (guard.profile === 'off' && !holds) return ''
  return GUARDS[guarded]({
    ask: [...programOf(io).words, 'guard', 'ask', '--shell', guarded, ...homeWords(io)],
    ruled: ruledTools().filter((name) => !ONLY_BEFORE_OTHERS.has(name)),
    plain: PLAIN_LINES,
    files: guard.files.map(({ path }) => path),
    machineFile: MACHINE_RULES,
    fleetFiles: [fleetFile(io.home), MACHINE_FLEET],
    resident: join(io.home, RESIDENT_PREFIX),
    timeoutMs: guard.timeoutMs,
    onError: guard.onError,
  })
}

/** Throws KaroError bad_request for a shell without a line editor, in which the flag has no effect. */
export function editedShell(shell: Shell, flag: string): FinderShell {
  const found = GUARD_SHELLS.find((one) => one === shell)
  if (found !== undefined) return found
  throw usage(
    `${shell} has no line editor, so Karo cannot bind a key in it`,
    `--${flag}`,
    `Shells that have one: ${GUARD_SHELLS.join(', ')}.`,
  )
}

/** Empty where no key is asked for. */
function finderOf(io: CommandIo, shell: Shell, wanted: Parts['finder']): string {
  const keys = FINDER_KEYS.filter((key) => wanted[key])
  const [first] = keys
  if (first === undefined) return ''
  const find = [...programOf(io).words, 'history', '--interactive', ...homeWords(io)]
  return FINDERS[editedShell(shell, first)]({ find, keys })
}

function askerOf(io: CommandIo, shell: Shell): string {
  const asked = editedShell(shell, ASK_KEY)
  const by = (command: string) => [
    ...programOf(io).words,
    command,
    '--line',
    '--shell',
    asked,
    ...homeWords(io),
  ]
  return ASKERS[asked]({ ask: by('ask'), fix: by('fix') })
}

/** Commands that only change the directory if they stand alone in a line. */
const ONLY_BEFORE_OTHERS: ReadonlySet<string> = new Set(['cd', 'pushd'])
