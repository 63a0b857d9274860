// A stand-in for an AI coding tool: reads its settings file, calls the hooks in it as the real one does, and obeys them.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AdapterName } from '../../../src/cli/adapters/index.ts'
import { track } from '../run/processes.ts'

/** Tools whose hooks are programs; OpenCode loads a plugin. */
export type ToolName = Exclude<AdapterName, 'generic' | 'opencode'>

export interface CodingTool {
  /** The file that the tool reads its hooks from. */
  readonly settings: string
  /**
   * What the tool does with a command that its model asks for: hooks before it, then (unless they refuse) the command in
   * a real bash, then hooks after it.
   */
  run(command: string): Promise<Ran>
}

interface Ran {
  readonly ran: boolean
  /** What the hooks said before it; null: nothing. */
  readonly said: string | null
  readonly reason: string
}

interface Options {
  readonly home: string
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** What the person answers when the tool asks because a hook wants it. */
  readonly consents?: boolean
  /** What a hook before a command does with the call, where its own line in the settings would start a process for each. */
  readonly hook?: (call: string) => Promise<{ code: number | null; stdout: string; stderr: string }>
}

type Value = Record<string, unknown>

interface Protocol {
  readonly settings: string
  readonly events: { readonly before: string; readonly after: string; readonly failed: string }
  readonly calls: (command: string, cwd: string) => Value
  readonly ended: (code: number, output: string) => Value
  /** The member of the hook's answer that decides, as the tool's documentation names it. */
  readonly decides: (answer: Value) => { readonly decision?: unknown; readonly reason?: unknown }
  /** The tool knows what to do with `ask`. */
  readonly asks: boolean
}

const specific = (answer: Value): Value => (answer.hookSpecificOutput ?? {}) as Value
const likeClaude = (answer: Value) => ({
  decision: specific(answer).permissionDecision,
  reason: specific(answer).permissionDecisionReason,
})
const common = (event: string, cwd: string): Value => ({ session_id: 's', cwd, hook_event_name: event })

/** Written from each tool's documentation, not from the adapters. */
const PROTOCOLS: Readonly<Record<ToolName, Protocol>> = {
  claude: {
    settings: '.claude/settings.json',
    events: { before: 'PreToolUse', after: 'PostToolUse', failed: 'PostToolUseFailure' },
    calls: (command) => ({ tool_name: 'Bash', tool_input: { command }, tool_use_id: 't' }),
    ended: (code, output) =>
      code === 0
        ? { tool_response: { stdout: output, stderr: '', interrupted: false }, duration_ms: 12 }
        : { error: `Exit code ${code}\n${output}`, is_interrupt: false, duration_ms: 12 },
    decides: likeClaude,
    asks: true,
  },
  codex: {
    settings: '.codex/hooks.json',
    events: { before: 'PreToolUse', after: 'PostToolUse', failed: 'PostToolUse' },
    calls: (command) => ({
      tool_name: 'Bash',
      tool_input: { command },
      tool_use_id: 't',
      transcript_path: null,
      model: 'm',
      permission_mode: 'default',
      turn_id: '1',
    }),
    ended: (_, output) => ({ tool_response: output }),
    decides: likeClaude,
    asks: false,
  },
  copilot: {
    settings: '.copilot/hooks/karo.json',
    events: { before: 'preToolUse', after: 'postToolUse', failed: 'postToolUseFailure' },
    calls: (command) => ({ toolName: 'bash', toolArgs: JSON.stringify({ command }), timestamp: 1 }),
    ended: (code, output) =>
      code === 0
        ? { toolResult: { resultType: 'success', textResultForLlm: output } }
        : { error: output || 'failed' },
    decides: ({ permissionDecision, permissionDecisionReason }) => ({
      decision: permissionDecision,
      reason: permissionDecisionReason,
    }),
    asks: true,
  },
  cursor: {
    settings: '.cursor/hooks.json',
    events: { before: 'beforeShellExecution', after: 'afterShellExecution', failed: 'afterShellExecution' },
    calls: (command) => ({ command, conversation_id: 'c', generation_id: 'g' }),
    ended: (_, output) => ({ output, duration: 12 }),
    decides: ({ permission, agent_message }) => ({ decision: permission, reason: agent_message }),
    asks: true,
  },
  gemini: {
    settings: '.gemini/settings.json',
    events: { before: 'BeforeTool', after: 'AfterTool', failed: 'AfterTool' },
    calls: (command) => ({ tool_name: 'run_shell_command', tool_input: { command } }),
    ended: (code, output) => ({
      tool_response: {
        llmContent: `Output: ${output || '(empty)'}${code === 0 ? '' : `\nExit Code: ${code}`}`,
      },
    }),
    decides: ({ decision, reason }) => ({ decision, reason }),
    asks: false,
  },
}

export const TOOLS = Object.keys(PROTOCOLS) as readonly ToolName[]

export function codingTool(name: ToolName, { home, cwd, env, consents = true, hook }: Options): CodingTool {
  const protocol = PROTOCOLS[name]
  const settings = join(home, protocol.settings)

  /** The command lines of an event that are for a shell, whichever way the tool nests them. */
  function linesOf(event: string): string[] {
    if (!existsSync(settings)) return []
    const { hooks = {} } = JSON.parse(readFileSync(settings, 'utf8')) as { hooks?: Record<string, Value[]> }
    return (hooks[event] ?? []).flatMap((entry) => {
      const inner = (entry.hooks ?? [entry]) as { command?: string; bash?: string }[]
      return inner.flatMap(({ command, bash }) => command ?? bash ?? [])
    })
  }

  const shell = (line: string, input: string) =>
    new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
      const child = track(spawn('/bin/sh', ['-c', line], { cwd, env, stdio: 'pipe' }))
      let [stdout, stderr] = ['', '']
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
      child.stdin.on('error', () => {}).end(input)
      child.once('error', reject)
      child.once('close', (code) => resolve({ code, stdout, stderr }))
    })

  return {
    settings,
    async run(command) {
      const { before, after, failed } = protocol.events
      const call = (event: string): Value => ({ ...common(event, cwd), ...protocol.calls(command, cwd) })
      for (const line of linesOf(before)) {
        const asked = JSON.stringify(call(before))
        const { code, stdout, stderr } = await (hook === undefined ? shell(line, asked) : hook(asked))
        // "Exit 2 blocks", in the documentation of every one of them.
        if (code === 2) return { ran: false, said: 'exit 2', reason: stderr }
        if (code !== 0) throw new Error(`the hook ended with ${code}: ${stderr}`)
        if (stdout.trim() === '') continue
        const { decision, reason } = protocol.decides(JSON.parse(stdout) as Value)
        const told = { said: String(decision), reason: String(reason) }
        if (decision === 'deny') return { ran: false, ...told }
        if (decision !== 'ask') throw new Error(`the tool does not know ${String(decision)}`)
        if (!protocol.asks || !consents) return { ran: false, ...told }
      }
      const { code, stdout } = await shell(`exec bash -c ${quoted(command)}`, '')
      const event = code === 0 ? after : failed
      for (const line of linesOf(event)) {
        await shell(line, JSON.stringify({ ...call(event), ...protocol.ended(code ?? 1, stdout) }))
      }
      return { ran: true, said: null, reason: '' }
    },
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
