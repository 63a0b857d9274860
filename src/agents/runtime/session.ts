// One life of an agent: its process in a jail, the greeting, its tools, and calls of them, by the official MCP client.
import type {
  Client,
  JSONRPCMessage,
  jsonSchemaValidator,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import { within } from '../../base/async/deadline.ts'
import type { Timers } from '../../base/clock.ts'
import { VERSION } from '../../base/version.ts'
import { type BoundFile, RightEnded } from '../types.ts'
import type { Mask } from './mask.ts'
import { type AgentTransport, ENDED, MESSAGE_CHARS } from './transport.ts'

/** Milliseconds until an agent has to have greeted and listed its tools: in an emulated guest on a busy machine that takes long. */
const GREETING_MS = 60_000
/** Milliseconds that an agent has to stop a call, or to end, before its jail is killed. */
const GRACE_MS = 1_000
/** Milliseconds between two pings of a server that Karo did not start, and for the answer to one. */
const PING_MS = 15_000
const PING_LATE_MS = 5_000
const MOST_TOOLS = 256
const MOST_PAGES = 16
const NAME_CHARS = 128
const DESCRIPTION_CHARS = 2_000
/** Characters of the JSON Schema of a tool's arguments, and how deep it may be nested. */
const SCHEMA_CHARS = 8 * 1024
const SCHEMA_DEPTH = 16
/** How deep a result may be nested; a line of output bounds how long it is. */
const RESULT_DEPTH = 64
/** Its own fault, and no answer. */
const NO_MCP = 'it does not answer as an MCP server does'
/** Behind the words of the client. */
const UNFLUSHED = `. It had ${GREETING_MS / 1000} s; a program has to flush its standard output behind each answer`

export interface Tool {
  readonly name: string
  readonly description: string
  /** What it says of itself; nobody has checked it. */
  readonly readOnly: boolean
  /** JSON Schema of its arguments as the agent gives it; null: too long or nested too deeply to be shown. */
  readonly inputSchema: Readonly<Record<string, unknown>> | null
}

export type CallOutcome =
  /** `json`: the CallToolResult. `failed`: the tool says so itself. */
  | { readonly kind: 'result'; readonly json: string; readonly failed: boolean }
  /** The agent answered with an error, or with a result out of bounds. */
  | { readonly kind: 'error'; readonly message: string }
  /** `mayGoOn`: it runs outside of jails, where nothing can be killed, and did not say that it stopped. */
  | { readonly kind: 'canceled'; readonly mayGoOn?: boolean }
  /** Its end is not known: no answer in time, or the agent has ended meanwhile. */
  | { readonly kind: 'unknown'; readonly message: string }

export interface CallOptions {
  /** Aborting it cancels the call: the agent is told, and killed if it does not answer within a second; in a jail with RightEnded at once. */
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly traceId: string
  /** What it was let through with, where it starts a jail of its own. */
  readonly code: readonly BoundFile[]
  readonly onProgress: (done: number, total: number | null, message: string | null) => void
}

export interface Session {
  readonly job: string
  readonly tools: readonly Tool[]
  /** What the server calls itself. */
  readonly server: string
  /** Resolves with why it is over, when no process is left. Never rejects. */
  readonly over: Promise<string>
  /** True when it was killed because it did not stop a call: that is no crash. */
  endedForCall(): boolean
  /** One call at a time. Never rejects. */
  call(tool: string, input: Readonly<Record<string, unknown>>, options: CallOptions): Promise<CallOutcome>
  /** Lets it end by itself for a second, then kills it; a call under way is told why. Resolves when no process is left. */
  end(why: string): Promise<void>
}

export interface SessionDeps {
  readonly job: string
  /** The way to its program, once the official client is loaded. */
  readonly open: (sdk: {
    readonly parse: (value: unknown) => JSONRPCMessage
    readonly Transport: typeof StreamableHTTPClientTransport
  }) => AgentTransport
  /** Goes over everything that the agent says. */
  readonly mask: Mask
  readonly timers: Timers
  /** Ends it while it begins; later it does nothing. */
  readonly signal: AbortSignal
}

/** Schemas come from the agent: compiling them would let it choose what this process computes. */
const ANYTHING: jsonSchemaValidator = {
  getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
}

/**
 * Resolves when the agent has greeted and listed its tools. Rejects with the KaroError of the Muscle, or with an Error that says
 * what the agent did; no process is left then.
 */
export async function beginSession(deps: SessionDeps): Promise<Session> {
  const { job, open, mask, timers, signal } = deps
  const sdk = await import('./mcp-client.ts')
  const transport = open({
    parse: (value) => sdk.parseJSONRPCMessage(value),
    Transport: sdk.StreamableHTTPClientTransport,
  })
  const client = new sdk.Client(
    { name: 'karo', version: VERSION },
    { capabilities: {}, jsonSchemaValidator: ANYTHING, listMaxPages: MOST_PAGES },
  )
  const told = (words: string): string => mask.text(words).slice(0, MESSAGE_CHARS)
  let begun = false
  const startJob = transport.start
  transport.start = async () => {
    await startJob()
    begun = true
    if (signal.aborted) give()
  }
  const give = (): void => transport.kill('it was stopped')
  signal.addEventListener('abort', give, { once: true })
  try {
    const limit = { timeout: GREETING_MS, maxTotalTimeout: GREETING_MS }
    const greeted = async () => {
      await client.connect(transport, limit)
      return client.getServerCapabilities()?.tools ? await client.listTools(undefined, limit) : { tools: [] }
    }
    const { tools } = await greeted().catch((error: Failure) => {
      const isSilent = error.code === 'REQUEST_TIMEOUT' && !transport.outlivesKill
      throw begun ? new Error(`${NO_MCP}: ${error.message}${isSilent ? UNFLUSHED : ''}`) : error
    })
    if (tools.length > MOST_TOOLS) throw new Error(`it offers more than ${MOST_TOOLS} tools`)
    // One is approved by its name: which of the two is called would be the agent's to choose.
    const names = tools.map(({ name }) => name)
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice !== undefined)
      throw new Error(`it offers two tools with the name ${twice.slice(0, NAME_CHARS)}`)
    let calls = 0
    if (transport.outlivesKill) watch(client, transport, timers, () => calls > 0)
    const { name = '', version = '' } = client.getServerVersion() ?? {}
    let forCall = false
    return {
      endedForCall: () => forCall,
      job,
      server: mask.text(`${name} ${version}`).trim().slice(0, NAME_CHARS),
      over: transport.over.then(told),
      tools: mask
        .value(tools)
        .filter((tool) => tool.name.length <= NAME_CHARS)
        .map((tool) => ({
          name: tool.name,
          description: (tool.description ?? '').slice(0, DESCRIPTION_CHARS),
          readOnly: tool.annotations?.readOnlyHint === true,
          inputSchema: isSmall(tool.inputSchema) ? tool.inputSchema : null,
        })),
      call(tool, input, options) {
        calls += 1
        return call(client, transport, {
          tool,
          input,
          mask,
          timers,
          ...options,
          onKill() {
            forCall = true
          },
        }).finally(() => {
          calls -= 1
        })
      },
      async end(why) {
        transport.hangUp(why)
        if (!(await within(transport.over, GRACE_MS, timers))) transport.kill(why)
        await transport.over
      },
    }
  } catch (error) {
    if (!begun) throw error
    const said = told((error as Error).message)
    transport.kill(said)
    const why = told(await transport.over)
    // The client ends the connection before it says what was wrong with the greeting.
    throw new Error(why === ENDED ? said : why)
  } finally {
    signal.removeEventListener('abort', give)
  }
}

/**
 * No process of it ends when its server does, so it is asked again and again whether it is there. An honest server may do one
 * thing at a time: it is not asked during a call, which has a deadline of its own.
 */
function watch(client: Client, transport: AgentTransport, timers: Timers, isCalled: () => boolean): void {
  const again = (): void => watch(client, transport, timers, isCalled)
  const stop = timers.after(PING_MS, () => {
    if (isCalled()) return again()
    client.ping({ timeout: PING_LATE_MS }).then(again, (error: Error) => {
      if (isCalled()) again()
      else transport.kill(`it did not answer a ping: ${error.message}`)
    })
  })
  void transport.over.then(stop)
}

interface Call extends CallOptions {
  readonly tool: string
  readonly input: Readonly<Record<string, unknown>>
  readonly mask: Mask
  readonly timers: Timers
  /** Before it is killed because it did not stop the call. */
  readonly onKill: () => void
}

async function call(client: Client, transport: AgentTransport, options: Call): Promise<CallOutcome> {
  const { tool, input, mask, signal, timeoutMs, traceId, timers, onProgress, onKill } = options
  const told = (words: string): string => mask.text(words).slice(0, MESSAGE_CHARS)
  let ended: string | undefined
  void transport.over.then((why) => {
    ended = why
  })
  const late = new AbortController()
  const cancel = timers.after(timeoutMs, () => late.abort())
  try {
    const result = await client.callTool(
      { name: tool, arguments: { ...input }, _meta: { traceparent: traceparentOf(traceId) } },
      {
        signal: AbortSignal.any([signal, late.signal]),
        // The deadline is the one above, which tells its own end from others.
        timeout: 2 * timeoutMs,
        onprogress: ({ progress, total, message }) =>
          onProgress(progress, total ?? null, message === undefined ? null : told(message)),
      },
    )
    return resultOf(result, mask)
  } catch (error) {
    // The kill would come before the word that the call is cancelled, which is all that a server outside of jails gets.
    const hasTime = transport.outlivesKill || !(signal.reason instanceof RightEnded)
    const isStopped =
      (signal.aborted || late.signal.aborted) && (await settle(transport, hasTime, timers, onKill))
    if (signal.aborted) return { kind: 'canceled', mayGoOn: transport.outlivesKill && !isStopped }
    if (late.signal.aborted)
      return { kind: 'unknown', message: `it did not answer within ${timeoutMs / 1000} s` }
    // The client hears of the end before its reason is known.
    if (isGone(error) || transport.ending()) ended ??= await transport.over
    if (ended !== undefined)
      return { kind: 'unknown', message: `the agent has ended (karo agent logs says more): ${told(ended)}` }
    // Of errors of JSON-RPC the code is a number; those of the client say what the agent does wrong, over several lines.
    const { code, message } = error as Failure
    const how = typeof code === 'number' ? 'the agent answers' : NO_MCP
    return { kind: 'error', message: `${how}: ${told(message.replaceAll(/\s+/g, ' '))}` }
  } finally {
    cancel()
  }
}

/** An error of the client; of those of JSON-RPC the code is a number. */
type Failure = Error & { readonly code?: unknown }

const isGone = (error: unknown): boolean => {
  const code = (error as Failure | null)?.code
  return code === 'CONNECTION_CLOSED' || code === 'NOT_CONNECTED' || code === 'SEND_FAILED'
}

/**
 * The client has told the agent that the call is cancelled. What still works on it a second later, or has no time, is killed.
 * True where it answered instead.
 */
async function settle(
  transport: AgentTransport,
  hasTime: boolean,
  timers: Timers,
  onKill: () => void,
): Promise<boolean> {
  const settled = Promise.race([transport.answered(), transport.over])
  if (hasTime && (await within(settled, GRACE_MS, timers))) return !transport.ending()
  onKill()
  transport.kill('a call of it was over, and it did not stop')
  await transport.over
  return false
}

function resultOf(result: { readonly isError?: boolean | undefined }, mask: Mask): CallOutcome {
  if (depthOf(result, RESULT_DEPTH) > RESULT_DEPTH)
    return { kind: 'error', message: `the result is nested deeper than ${RESULT_DEPTH}` }
  return { kind: 'result', json: JSON.stringify(mask.value(result)), failed: result.isError === true }
}

const isSmall = (schema: unknown): boolean =>
  depthOf(schema, SCHEMA_DEPTH) <= SCHEMA_DEPTH && JSON.stringify(schema).length <= SCHEMA_CHARS

/** How deep `value` is nested, counted to one more than `most`. */
function depthOf(value: unknown, most: number): number {
  if (typeof value !== 'object' || value === null) return 0
  if (most < 0) return 1
  let deepest = 0
  for (const item of Object.values(value)) deepest = Math.max(deepest, depthOf(item, most - 1))
  return 1 + deepest
}

/** W3C trace context: the id of the request, with the first half of it as the id of this step. */
const traceparentOf = (traceId: string): string => `00-${traceId}-${traceId.slice(0, 16)}-01`
