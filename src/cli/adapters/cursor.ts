// Cursor: beforeShellExecution and afterShellExecution hooks.
// Source: https://cursor.com/docs/agent/hooks (reference: beforeShellExecution, afterShellExecution).
import type { Adapter } from './adapter.ts'
import { callOf, commandOf, directoryOf, durationOf, type Members } from './fields.ts'

export const cursor: Adapter = {
  name: 'cursor',
  title: 'Cursor',
  asks: true,
  read(input) {
    const call = callOf(input)
    const event = call.hook_event_name
    if (event !== 'beforeShellExecution' && event !== 'afterShellExecution') return { kind: 'other' }
    const what = { command: commandOf(call.command), ...whereOf(call), shell: 'bash' } as const
    if (event === 'beforeShellExecution') return { kind: 'before', ...what }
    // It hands on the output, and no exit code.
    return { kind: 'after', ...what, exitCode: null, durationMs: durationOf(call.duration) }
  },
  ran: ({ hook_event_name }) => hook_event_name === 'afterShellExecution',
  answer: (reply) =>
    reply.decision === 'none'
      ? undefined
      : { permission: reply.decision, user_message: reply.reason, agent_message: reply.reason },
  settings: {
    directory: { name: '.cursor' },
    userFile: 'hooks.json',
    projectFile: '.cursor/hooks.json',
    fixed: { version: 1 },
    entries: (command) => ({ beforeShellExecution: [{ command }], afterShellExecution: [{ command }] }),
    afterwards: 'Restart Cursor to load it.',
  },
}

/** The first root of the workspace, where the event itself does not say. */
function whereOf(call: Members): { readonly cwd?: string } {
  const own = directoryOf(call.cwd)
  if (own.cwd !== undefined) return own
  return directoryOf(Array.isArray(call.workspace_roots) ? call.workspace_roots[0] : undefined)
}
