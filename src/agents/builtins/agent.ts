// An agent that is part of the daemon and has no process of its own; what its tools may touch is in tools.ts and outward.ts.
import { KaroError, sayWhy } from '../../base/errors.ts'
import { isMembers } from '../../base/shape/json-object.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { DEFAULT_CALL_MS, DEFAULT_LIMITS } from '../manifest/words.ts'
import { OtherCode } from '../muscle/client.ts'
import type { Agent } from '../runtime/agent.ts'
import type { Mask } from '../runtime/mask.ts'
import type { Known } from '../runtime/registry.ts'
import type { CallOutcome, Session, Tool } from '../runtime/session.ts'
import type { Action, AgentId, BoundFile } from '../types.ts'

export type Input = Readonly<Record<string, unknown>>

/**
 * The effect of a task outside of the daemon, for the gates and for the card. `input`: the standard input of its
 * command.
 */
export type Acts = Pick<Action, 'argv' | 'cwd' | 'binds' | 'input'>

/** Whose the call is; nobody else's data is touched. */
export interface Whose {
  readonly person: number
  readonly signal: AbortSignal
  /** 32 hex digits. */
  readonly traceId: string
  /** See `CallOptions`. */
  readonly code: readonly BoundFile[]
}

export interface BuiltInTool {
  readonly name: string
  readonly description: string
  /** False for one that changes the person's own store: then the gates ask the person. */
  readonly readOnly: boolean
  /** By name: the description of the argument, and whether it is required. */
  readonly takes: Readonly<
    Record<string, { readonly type: 'string' | 'number' | 'object' | 'array'; readonly required: boolean }>
  >
  /** The arguments as they are kept with the task, shown and run; absent: as they were given. */
  readonly kept?: (input: Input) => Input
  /** The result as JSON. Rejects with KaroError. */
  run(input: Input, whose: Whose): Promise<unknown>
  /** Whether the tool says by this answer that it failed; absent: never. */
  failed?(answer: unknown): boolean
}

export interface BuiltIn {
  readonly id: AgentId
  /** The purpose of the agent, in a sentence. */
  readonly purpose: string
  readonly tools: readonly BuiltInTool[]
  /** Whether it can do anything on this machine; absent: always. */
  readonly isUseful?: () => boolean
  /** Only of an agent whose tasks name the command that it runs: what that command is. Throws KaroError `bad_request`. */
  readonly acts?: (input: Input) => Acts
}

/** Characters of one answer. */
const MOST_ANSWER = 512 * 1024

const toolOf = ({ name, description, readOnly, takes }: BuiltInTool): Tool => ({
  name,
  description,
  readOnly,
  inputSchema: {
    type: 'object',
    properties: Object.fromEntries(Object.entries(takes).map(([key, { type }]) => [key, { type }])),
    required: Object.entries(takes).flatMap(([key, { required }]) => (required ? [key] : [])),
    additionalProperties: false,
  },
})

/** The built-in agent as one person sees it. */
export function builtInFor(
  { id, purpose, tools, acts }: BuiltIn,
  person: number,
  later?: () => Mask | undefined,
): Known {
  const name = id.slice(id.indexOf(':') + 1)
  const always = (): KaroError =>
    new KaroError('refused', `${id} is built in: it is always there, and cannot be stopped or removed`)
  const session: Session = {
    job: id,
    server: `karo ${name}`,
    tools: tools.map(toolOf),
    over: new Promise<string>(() => {}),
    endedForCall: () => false,
    async call(tool, input, { signal, traceId, code }) {
      const outcome = await call(tools, tool, input, { person, signal, traceId, code })
      const mask = later?.()
      // Nothing to hide: the answer stays as it is, which may be half a megabyte.
      if (outcome.kind !== 'result' || mask === undefined) return outcome
      return { ...outcome, json: JSON.stringify(mask.value(JSON.parse(outcome.json))) }
    },
    end: async () => {},
  }
  const agent: Agent = {
    errors: { push() {}, end() {}, note() {}, hide() {}, read: () => ({ lines: [], dropped: 0, cut: 0 }) },
    status: () => ({ state: 'running', detail: purpose, restarts: 0, since: null }),
    session: () => session,
    start: async () => session,
    async call(tool, input, options) {
      const isOver = (): boolean => options.signal.aborted
      if (isOver()) return { kind: 'canceled' }
      await options.onBegin(session.tools.find((one) => one.name === tool))
      // It may have been cancelled while the gates were asked again.
      return isOver() ? { kind: 'canceled' } : session.call(tool, input, options)
    },
    stop: () => Promise.reject(always()),
    refuse() {},
    retire: () => Promise.reject(always()),
  }
  const manifest: Manifest = {
    id,
    name,
    person,
    argv: ['karo'],
    cwd: '/',
    binds: [],
    tools: [],
    secrets: [],
    capabilities: [],
    limits: DEFAULT_LIMITS,
    callMs: DEFAULT_CALL_MS,
    why: purpose,
    addedAt: 0,
  }
  return {
    id,
    name,
    person,
    agent,
    manifest: async () => manifest,
    ...(acts !== undefined && {
      forTask({ tool, input }) {
        const meant = tools.find((one) => one.name === tool)
        if (meant === undefined) return { manifest, input }
        const given = JSON.parse(input) as Input
        // A task that cannot run is refused before anybody is asked about it.
        check(meant, given)
        const { input: read, ...rest } = acts(given)
        return { manifest: { ...manifest, ...rest }, input: read }
      },
    }),
  }
}

async function call(
  tools: readonly BuiltInTool[],
  name: string,
  input: Input,
  whose: Whose,
): Promise<CallOutcome> {
  const tool = tools.find((one) => one.name === name)
  if (tool === undefined) return { kind: 'error', message: `there is no tool ${name}` }
  try {
    check(tool, input)
    const answer = await tool.run(input, whose)
    const json = JSON.stringify(answer, undefined, 1)
    if (json.length > MOST_ANSWER) return { kind: 'error', message: 'the answer is too long; ask for less' }
    return said(json, tool.failed?.(answer) ?? false)
  } catch (error) {
    if (whose.signal.aborted) return { kind: 'canceled' }
    if (!(error instanceof KaroError) || error instanceof OtherCode) throw error
    return said(sayWhy(error), true)
  }
}

const said = (text: string, failed: boolean): CallOutcome => ({
  kind: 'result',
  failed,
  json: JSON.stringify({ content: [{ type: 'text', text }], isError: failed }),
})

/** Throws KaroError `bad_request` for arguments that are not those of the tool. */
function check({ takes }: BuiltInTool, input: Input): void {
  const wrong = (why: string): KaroError => new KaroError('bad_request', why, { where: 'input' })
  for (const [name, value] of Object.entries(input)) {
    const taken = Object.hasOwn(takes, name) ? takes[name] : undefined
    if (taken === undefined)
      throw wrong(
        `it takes no '${name.slice(0, 64)}'; it takes: ${Object.keys(takes).join(', ') || 'nothing'}`,
      )
    const isOne =
      taken.type === 'object'
        ? isMembers(value)
        : taken.type === 'array'
          ? Array.isArray(value)
          : typeof value === taken.type
    const article = /^[ao]/.test(taken.type) ? 'an' : 'a'
    if (!isOne) throw wrong(`${name} has to be ${article} ${taken.type}`)
  }
  const missing = Object.entries(takes).find(
    ([name, { required }]) => required && !Object.hasOwn(input, name),
  )
  if (missing !== undefined) throw wrong(`${missing[0]} is missing`)
}
