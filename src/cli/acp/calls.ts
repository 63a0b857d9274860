// Joins an agent's messages about a tool call into the text that a person is shown and an approval covers.
import type { RequestPermissionRequest } from '@agentclientprotocol/sdk'
import { APPROVAL_INPUT_CHARS } from '../../api/contract/constants.ts'
import { createRecent } from '../../base/recent.ts'
import { type Members, membersOf } from '../../base/shape/json-object.ts'

/** The most calls that are remembered, each with at most the characters of a request in the inbox. */
const CALLS_MAX = 128
const SESSIONS_MAX = 256
/** Members of the arguments of a call in which agents name a command, its further words, and the directory it runs in. */
const COMMANDS = ['command', 'cmd', 'script', 'shell_command', 'commandLine']
const ARGUMENTS = ['args', 'arguments']
const DIRECTORIES = ['cwd', 'workdir', 'directory', 'working_directory']

/** What is asked for permission, complete enough to be judged, shown and bound. */
export interface Wanted {
  /** Kind and name, in the agent's words. */
  readonly action: string
  /** The exact words of a command; undefined for what is no command. */
  readonly argv: readonly string[] | undefined
  /** The same as a line for a shell, for the guard. */
  readonly command: string | undefined
  /**
   * The agent's whole description of the call, as JSON; undefined if it is longer than a request of the inbox may be.
   */
  readonly input: string | undefined
  readonly cwd: string | undefined
  readonly title: string
}

/** A choice that the agent offers. */
export interface Option {
  readonly id: string
  readonly kind: RequestPermissionRequest['options'][number]['kind']
}

export type Calls = ReturnType<typeof createCalls>

const KINDS = ['allow_once', 'allow_always', 'reject_once', 'reject_always'] as const
/** What an agent may say of a call once, and refer to by its id later. */
const KEPT = ['kind', 'title', 'name', 'content', 'locations', 'rawInput'] as const

/** What is known of a call. `cut`: too much was said of it, and only what the guard judges is left. */
interface Known {
  readonly said: Members
  readonly cut: boolean
}

export function createCalls(quote: (word: string) => string) {
  const calls = createRecent<string, Known>(CALLS_MAX)
  const places = createRecent<string, string>(SESSIONS_MAX)

  /** The earlier description of the call, updated with the new message. */
  function merged(session: string, said: Members): Known {
    const key = `${session}\n${String(said.toolCallId)}`
    const known = calls.get(key)
    const all: Record<string, unknown> = { ...known?.said }
    for (const name of KEPT) if (said[name] !== undefined && said[name] !== null) all[name] = said[name]
    const now =
      known?.cut === true || !fits(all) ? { said: withoutPadding(all), cut: true } : { said: all, cut: false }
    calls.set(key, now)
    return now
  }

  return {
    /** Notes the parameters of `session/update`. */
    update(params: unknown): void {
      const { sessionId, update } = membersOf(params) ?? {}
      const said = membersOf(update)
      if (typeof sessionId !== 'string' || said === undefined) return
      if (said.sessionUpdate === 'tool_call' || said.sessionUpdate === 'tool_call_update')
        merged(sessionId, said)
    },
    /** Notes where a session works; the last directory counts. */
    place: (session: string, cwd: string) => void places.set(session, cwd),
    /** Reads the parameters of `session/request_permission`; undefined: they are none. */
    permission(params: unknown) {
      const { sessionId, toolCall, options } = membersOf(params) ?? {}
      const said = membersOf(toolCall)
      if (typeof sessionId !== 'string' || typeof said?.toolCallId !== 'string' || !Array.isArray(options))
        return undefined
      return {
        session: sessionId,
        options: options.slice(0, 64).flatMap(optionOf),
        wanted: wantedOf(merged(sessionId, said), places.get(sessionId), quote),
      }
    },
  }
}

const fits = (said: Members): boolean => JSON.stringify(said).length <= APPROVAL_INPUT_CHARS

/** The command and where it runs, without all that is only shown; empty where the command itself is too long. */
function withoutPadding({ kind, name, title, rawInput }: Members): Members {
  const raw = membersOf(rawInput)
  const names = [...COMMANDS, ...ARGUMENTS, ...DIRECTORIES]
  const judged = Object.fromEntries(
    names.flatMap((one) => (raw?.[one] === undefined ? [] : [[one, raw[one]]])),
  )
  const left = { kind, name, title, rawInput: judged }
  return fits(left) ? left : {}
}

function optionOf(value: unknown): readonly Option[] {
  const { optionId: id, kind } = membersOf(value) ?? {}
  const known = KINDS.find((one) => one === kind)
  return typeof id === 'string' && known !== undefined ? [{ id, kind: known }] : []
}

const textIn = (members: Members | undefined, names: readonly string[]): string | undefined =>
  names.map((name) => members?.[name]).find((value) => typeof value === 'string') as string | undefined

function wantedOf(
  { said: call, cut }: Known,
  place: string | undefined,
  quote: (word: string) => string,
): Wanted {
  const raw = membersOf(call.rawInput)
  const title = typeof call.title === 'string' ? call.title : ''
  const kind = typeof call.kind === 'string' ? call.kind : 'other'
  const words = wordsIn(raw)
  // An agent that gives no arguments names the command in the title, which people are shown.
  const said = textIn(raw, COMMANDS) ?? (kind === 'execute' && words === undefined ? title : undefined)
  const command = words?.map(quote).join(' ') ?? said
  const given = raw && textIn(raw, COMMANDS)
  const diffs = diffsIn(call.content)
  const own = textIn(raw, DIRECTORIES)
  const input = JSON.stringify({
    ...(diffs.length > 0 && { path: diffs[0]?.path, edits: diffs }),
    ...(command !== undefined && words === undefined && given === undefined && { command }),
    title,
    arguments: call.rawInput ?? null,
    locations: call.locations ?? [],
  })
  return {
    action: actionOf(kind, call.name),
    argv: words ?? (given === undefined ? undefined : ['bash', '-c', given]),
    command,
    title,
    input: cut || input.length > APPROVAL_INPUT_CHARS ? undefined : input,
    cwd: own?.startsWith('/') ? own : place,
  }
}

const isWords = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === 'string')

/** The exact words of a command: a list of them, or a program with a list of its arguments. */
function wordsIn(raw: Members | undefined): readonly string[] | undefined {
  const list = COMMANDS.map((name) => raw?.[name]).find(isWords)
  const rest = ARGUMENTS.map((name) => raw?.[name]).find(isWords)
  if (rest === undefined) return list
  const program = textIn(raw, COMMANDS)
  return list === undefined ? (program === undefined ? undefined : [program, ...rest]) : [...list, ...rest]
}

/**
 * Both fields count, because either may name the tool. A name that is more than words stays unknown, and unknown tools
 * are critical.
 */
function actionOf(kind: string, name: unknown): string {
  const both = typeof name === 'string' && name !== '' ? `${kind}:${name}` : kind
  return /^[\w.:/ -]{1,128}$/.test(both) ? both : 'unknown'
}

/** As the diff cards read them. */
function diffsIn(content: unknown): readonly { readonly path: string }[] {
  return (Array.isArray(content) ? content : []).flatMap((one) => {
    const { type, path, oldText, newText } = membersOf(one) ?? {}
    if (type !== 'diff' || typeof path !== 'string' || typeof newText !== 'string') return []
    return [typeof oldText === 'string' ? { path, oldText, newText } : { path, content: newText }]
  })
}
