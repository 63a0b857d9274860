// GitHub Copilot CLI: preToolUse, postToolUse and postToolUseFailure hooks of its bash tool; preToolUse also of tools
// that change files, its own and those of MCP servers.
// Source: https://docs.github.com/en/copilot/reference/hooks-reference (camelCase payloads; a hook that exits with
// another code than 0 denies, one that says nothing leaves the decision to the tool).
import { type Members, membersOf } from '../../base/shape/json-object.ts'
import { BadCall, toolAdapter } from './adapter.ts'
import { secondsOf } from './claude.ts'
import { commandOf, directoryOf, exitCodeOf, isOneOf, jsonOf, textOf, toolOf } from './fields.ts'
import { readFileCall } from './file-tools.ts'

export const copilot = toolAdapter('copilot', {
  asks: true,
  read(call) {
    const tool = toolOf(call.toolName)
    const isOwn = isOneOf(['bash', ...FILE_TOOLS], tool)
    if (tool !== 'bash') {
      // Tools of MCP servers have the name of their server in front: `server-tool`.
      if (wasRun(call) || !(isOwn || /[-_]|^(?:view|grep|rg)$/.test(tool))) return { kind: 'other' }
      return readFileCall(tool, argumentsOf(call), directoryOf(call.cwd), isOwn)
    }
    const what = {
      command: commandOf(argumentsOf(call).command),
      ...directoryOf(call.cwd),
      shell: 'bash',
    } as const
    if (membersOf(call.toolResult)?.resultType === 'denied') return { kind: 'other' }
    if (!wasRun(call)) return { kind: 'before', ...what }
    return { kind: 'after', ...what, exitCode: exitCode(call), durationMs: null }
  },
  ran: wasRun,
  answer: ({ decision, reason }) => ({ permissionDecision: decision, permissionDecisionReason: reason }),
  settings: {
    off: { by: /"(?:disableAllHooks|allowManagedHooksOnly)"\s*:\s*true/ },
    fixed: { version: 1 },
    entries: (command) => {
      const entry = [{ type: 'command', bash: command, timeoutSec: secondsOf(command) }]
      return { preToolUse: entry, postToolUse: entry, postToolUseFailure: entry }
    },
  },
})

const FILE_TOOLS = ['create', 'edit', 'write', 'apply_patch']

/** These payloads have no name of their event: only what ran has a result or an error. */
function wasRun({ toolResult, error }: Members): boolean {
  return membersOf(toolResult) !== undefined || error !== undefined
}

/** `<shellId: 0 completed with exit code 1>` is the last line of a result; the output in front may say the same of itself. */
function exitCode({ toolResult }: Members): number | null {
  const told = textOf(membersOf(toolResult)?.textResultForLlm)?.trimEnd().split('\n').at(-1)
  const code =
    told && /^<(?:shellId: \S+ completed with exit code|exited with exit code) (\d{1,3})>$/.exec(told)?.[1]
  return code ? exitCodeOf(Number(code)) : null
}

/** An object, in earlier versions its JSON as a text, or the text of a patch. */
function argumentsOf({ toolArgs }: Members): Members {
  const patch = textOf(toolArgs)
  const members = patch?.startsWith('***') ? { patch } : membersOf(jsonOf(toolArgs))
  if (members === undefined) throw new BadCall('the call has no arguments')
  return members
}
