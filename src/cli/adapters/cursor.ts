// Cursor: beforeShellExecution and afterShellExecution hooks, preToolUse of its file tools, beforeMCPExecution.
// Source: https://cursor.com/docs/agent/hooks (reference of these events; preToolUse obeys `deny`, and not `ask`).
import type { Members } from '../../base/shape/json-object.ts'
import { type ToolCall, toolAdapter } from './adapter.ts'
import { commandOf, directoryOf, durationOf, eventOf, isOneOf, jsonOf, otherEvent, toolOf } from './fields.ts'
import { readFileCall } from './file-tools.ts'

export const cursor = toolAdapter('cursor', {
  asks: true,
  read(call) {
    const event = eventOf(call.hook_event_name)
    if (event === 'preToolUse' || event === 'beforeMCPExecution') return readTool(call, event)
    if (event !== 'beforeShellExecution' && event !== 'afterShellExecution') return otherEvent(event, call)
    const what = { command: commandOf(call.command), ...whereOf(call), shell: 'bash' } as const
    if (event === 'beforeShellExecution') return { kind: 'before', ...what }
    // It hands on the output, and no exit code.
    return { kind: 'after', ...what, exitCode: null, durationMs: durationOf(call.duration) }
  },
  ran: ({ hook_event_name }) => hook_event_name === 'afterShellExecution',
  answer: ({ decision, reason }) => ({ permission: decision, user_message: reason, agent_message: reason }),
  settings: {
    hasty: true,
    fixed: { version: 1 },
    entries: (command) => ({
      beforeShellExecution: [{ command }],
      afterShellExecution: [{ command }],
      preToolUse: [{ command, matcher: 'Write|Delete|Read|Grep' }],
      beforeMCPExecution: [{ command }],
    }),
    afterwards: 'Restart Cursor to load it.',
  },
})

/** A file tool of Cursor's own, or a tool of an MCP server, whose arguments come as the text of a JSON document. */
function readTool(call: Members, event: string): ToolCall {
  const tool = toolOf(call.tool_name)
  const own = event === 'preToolUse'
  const changes = own && isOneOf(['Write', 'Delete'], tool)
  if (own && !changes && tool !== 'Read' && tool !== 'Grep') return { kind: 'other' }
  const input = jsonOf(call.tool_input)
  return readFileCall(tool, input, { ...whereOf(call), asks: !own }, changes)
}

/** The first root of the workspace, where the event itself does not say. */
function whereOf(call: Members): { readonly cwd?: string } {
  const own = directoryOf(call.cwd)
  if (own.cwd !== undefined) return own
  return directoryOf(Array.isArray(call.workspace_roots) ? call.workspace_roots[0] : undefined)
}
