// Any other tool: a small contract of Karo's own, for a wrapper or a plugin that can run a program.
import { type Adapter, BadCall, type ToolShell } from './adapter.ts'
import { callOf, commandOf, directoryOf, durationOf, exitCodeOf } from './fields.ts'

const SHELLS: ReadonlySet<unknown> = new Set<ToolShell>(['bash', 'zsh', 'fish', 'sh'])

/**
 * `{"command","cwd"?,"shell"?,"event"?,"exit_code"?,"duration_ms"?}`: without `event`, or with "before", the command is
 * about to run; with "after" it ran. `cwd` is absolute. Answered with `{"decision","reason"}`: decision is "none", "ask" or
 * "deny"; with "none" a reason says that it was not judged, and why.
 */
export const generic: Adapter = {
  name: 'generic',
  title: 'any other tool',
  asks: true,
  read(input) {
    const call = callOf(input)
    const { event = 'before', shell = 'bash' } = call
    if (!SHELLS.has(shell)) throw new BadCall('the call names an unknown shell')
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
