// Claude Code: a PreToolUse hook for all its tools, and PostToolUse and PostToolUseFailure hooks for Bash and Monitor, which runs a
// command in the background. Calls with a command, of a tool for files and of an MCP server's tool are judged.
// Qwen Code calls such a hook in the same form, with names of its own for its tools.
// Source: https://code.claude.com/docs/en/hooks (PreToolUse decision control; PostToolUse and PostToolUseFailure input).
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { orElse } from '../../base/run/or-else.ts'
import { type Members, membersOf } from '../../base/shape/json-object.ts'
import { type Opinion, type ToolCall, toolAdapter } from './adapter.ts'
import {
  commandOf,
  directoryOf,
  durationOf,
  eventOf,
  exitCodeOf,
  isOneOf,
  otherEvent,
  textOf,
  toolOf,
} from './fields.ts'
import { type At, readFileCall } from './file-tools.ts'
import { inboxIn } from './settings.ts'

/** Seconds; the hook itself answers within its own limit, far below. */
const HOOK_SECONDS = 10

/**
 * Seconds after which a tool gives up on this line of ours. A tool that gives up runs the command, so a line that waits for
 * the inbox gets as much more.
 */
export const secondsOf = (line: string): number => HOOK_SECONDS + (inboxIn(line) ?? 0)

export const claude = toolAdapter('claude', {
  asks: true,
  read(call) {
    const event = eventOf(call.hook_event_name)
    if (event === 'PreToolUse')
      return call.tool_name === 'Skill'
        ? loads(call)
        : before(
            call,
            'Bash',
            ['Write', 'Edit', 'MultiEdit', 'NotebookEdit', 'write_file', 'edit', 'notebook_edit'],
            ['Read', 'Grep', 'read_file', 'grep_search'],
          )
    // On Windows also PowerShell, which is no shell of ours.
    if (call.tool_name === 'Bash' || call.tool_name === 'Monitor') {
      if (event === 'PostToolUse') return after(call, succeeded(call))
      if (event === 'PostToolUseFailure') return after(call, failedWith(call))
    }
    return otherEvent(event, call)
  },
  ran: ({ hook_event_name }) => hook_event_name === 'PostToolUse' || hook_event_name === 'PostToolUseFailure',
  answer: answerLikeClaude,
  settings: {
    off: {
      by: /"(?:disableAllHooks|allowManagedHooksOnly|strictPluginOnlyCustomization)"\s*:\s*(?:true|\[[^\]]*"hooks")/,
      of: ['/etc/claude-code/managed-settings.json'],
    },
    entries: (command) => {
      const entry = entryOf('Bash|Monitor', command)
      return { PreToolUse: entryOf('.*', command), PostToolUse: entry, PostToolUseFailure: entry }
    },
  },
})

/** What stands below an event in the settings of Claude Code, and of Codex. */
export const entryOf = (matcher: string, command: string) => [
  { matcher, hooks: [{ type: 'command', command, timeout: secondsOf(command) }] },
]

/** Also Codex's, which took the format over. No `allow` is ever said: it would skip the tool's own question. */
export function answerLikeClaude({
  decision: permissionDecision,
  reason: permissionDecisionReason,
}: Opinion) {
  return {
    hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision, permissionDecisionReason },
  }
}

/**
 * What is to be judged before a tool runs. `shell`, `files` and `readers` are names of the AI tool's own tools; another one is judged
 * if it is told a command, and so is each tool of an MCP server.
 */
export function before(
  call: Members,
  shell: string,
  files: readonly string[],
  readers: readonly string[] = [],
): ToolCall {
  const tool = toolOf(call.tool_name)
  const where = atOf(call)
  const isOwn = isOneOf([shell, ...files], tool)
  // What these publish is shown, too.
  if (/^(?:Artifact|Projects)$/.test(tool)) return readFileCall('read', call.tool_input, where)
  if (isOwn ? tool !== shell : readers.includes(tool) || /^mcp_|__/.test(tool))
    return readFileCall(tool, call.tool_input, where, isOwn)
  if (!isOwn && membersOf(call.tool_input)?.command === undefined) return { kind: 'other' }
  return { kind: 'before', ...where, ...whatOf(call) }
}

/**
 * Where the call is to run, and whether the person can be asked about it. In the mode that asks nobody
 * (`--dangerously-skip-permissions`) Claude Code ignores some of a hook's `ask` and goes on: for a write to `~/.bashrc`, to
 * `.git/hooks` or to its own settings (seen in 2.1.332).
 */
function atOf(call: Members): At {
  const where = directoryOf(call.cwd)
  return call.permission_mode === 'bypassPermissions' ? { ...where, asks: false } : where
}

/** Hooks in the head of a skill. YAML has many ways to write their commands, so they are asked about, as a file is that makes a hook. */
const OWN_HOOKS = /^---(?:(?!\n---).)*\n["'{ ]*hooks\b/s
/** Lines that Claude Code runs when it loads a skill or a custom command, without calling a hook. */
const OWN_LINES = /!`([^`\n]+)`|^```!\n(.+?)^```/gms

/** A skill of the person's, or of a directory between the working one and the root; those of plugins are not looked for. */
function loads(call: Members): ToolCall {
  const where = atOf(call)
  const { skill, args } = membersOf(call.tool_input) ?? {}
  const name = textOf(skill)?.replaceAll(':', '/') ?? ''
  const tops = [process.env.CLAUDE_CONFIG_DIR ?? join(homedir(), '.claude')]
  for (let at = `${where.cwd ?? ''}/`; at !== ''; at = at.slice(0, at.lastIndexOf('/')))
    tops.push(join(at, '.claude'))
  const lines = tops
    .flatMap((top) => [join(top, 'skills', name, 'SKILL.md'), join(top, 'commands', `${name}.md`)])
    .map((file) => orElse(() => readFileSync(file, 'utf8'), ''))
    .map((text) => text.replace(OWN_HOOKS, '!`> ~/.claude/hooks/own`'))
    .flatMap((text) => [...text.replaceAll('$ARGUMENTS', () => String(args ?? '')).matchAll(OWN_LINES)])
    .map((found) => found.slice(1).join(''))
  return { kind: 'before', command: lines.join('\n'), ...where, shell: 'bash' }
}

export function after(call: Members, exitCode: number | null): ToolCall {
  return { kind: 'after', ...whatOf(call), exitCode, durationMs: durationOf(call.duration_ms) }
}

/** The command, and where it runs: Gemini CLI names a directory relative to that of the session. */
function whatOf({ tool_input, cwd: session }: Members) {
  const { command, dir_path } = membersOf(tool_input) ?? {}
  const { cwd } = directoryOf(session)
  const at = cwd && { cwd: resolve(cwd, textOf(dir_path) ?? '') }
  return { command: commandOf(command), ...at, shell: 'bash' } as const
}

/** PostToolUse comes for what succeeded; a command in the background has only begun. */
function succeeded(call: Members): number | null {
  const { run_in_background } = membersOf(call.tool_input) ?? {}
  const { interrupted } = membersOf(call.tool_response) ?? {}
  return call.tool_name === 'Monitor' || run_in_background === true || interrupted === true ? null : 0
}

/** The first line of a command that ran and exited is `Exit code N`. */
function failedWith(call: Members): number | null {
  const code = /^Exit code (\d{1,3})(?:\n|$)/.exec(textOf(call.error) ?? '')?.[1]
  return code === undefined ? null : exitCodeOf(Number(code))
}
