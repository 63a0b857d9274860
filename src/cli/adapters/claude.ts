// Claude Code: PreToolUse, PostToolUse and PostToolUseFailure hooks of its Bash tool.
// Source: https://code.claude.com/docs/en/hooks (PreToolUse decision control; PostToolUse and PostToolUseFailure input).
import type { Adapter, Reply, ToolCall } from './adapter.ts'
import {
  callOf,
  commandOf,
  directoryOf,
  durationOf,
  exitCodeOf,
  type Members,
  membersOf,
  textOf,
} from './fields.ts'

/** Seconds; the hook itself answers within its own limit, far below. */
const HOOK_SECONDS = 10

/**
 * Seconds after which a tool gives up on this line of ours. A tool that gives up runs the command, so a line that waits for
 * the inbox gets as much more.
 */
export function secondsOf(line: string): number {
  const [, inbox = '0'] = / --inbox (\d{1,3})(?= )/.exec(line) ?? []
  return HOOK_SECONDS + Number(inbox)
}

export const claude: Adapter = {
  name: 'claude',
  title: 'Claude Code',
  asks: true,
  read(input) {
    const call = callOf(input)
    // On Windows also PowerShell, which is no shell of ours.
    if (call.tool_name !== 'Bash') return { kind: 'other' }
    const event = call.hook_event_name
    if (event === 'PreToolUse') return before(call)
    if (event === 'PostToolUse') return after(call, succeeded(call))
    if (event === 'PostToolUseFailure') return after(call, failedWith(call))
    return { kind: 'other' }
  },
  ran: ({ hook_event_name }) => hook_event_name === 'PostToolUse' || hook_event_name === 'PostToolUseFailure',
  answer: answerLikeClaude,
  settings: {
    directory: { env: 'CLAUDE_CONFIG_DIR', name: '.claude' },
    userFile: 'settings.json',
    projectFile: '.claude/settings.json',
    fixed: {},
    entries: (command) => {
      const entry = [{ matcher: 'Bash', hooks: [{ type: 'command', command, timeout: secondsOf(command) }] }]
      return { PreToolUse: entry, PostToolUse: entry, PostToolUseFailure: entry }
    },
  },
}

/** Also Codex's, which took the format over. No `allow` is ever said: it would skip the tool's own question. */
export function answerLikeClaude(reply: Reply): ReturnType<Adapter['answer']> {
  if (reply.decision === 'none') return undefined
  return {
    hookSpecificOutput: {
      hookEventName: 'PreToolUse',
      permissionDecision: reply.decision,
      permissionDecisionReason: reply.reason,
    },
  }
}

/** What `tool_input` of a shell tool says before it runs. */
export function before(call: Members): ToolCall {
  const command = commandOf(membersOf(call.tool_input)?.command)
  return { kind: 'before', command, ...directoryOf(call.cwd), shell: 'bash' }
}

export function after(call: Members, exitCode: number | null): ToolCall {
  const command = commandOf(membersOf(call.tool_input)?.command)
  const durationMs = durationOf(call.duration_ms)
  return { kind: 'after', command, ...directoryOf(call.cwd), shell: 'bash', exitCode, durationMs }
}

/** PostToolUse comes for what succeeded; a command in the background has only begun. */
function succeeded(call: Members): number | null {
  const { run_in_background } = membersOf(call.tool_input) ?? {}
  const { interrupted } = membersOf(call.tool_response) ?? {}
  return run_in_background === true || interrupted === true ? null : 0
}

/** The first line of a command that ran and exited is `Exit code N`. */
function failedWith(call: Members): number | null {
  const code = /^Exit code (\d{1,3})(?:\n|$)/.exec(textOf(call.error) ?? '')?.[1]
  return code === undefined ? null : exitCodeOf(Number(code))
}
