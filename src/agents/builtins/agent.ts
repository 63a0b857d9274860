// An agent that is part of the daemon: no process and no jail, so it only reads and changes what is its own person's.
import { KaroError } from '../../base/errors.ts'
import { DEFAULT_CALL_MS, DEFAULT_LIMITS } from '../manifest/words.ts'
import type { Agent } from '../runtime/agent.ts'
import type { Known } from '../runtime/registry.ts'
import type { CallOutcome, Session, Tool } from '../runtime/session.ts'
import type { AgentId } from '../types.ts'

type Input = Readonly<Record<string, unknown>>

/** Whose the call is; nobody else's data is touched. */
interface Whose {
  readonly person: number
  readonly signal: AbortSignal
}

export interface BuiltInTool {
  readonly name: string
  readonly description: string
  /** False for one that changes the person's own store: then the gates ask the person. */
  readonly readOnly: boolean
  /** By name: what it is, and whether it has to be given. */
  readonly takes: Readonly<
    Record<string, { readonly type: 'string' | 'number' | 'object'; readonly required: boolean }>
  >
  /** The arguments as they are kept with the task, shown and run; absent: as they were given. */
  readonly kept?: (input: Input) => Input
  /** What it says, as JSON. Rejects with KaroError. */
  run(input: Input, whose: Whose): Promise<unknown>
}

export interface BuiltIn {
  readonly id: AgentId
  /** What it is for, in a sentence. */
  readonly purpose: string
  readonly tools: readonly BuiltInTool[]
}

/** Characters of one answer. */
const MOST_ANSWER = 512 * 1024

const toolOf = ({ name, description, readOnly, takes }: BuiltInTool): Tool => ({
  ...{ name, description, readOnly },
  inputSchema: {
    type: 'object',
    properties: Object.fromEntries(Object.entries(takes).map(([key, { type }]) => [key, { type }])),
    required: Object.entries(takes).flatMap(([key, { required }]) => (required ? [key] : [])),
    additionalProperties: false,
  },
})

/** The built-in agent as one person sees it. */
export function builtInFor({ id, purpose, tools }: BuiltIn, person: number): Known {
  const name = id.slice(id.indexOf(':') + 1)
  const always = (): KaroError =>
    new KaroError('refused', `${id} is built in: it is always there, and cannot be stopped or removed`)
  const session: Session = {
    ...{ job: id, server: `karo ${name}`, tools: tools.map(toolOf) },
    over: new Promise<string>(() => {}),
    endedForCall: () => false,
    call: (tool, input, { signal }) => call(tools, tool, input, { person, signal }),
    end: async () => {},
  }
  const agent: Agent = {
    errors: { push() {}, end() {}, note() {}, read: () => ({ lines: [], dropped: 0, cut: 0 }) },
    status: () => ({ state: 'running', detail: purpose, restarts: 0, since: null }),
    session: () => session,
    start: async () => session,
    async call(tool, input, options) {
      if (options.signal.aborted) return { kind: 'canceled' }
      await options.onBegin(session.tools.find((one) => one.name === tool))
      return session.call(tool, input, options)
    },
    stop: () => Promise.reject(always()),
    refuse() {},
    retire: () => Promise.reject(always()),
  }
  return {
    ...{ id, name, person, agent },
    manifest: async () => ({
      ...{ id, name, person, argv: ['karo'], cwd: '/', binds: [], tools: [], secrets: [], capabilities: [] },
      ...{ limits: DEFAULT_LIMITS, callMs: DEFAULT_CALL_MS, why: purpose, addedAt: 0 },
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
    const json = JSON.stringify(await tool.run(input, whose), undefined, 1)
    if (json.length > MOST_ANSWER) return { kind: 'error', message: 'the answer is too long; ask for less' }
    return said(json, false)
  } catch (error) {
    if (whose.signal.aborted) return { kind: 'canceled' }
    if (!(error instanceof KaroError)) throw error
    return said(error.hint === undefined ? error.message : `${error.message}. ${error.hint}`, true)
  }
}

const said = (text: string, failed: boolean): CallOutcome => ({
  ...{ kind: 'result', failed },
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
    const isOne = taken.type === 'object' ? isBag(value) : typeof value === taken.type
    if (!isOne) throw wrong(`${name} has to be ${taken.type === 'object' ? 'an object' : `a ${taken.type}`}`)
  }
  const missing = Object.entries(takes).find(
    ([name, { required }]) => required && !Object.hasOwn(input, name),
  )
  if (missing !== undefined) throw wrong(`${missing[0]} is missing`)
}

const isBag = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
