// karo task: has agents call tools, follows the tasks that come of it, and cancels them.

import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { REMOTE_ID_MAX } from '../../../../protocols/messages/agent.ts'
import { isAway } from '../../../api/contract/client/explain.ts'
import { CHOSEN_NAME } from '../../../api/contract/constants.ts'
import {
  cancelTask,
  followTask,
  getTask,
  getTasks,
  runTask,
} from '../../../api/contract/operations/agents/agents.ts'
import type { TaskLineShape, TaskShape } from '../../../api/contract/shapes.ts'
import { orElse } from '../../../base/run/or-else.ts'
import { isTable } from '../../../config/kinds.ts'
import { atHome, type Place } from '../../at-home.ts'
import {
  AGENT,
  AT,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  facts,
  fitted,
  KaroError,
  localTime,
  printable,
  printJson,
  type Screen,
  table,
  usage,
  WHY,
  whole,
} from '../../kit.ts'
import { pause, watchInterrupt } from '../../terminal/interrupt.ts'
import { createLiveLine } from '../../terminal/live-line.ts'

const COLOUR: Partial<Record<TaskShape['state'], 'red' | 'green' | 'yellow'>> = {
  completed: 'green',
  failed: 'red',
  rejected: 'red',
  'input-required': 'yellow',
}

function taskView(task: TaskShape, screen: Screen): string {
  const { id, agent, tool, state, why, trace_id, given_by, approval, input, events, result } = task
  const known = {
    state,
    agent,
    tool,
    arguments: JSON.stringify(input),
    why,
    'given by': given_by ?? null,
    approval,
    trace: trace_id,
  }
  const happened = events.map(
    (event) => `  ${event.seq}  ${localTime(event.at)}  ${printable(event.state)}${wordsOf(event)}\n`,
  )
  const said = resultView(result)
  return `${facts(screen, id, known)}\n${fitted(happened.join(''), screen)}${said === '' ? '' : `\n${said}`}`
}

type Told = Pick<TaskLineShape, 'state' | 'message' | 'progress'>

/** What a person reads of one event, behind its state. */
function wordsOf({ message, progress }: Told): string {
  const { done, total } = progress ?? {}
  const counted = done === undefined ? '' : ` ${done}${total === null ? '' : ` of ${total}`}`
  return `${counted}${message ? `: ${printable(message)}` : ''}`
}

/** `at`: the machine that the task was given to, if that is another one. */
const progressLine = (
  io: Place,
  line: Told & Pick<TaskLineShape, 'approval' | 'away'>,
  at?: string,
): string => {
  const state = printable(line.state)
  // Short, because a line that does not fit is not shown.
  if (line.away) return `${printable(String(at))} is not reached; before: ${state}`
  return `${state}${wordsOf(line)}${line.approval ? ` (${approving(io, line.approval, at)})` : ''}`
}

/** How a person answers; the command for another machine is typed there. */
function approving(io: Place, approval: string, at: string | undefined): string {
  const command = `karo approvals approve ${printable(approval)}`
  return at === undefined
    ? `answer it: ${atHome(command, io)}`
    : `on ${printable(at)}, or on a third machine with --at ${printable(at)}: ${command}`
}

/** Why a task is not done, and what to do about it. */
function stateLine(io: Place, line: Told & Pick<TaskLineShape, 'task' | 'approval'>, at?: string): string {
  const what = `${line.task} is ${printable(line.state)}${wordsOf(line)}\n`
  if (line.state !== 'input-required' || line.approval === undefined) return what
  const how = approving(io, line.approval, at)
  const show = atHome(`karo task show ${nameOf({ id: line.task, at })}`, io)
  return `${what}${how[0]?.toUpperCase()}${how.slice(1)}. ${show} shows what became of it.\n`
}

/** The texts of a CallToolResult, each with a line end; other parts by their kind. */
function resultView(result: unknown): string {
  const content = (result as { content?: unknown } | null | undefined)?.content
  if (!Array.isArray(content)) return ''
  return content
    .map((part: { type?: unknown; text?: unknown; mimeType?: unknown } | null) => {
      if (part?.type === 'text' && typeof part.text === 'string')
        // Lines stay lines; all else that a terminal would obey is made visible.
        return part.text.replace(/\n?$/, '\n').split('\n').map(printable).join('\n')
      return `[${printable(String(part?.type))}${part?.mimeType === undefined ? '' : ` ${printable(String(part.mimeType))}`}; karo task show --json has it]\n`
    })
    .join('')
}

/** Milliseconds between attempts to reach a daemon that went away, and for how long they go on. */
const AWAY = { ms: 500, most: 30_000 }
/** One result, as JSON in JSON. */
const MAX_LINE_BYTES = 8 * 1024 * 1024
const CANCEL_DEADLINE_MS = 85_000
/** Another machine has to be found first. */
const RUN_DEADLINE_MS = 85_000
/** What names a task, here or on another machine. */
const ONE_TASK = {
  args: { id: { description: 'the id of a task, see karo task list', completes: 'task:list:id' } },
  options: { at: AT },
} as const

const EXIT_OF: Readonly<Record<TaskLineShape['state'], ExitCode>> = {
  submitted: EXIT.failed,
  working: EXIT.failed,
  'input-required': EXIT.refused,
  'auth-required': EXIT.refused,
  completed: EXIT.done,
  failed: EXIT.failed,
  canceled: EXIT.failed,
  rejected: EXIT.refused,
}

const EVENTS = 'one line for each event of the task (NDJSON); the last one has `final` and `result`'

const run = defineCommand('task run', {
  summary: 'have an agent call a tool; a call that may change something needs your yes first',
  shows: followTask,
  json: EVENTS,
  args: {
    agent: AGENT,
    tool: 'one of its tools, see karo agent describe',
    input: { optional: true, description: 'its arguments as a JSON object' },
  },
  options: {
    follow: { short: 'f', description: 'if somebody has to approve it, wait for that too' },
    id: { value: 'id', description: 'a task with the same id never runs twice' },
    why: WHY,
    at: AT,
  },
  examples: {
    'karo task run files list_directory \'{"path": "/srv/app"}\'': 'prints what the tool answers',
    'karo task run files index --id nightly-1': 'a script may repeat it; it runs once',
  },
  async run(io, { args, options: { at, why, follow: waits, id = `t-${randomBytes(8).toString('hex')}` } }) {
    const most = at === undefined ? 64 : REMOTE_ID_MAX
    if (!CHOSEN_NAME.test(id) || id.length > most)
      throw usage(`an id has at most ${most} letters, digits and . _ -`, '--id')
    const body = { ...args, input: inputOf(args.input), id, at, why }
    const lost = () =>
      io.err(atHome(`karo task show ${nameOf({ id, at })} shows what became of the task.\n`, io))
    await whileAway(at, () => io.call(runTask, { body, deadlineMs: RUN_DEADLINE_MS }), lost)
    return follow(io, { id, at }, waits, lost)
  },
})

function inputOf(text = '{}'): string {
  if (isTable(orElse(() => JSON.parse(text), undefined))) return text
  throw usage('the arguments are not a JSON object', 'INPUT', `Write them like this: '{"path": "/srv/app"}'`)
}

/** A request with an id may be repeated: the daemon knows the task by it. `lost`: it may have begun, and no answer came. */
async function whileAway(at: string | undefined, ask: () => Promise<unknown>, lost: () => void) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask()
    } catch (error) {
      // What does not run at all was not begun to be asked.
      const isLate = at !== undefined && error instanceof KaroError && error.code === 'timeout'
      if (!(isLate || isAway(error)) || (tries === 1 && error.code === 'not_running')) throw error
      if (tries === 3) {
        lost()
        throw error
      }
      await sleep(AWAY.ms)
    }
  }
}

/** A task, and the machine that it is given to, if that is another one. */
interface Which {
  readonly id: string
  readonly at?: string | undefined
}

/**
 * Shows the events until the task is over, or waits for somebody; continues where a connection broke. `lost`: the task was
 * given just now, so that also a first attempt that fails is a connection that broke, and this tells of it.
 */
async function follow(
  io: CommandIo,
  which: Which,
  waits: boolean | undefined,
  lost?: () => void,
): Promise<ExitCode> {
  using interrupt = watchInterrupt()
  const { signal } = interrupt
  using live = createLiveLine(io)
  const named = nameOf(which)
  let after = 0
  let triesUntil = lost ? performance.now() + AWAY.most : 0
  while (!signal.aborted) {
    const began = performance.now()
    try {
      for await (const line of io.daemon.lines(followTask, {
        query: { ...which, after },
        signal,
        maxBytes: MAX_LINE_BYTES,
      })) {
        after = line.seq
        triesUntil = performance.now() + AWAY.most
        if (io.json) printJson(io, line)
        else live.show(progressLine(io, line, which.at))
        if (line.final || (line.state === 'input-required' && !waits)) {
          live.end()
          if (io.json) return EXIT_OF[line.state]
          io.out(resultView(line.result))
          if (line.state !== 'completed') io.err(stateLine(io, line, which.at))
          return EXIT_OF[line.state]
        }
      }
    } catch (error) {
      const now = performance.now()
      // What lasted was a connection, though nothing happened meanwhile.
      if (now - began > AWAY.most) triesUntil = now + AWAY.most
      if (!signal.aborted && (!isAway(error) || now > triesUntil)) {
        live.end()
        lost?.()
        throw error
      }
    }
    await pause(AWAY.ms, signal)
  }
  live.end()
  const ways = `karo task follow ${named} shows it, karo task cancel ${named} ends it.`
  io.err(atHome(`The task continues. ${ways}\n`, io))
  return EXIT.failed
}

/** As it is typed behind a command. */
const nameOf = ({ id, at }: Which): string => (at === undefined ? id : `${id} --at ${at}`)

const list = defineCommand('task list', {
  summary: 'list your tasks, the newest first',
  shows: getTasks,
  options: {
    limit: {
      value: 'number',
      reads: whole(1, 10_000),
      default: '20',
      description: 'at most so many, 1 to 10000',
    },
    at: AT,
  },
  view: ({ tasks }, io, { options }) =>
    table(
      io,
      tasks,
      {
        TASK: 'id',
        AGENT: 'agent',
        TOOL: { value: 'tool', shrink: true },
        STATE: { value: 'state', style: ({ state }) => COLOUR[state] },
        GIVEN: 'created_at',
      },
      // Whose tasks they are is decided by a login, which a restart of this node may have ended.
      options.at
        ? atHome('No tasks of the one you ask as; karo whoami says who that is.\n', io)
        : 'No tasks.\n',
    ),
})

const showTask = defineCommand('task show', {
  summary: 'show one of your tasks: its arguments, what happened, and its result',
  shows: getTask,
  ...ONE_TASK,
  view: taskView,
})

const cancel = defineCommand('task cancel', {
  summary: 'cancel a task: its call is stopped, and its agent killed if it does not stop',
  shows: cancelTask,
  ...ONE_TASK,
  deadlineMs: CANCEL_DEADLINE_MS,
  view: ({ id, state }) => `${id}: ${state}\n`,
})

const followOne = defineCommand('task follow', {
  summary: 'show the events of a task of yours, from the first one until it ends',
  shows: followTask,
  json: EVENTS,
  ...ONE_TASK,
  run: (io, { args, options }) => follow(io, { ...args, at: options.at }, true),
})

export const commands = [run, list, showTask, followOne, cancel]
