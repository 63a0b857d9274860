// Gemini CLI: BeforeTool hooks of its run_shell_command, of its file tools and of tools of MCP servers; AfterTool hooks of
// its run_shell_command.
// Source: google-gemini/gemini-cli, docs/hooks/reference.md, packages/core/src/hooks/types.ts (decisions are `allow`, `deny`
// and, since pull request 21146 of March 2026, `ask`; silence means none), and packages/core/src/tools/shell.ts for the text of a result.

import { resolve } from 'node:path'
import { AI_TOOLS } from '../../base/words/ai-tools.ts'
import type { Adapter, ToolCall } from './adapter.ts'
import { before, secondsOf } from './claude.ts'
import {
  callOf,
  commandOf,
  directoryOf,
  eventOf,
  exitCodeOf,
  type Members,
  membersOf,
  otherEvent,
  textOf,
} from './fields.ts'

const SHELL = 'run_shell_command'

export const gemini: Adapter = {
  name: 'gemini',
  title: AI_TOOLS.gemini.title,
  // A version before that takes `ask` for no opinion, and with --yolo runs the command.
  asks: false,
  asksIfNew: true,
  read(input) {
    const call = callOf(input)
    const event = eventOf(call.hook_event_name)
    const isShell = call.tool_name === SHELL
    if (event === 'BeforeTool')
      return isShell
        ? { kind: 'before', ...whatOf(call) }
        : before(
            call,
            SHELL,
            ['write_file', 'replace'],
            ['read_file', 'read_many_files', 'search_file_content', 'grep_search'],
          )
    if (event !== 'AfterTool' || !isShell) return otherEvent(event, call)
    return { kind: 'after', ...whatOf(call), exitCode: exitCode(call), durationMs: null }
  },
  ran: ({ hook_event_name }) => hook_event_name === 'AfterTool',
  answer: (reply) =>
    reply.decision === 'none'
      ? undefined
      : { decision: reply.decision, reason: reply.reason, systemMessage: reply.reason },
  settings: {
    ...AI_TOOLS.gemini,
    comments: true,
    entries: (command) => {
      const hook = { type: 'command', name: 'karo', command, timeout: secondsOf(command) * 1000 }
      const entry = (matcher: string) => [{ matcher, hooks: [hook] }]
      return {
        BeforeTool: entry('.*'),
        AfterTool: entry(SHELL),
      }
    },
  },
}

function whatOf(call: Members): Pick<ToolCall & { kind: 'before' }, 'command' | 'cwd' | 'shell'> {
  const { command, dir_path } = membersOf(call.tool_input) ?? {}
  const { cwd } = directoryOf(call.cwd)
  // Relative to the directory of the session.
  const below = textOf(dir_path)
  const where = cwd !== undefined && below !== undefined ? resolve(cwd, below) : cwd
  return { command: commandOf(command), ...directoryOf(where), shell: 'bash' }
}

/** Later versions put a tag around what comes from outside, so that the model takes no orders from it. */
const WRAPPER = /^\s*<untrusted_context(?:\s[^>]*)?>|<\/untrusted_context>\s*$/g

/** `Output: …`, then one line each of what there is to tell; a code of 0 is not told. */
function exitCode(call: Members): number | null {
  const { llmContent, error } = membersOf(call.tool_response) ?? {}
  const told = textOf(llmContent)?.replace(WRAPPER, '').trimStart()
  if (error !== undefined || told === undefined || !told.startsWith('Output: ')) return null
  const code = [...told.matchAll(/^Exit Code: (\d{1,3})$/gm)].at(-1)?.[1]
  if (code !== undefined) return exitCodeOf(Number(code))
  return /^(?:Signal|Error): /m.test(told) ? null : 0
}
