// Gemini CLI: BeforeTool hooks of its run_shell_command, of its file tools and of tools of MCP servers; AfterTool hooks of
// its run_shell_command.
// Source: google-gemini/gemini-cli, docs/hooks/reference.md, packages/core/src/hooks/types.ts (decisions are `allow`, `deny`
// and, since pull request 21146 of March 2026, `ask`; silence means none), and packages/core/src/tools/shell.ts for the text of a result.
import { type Members, membersOf } from '../../base/shape/json-object.ts'
import { toolAdapter } from './adapter.ts'
import { after, before, secondsOf } from './claude.ts'
import { eventOf, exitCodeOf, otherEvent, textOf } from './fields.ts'

const SHELL = 'run_shell_command'

export const gemini = toolAdapter('gemini', {
  // A version before that takes `ask` for no opinion, and with --yolo runs the command.
  asks: false,
  asksIfNew: true,
  read(call) {
    const event = eventOf(call.hook_event_name)
    if (event === 'BeforeTool')
      return before(
        call,
        SHELL,
        ['write_file', 'replace'],
        ['read_file', 'read_many_files', 'search_file_content', 'grep_search'],
      )
    if (event === 'AfterTool' && call.tool_name === SHELL) return after(call, exitCode(call))
    return otherEvent(event, call)
  },
  ran: ({ hook_event_name }) => hook_event_name === 'AfterTool',
  answer: ({ decision, reason }) => ({ decision, reason, systemMessage: reason }),
  settings: {
    off: {
      by: /"hooksConfig"\s*:\s*\{[^{}]*"(?:enabled"\s*:\s*false|disabled"\s*:\s*\[[^\]]*"karo")/,
      of: ['/etc/gemini-cli/settings.json'],
    },
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
})

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
