// A model endpoint on loopback for real AI tools: it orders one call of the shell or of the tool's own reader, search or writer of files or loader of skills, and ends the turn when it is told the result.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, dirname } from 'node:path'

/** What is ordered of a tool. */
export type Kind = 'command' | 'read' | 'search' | 'write' | 'skill'
type Members = Readonly<Record<string, unknown>>

export interface Endpoint {
  readonly port: number
  /** What the next turn orders: a command, or that the tool's own reader, search or writer is used on this file, or the skill of this name loaded. */
  order(text: string, kind?: Kind): void
  /** Whether a request since the last order offered a tool for it. */
  isOffered(): boolean
  /** What tools told the model of their calls since the last order. */
  told(): readonly string[]
  close(): void
}

const DONE = 'Done.'
const ID = 'call_karo_1'
/** Bytes of a request; tools send long instructions. */
const MOST = 8 * 1024 * 1024

export async function startEndpoint(): Promise<Endpoint> {
  let command = ''
  let kind: Kind = 'command'
  let results: string[] = []
  let isOffered = false

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request) if (text.length < MOST) text += chunk
    const path = request.url ?? ''
    const body = (text.startsWith('{') ? JSON.parse(text) : {}) as Members
    const way = WAYS.find(({ path: wanted }) => wanted.test(path))
    if (way === undefined || request.method !== 'POST') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[],"models":[]}')
      return
    }
    const result = way.result(body)
    if (result !== undefined) results.push(result)
    isOffered ||= toolNamed(way.tools(body), kind) !== undefined
    // Beside the turns tools ask for titles and the like, without tools.
    const tool = result === undefined ? toolNamed(way.tools(body), kind) : undefined
    const events = tool === undefined ? way.say(body) : way.call(tool, command)
    if (
      body.stream === false ||
      /:generateContent/.test(path) ||
      (way.whole !== undefined && body.stream !== true)
    ) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(way.whole?.(tool, command) ?? events[0]))
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const event of events) {
      const { type } = event as { type?: unknown }
      if (typeof type === 'string') response.write(`event: ${type}\n`)
      response.write(`data: ${JSON.stringify(event)}\n\n`)
    }
    response.end(way.end ?? '')
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port,
    order(text, of = 'command') {
      command = text
      kind = of
      results = []
      isOffered = false
    },
    isOffered: () => isOffered,
    told: () => results,
    close: () => server.close(),
  }
}

interface Tool {
  readonly name: string
  /** Its arguments for a command line, or for a path. */
  readonly args: (text: string) => Members
}

/** One protocol: how a request tells a result, names its shell tool, and how a call and an end are streamed. */
interface Way {
  readonly path: RegExp
  readonly result: (body: Members) => string | undefined
  /** The tools that the request offers. */
  readonly tools: (body: Members) => readonly Members[]
  readonly call: (tool: Tool, command: string) => readonly unknown[]
  readonly say: (body: Members) => readonly unknown[]
  /** The answer to a request that wants no stream. */
  readonly whole?: (tool: Tool | undefined, command: string) => unknown
  readonly end?: string
}

/** Names of the tools that do each, and what they are told; members that a tool does not know are left out of its call. */
const TOOLS: Readonly<Record<Kind, { readonly names: RegExp; readonly args: (text: string) => Members }>> = {
  command: {
    names: /^(?:Bash|bash|shell|shell_command|(?:tools\.)?exec_command|run_shell_command)$/,
    args: (command) => ({ command, cmd: command, description: 'as ordered' }),
  },
  read: { names: /^(?:Read|read|read_file|view)$/, args: placed },
  search: {
    names: /^(?:Grep|grep|rg|grep_search|search_file_content)$/,
    args: (path) => ({
      ...placed(path),
      dir_path: dirname(path),
      include_pattern: basename(path),
      pattern: SEARCHED,
      output_mode: 'content',
    }),
  },
  write: {
    names: /^(?:Write|write|write_file|create|(?:tools\.)?apply_patch)$/,
    args: (path) => ({ ...placed(path), content: 'written\n', file_text: 'written\n' }),
  },
  skill: { names: /^(?:Skill|skill|activate_skill)$/, args: (name) => ({ skill: name, name }) },
}
/** What a search looks for. */
const SEARCHED = 'TOKEN'

function placed(path: string): Members {
  return { path, file_path: path, filePath: path, paths: [path] }
}

/** A tool of the request, with the schema of its arguments where the protocol has it. */
function offered({ name, ...rest }: Members): {
  readonly name: string
  readonly members: ReadonlySet<string>
} {
  const schema = (rest.input_schema ?? rest.parameters ?? rest.parametersJsonSchema) as Members | undefined
  return {
    name: textOf(name),
    members: new Set(Object.keys((schema?.properties as Members | undefined) ?? {})),
  }
}

function toolNamed(tools: readonly Members[], kind: Kind): Tool | undefined {
  const { names, args } = TOOLS[kind]
  const found = tools.map(offered).find(({ name }) => names.test(name))
  if (found === undefined) return undefined
  const { name, members } = found
  if (/\bapply_patch$/.test(name))
    return {
      name,
      args: (path) => ({ input: `*** Begin Patch\n*** Add File: ${path}\n+written\n*** End Patch\n` }),
    }
  // Of Qwen Code, whose search takes a directory and a pattern of names.
  if (name === 'grep_search' && members.has('glob'))
    return { name, args: (path) => ({ pattern: SEARCHED, path: dirname(path), glob: basename(path) }) }
  if (name === 'shell') return { name, args: (command) => ({ command: ['bash', '-lc', command] }) }
  return {
    name,
    args: (text) => Object.fromEntries(Object.entries(args(text)).filter(([member]) => members.has(member))),
  }
}

const listOf = (value: unknown): readonly Members[] => (Array.isArray(value) ? (value as Members[]) : [])
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? ''))

const anthropicMessage = {
  id: 'm',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [],
  stop_reason: null,
}
const anthropic: Way = {
  path: /^\/v1\/messages(?:\?|$)/,
  result(body) {
    const blocks = listOf(body.messages).flatMap(({ content }) => listOf(content))
    const found = blocks.find(({ type, tool_use_id }) => type === 'tool_result' && tool_use_id === ID)
    return found && textOf(found.content)
  },
  tools: (body) => listOf(body.tools),
  call: ({ name, args }, command) => [
    { type: 'message_start', message: { ...anthropicMessage, usage: { input_tokens: 1, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: ID, name, input: {} } },
    {
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'input_json_delta', partial_json: JSON.stringify(args(command)) },
    },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ],
  say: () => [
    { type: 'message_start', message: { ...anthropicMessage, usage: { input_tokens: 1, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: DONE } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ],
}

const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 }
const responsesOf = (item: unknown): readonly unknown[] => [
  { type: 'response.created', response: { id: 'r' } },
  { type: 'response.output_item.done', output_index: 0, item },
  { type: 'response.completed', response: { id: 'r', output: [item], usage } },
]
const responses: Way = {
  path: /\/responses(?:\?|$)/,
  result(body) {
    const found = listOf(body.input).find(
      ({ type, call_id }) => /^(?:function|custom_tool)_call_output$/.test(textOf(type)) && call_id === ID,
    )
    return found && textOf(found.output)
  },
  // Newer models of Codex are offered one tool that runs JavaScript, and call all others from there.
  tools: (body) =>
    listOf(body.input)
      .filter(({ type }) => type === 'additional_tools')
      .flatMap(({ tools }) => listOf(tools).flatMap((space) => listOf(space.tools)))
      .some(({ name }) => name === 'exec')
      ? [
          { name: 'tools.exec_command', parameters: { properties: { cmd: {} } } },
          { name: 'tools.apply_patch' },
        ]
      : listOf(body.tools),
  call: ({ name, args }, command) => {
    const { input, ...rest } = args(command)
    const call = { id: 'fc', call_id: ID, name }
    const code = `text(await ${name}(${JSON.stringify(input ?? rest)}))`
    if (name.startsWith('tools.'))
      return responsesOf({
        ...call,
        type: 'custom_tool_call',
        name: 'exec',
        namespace: 'functions',
        input: code,
      })
    return responsesOf(
      // A patch is no JSON, but the text that the tool takes.
      input === undefined
        ? { ...call, type: 'function_call', arguments: JSON.stringify(rest) }
        : { ...call, type: 'custom_tool_call', input },
    )
  },
  say: () =>
    responsesOf({
      type: 'message',
      id: 'm',
      role: 'assistant',
      content: [{ type: 'output_text', text: DONE, annotations: [] }],
    }),
}

const candidate = (part: unknown): readonly unknown[] => [
  {
    candidates: [{ index: 0, content: { role: 'model', parts: [part] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
  },
]
const gemini: Way = {
  path: /:(?:streamG|g)enerateContent/,
  result(body) {
    const parts = listOf(body.contents).flatMap((content) => listOf(content.parts))
    const found = parts.find(({ functionResponse }) => functionResponse !== undefined)
    return found && textOf(found.functionResponse)
  },
  tools: (body) => listOf(body.tools).flatMap((one) => listOf(one.functionDeclarations)),
  call: ({ name, args }, command) => candidate({ functionCall: { name, args: args(command) } }),
  say: () => candidate({ text: DONE }),
}

function toolCall({ name, args }: Tool, command: string): Members {
  const { input, ...rest } = args(command)
  const call = { index: 0, id: ID }
  // A patch is no JSON, but the text that the tool takes.
  return input === undefined
    ? { ...call, type: 'function', function: { name, arguments: JSON.stringify(rest) } }
    : { ...call, type: 'custom', custom: { name, input } }
}
const chunk = (delta: unknown, finish_reason: string | null): unknown => ({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason }],
})
const chat: Way = {
  path: /\/chat\/completions/,
  result(body) {
    const found = listOf(body.messages).find(
      ({ role, tool_call_id }) => role === 'tool' && tool_call_id === ID,
    )
    return found && textOf(found.content)
  },
  tools: (body) => listOf(body.tools).map((one) => (one.function ?? one.custom ?? {}) as Members),
  call: (tool, command) => [
    chunk({ role: 'assistant', content: null, tool_calls: [toolCall(tool, command)] }, null),
    chunk({}, 'tool_calls'),
  ],
  say: () => [chunk({ role: 'assistant', content: DONE }, null), chunk({}, 'stop')],
  whole: (tool, command) => ({
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    usage: { total_tokens: 2 },
    choices: [
      tool === undefined
        ? { index: 0, message: { role: 'assistant', content: DONE }, finish_reason: 'stop' }
        : {
            index: 0,
            message: { role: 'assistant', content: null, tool_calls: [toolCall(tool, command)] },
            finish_reason: 'tool_calls',
          },
    ],
  }),
  end: 'data: [DONE]\n\n',
}

const WAYS: readonly Way[] = [anthropic, responses, gemini, chat]
