// Any other tool: a small contract of Karo's own, for a wrapper or a plugin that can run a program.
import { type Adapter, BadCall, type ToolShell } from './adapter.ts'
import { commandOf, directoryOf, durationOf, exitCodeOf, toolOf } from './fields.ts'
import { readFileCall } from './file-tools.ts'

const SHELLS: ReadonlySet<unknown> = new Set<ToolShell>(['bash', 'zsh', 'fish', 'sh'])

/** Names that tools for files have in many programs, OpenCode among them. */
const FILE_TOOLS: ReadonlySet<string> = new Set(['write', 'edit', 'multiedit', 'patch', 'apply_patch'])

/**
 * `{"command","cwd"?,"shell"?,"event"?,"exit_code"?,"duration_ms"?}`: without `event`, or with "before", the command is
 * about to run; with "after" it ran. `{"tool","args","cwd"?}` is a call of a tool that is no shell, before it runs: judged are
 * the files that it changes. `cwd` is absolute. Answered with `{"decision","reason"}`: decision is "none", "ask" or
 * "deny"; with "none" a reason says that it was not judged, and why.
 */
export const generic: Adapter = {
  name: 'generic',
  title: 'any other tool',
  asks: true,
  read(call) {
    const { event = 'before', shell = 'bash' } = call
    if (!SHELLS.has(shell)) throw new BadCall('the call names an unknown shell')
    if (call.command === undefined && call.tool !== undefined) {
      const tool = toolOf(call.tool)
      if (event === 'after') return { kind: 'other' }
      if (event !== 'before') throw new BadCall('the call names an unknown event')
      return readFileCall(tool, call.args, directoryOf(call.cwd), FILE_TOOLS.has(tool))
    }
    const what = {
      command: commandOf(call.command),
      ...directoryOf(call.cwd),
      shell: shell as ToolShell,
    }
    if (event === 'before') return { kind: 'before', ...what }
    if (event !== 'after') throw new BadCall('the call names an unknown event')
    return {
      kind: 'after',
      ...what,
      exitCode: exitCodeOf(call.exit_code),
      durationMs: durationOf(call.duration_ms),
    }
  },
  ran: ({ event }) => event === 'after',
  answer: (reply) => ({
    decision: reply.decision,
    reason: reply.decision === 'none' ? (reply.unjudged ?? null) : reply.reason,
  }),
}
