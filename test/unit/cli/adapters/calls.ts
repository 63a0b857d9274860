// Calls of the tools' hooks, as the documentation of each gives them.
import type { AdapterName } from '../../../../src/cli/adapters/index.ts'

export interface Documented {
  readonly tool: AdapterName
  /** About to run this; `reports` is the same command when it ran. */
  readonly intends: (command: string, cwd: string) => unknown
  readonly reports: (command: string, cwd: string) => unknown
  /** What the tool tells of it. */
  readonly told: { readonly exitCode: number | null; readonly durationMs: number | null }
  /** Calls that are nothing of a shell. */
  readonly others: readonly unknown[]
  /** Calls with a shell tool in them, and not what is documented. */
  readonly broken: readonly unknown[]
}

const claudeCommon = (cwd: string) => ({
  session_id: 'abc123',
  transcript_path: '/home/dev/.claude/projects/p/00893aaf.jsonl',
  cwd,
  permission_mode: 'default',
})

export const DOCUMENTED: readonly Documented[] = [
  {
    tool: 'claude',
    intends: (command, cwd) => ({
      ...claudeCommon(cwd),
      hook_event_name: 'PreToolUse',
      tool_name: 'Bash',
      tool_input: { command, description: 'Run test suite', timeout: 120_000, run_in_background: false },
      tool_use_id: 'toolu_01ABC123',
    }),
    reports: (command, cwd) => ({
      ...claudeCommon(cwd),
      hook_event_name: 'PostToolUseFailure',
      tool_name: 'Bash',
      tool_input: { command, description: 'Run test suite' },
      tool_use_id: 'toolu_01ABC123',
      error: "Exit code 1\nError: Cannot find module 'express'",
      is_interrupt: false,
      duration_ms: 4187,
    }),
    told: { exitCode: 1, durationMs: 4187 },
    others: [
      {
        ...claudeCommon('/w'),
        hook_event_name: 'PreToolUse',
        tool_name: 'Write',
        tool_input: { file_path: '/w/a', content: 'rm -rf /' },
      },
      { ...claudeCommon('/w'), hook_event_name: 'UserPromptSubmit', prompt: 'rm -rf /' },
    ],
    broken: [
      { ...claudeCommon('/w'), hook_event_name: 'PreToolUse', tool_name: 'Bash', tool_input: {} },
      { ...claudeCommon('/w'), hook_event_name: 'PreToolUse', tool_name: 'Bash' },
      {
        ...claudeCommon('/w'),
        hook_event_name: 'PreToolUse',
        tool_name: 'Bash',
        tool_input: { command: ['rm'] },
      },
    ],
  },
  {
    tool: 'codex',
    intends: (command, cwd) => ({
      cwd,
      hook_event_name: 'PreToolUse',
      model: 'gpt-5-codex',
      permission_mode: 'default',
      session_id: '0199',
      tool_input: { command },
      tool_name: 'Bash',
      tool_use_id: 'call_1',
      transcript_path: null,
    }),
    reports: (command, cwd) => ({
      cwd,
      hook_event_name: 'PostToolUse',
      model: 'gpt-5-codex',
      permission_mode: 'default',
      session_id: '0199',
      tool_input: { command },
      tool_name: 'Bash',
      tool_response: 'ok',
      tool_use_id: 'call_1',
      transcript_path: null,
      turn_id: 't1',
    }),
    told: { exitCode: null, durationMs: null },
    others: [
      {
        cwd: '/w',
        hook_event_name: 'PreToolUse',
        tool_name: 'apply_patch',
        tool_input: { command: '*** Begin Patch' },
      },
    ],
    broken: [{ cwd: '/w', hook_event_name: 'PreToolUse', tool_name: 'Bash', tool_input: { cmd: 'ls' } }],
  },
  {
    tool: 'copilot',
    intends: (command, cwd) => ({
      timestamp: 1_704_614_600_000,
      cwd,
      toolName: 'bash',
      toolArgs: JSON.stringify({ command, description: 'Clean build directory' }),
    }),
    reports: (command, cwd) => ({
      sessionId: 's1',
      timestamp: 1_704_614_700_000,
      cwd,
      toolName: 'bash',
      toolArgs: { command },
      toolResult: { resultType: 'success', textResultForLlm: 'All tests passed (15/15)' },
    }),
    told: { exitCode: null, durationMs: null },
    others: [
      { timestamp: 1, cwd: '/w', toolName: 'view', toolArgs: { path: 'a' } },
      {
        timestamp: 1,
        cwd: '/w',
        toolName: 'bash',
        toolArgs: { command: 'ls' },
        toolResult: { resultType: 'denied', textResultForLlm: '' },
      },
    ],
    broken: [
      { timestamp: 1, cwd: '/w', toolName: 'bash', toolArgs: 'not json' },
      { timestamp: 1, cwd: '/w', toolName: 'bash' },
    ],
  },
  {
    tool: 'cursor',
    intends: (command, cwd) => ({
      conversation_id: 'c1',
      generation_id: 'g1',
      model: 'm',
      hook_event_name: 'beforeShellExecution',
      cursor_version: '1.7.2',
      workspace_roots: [cwd],
      user_email: null,
      command,
      cwd,
    }),
    reports: (command, cwd) => ({
      conversation_id: 'c1',
      generation_id: 'g1',
      hook_event_name: 'afterShellExecution',
      workspace_roots: [cwd],
      command,
      output: 'done',
      duration: 1234,
    }),
    told: { exitCode: null, durationMs: 1234 },
    others: [{ hook_event_name: 'beforeReadFile', file_path: '/w/a', content: '' }],
    broken: [{ hook_event_name: 'beforeShellExecution', cwd: '/w' }],
  },
  {
    tool: 'gemini',
    intends: (command, cwd) => ({
      session_id: 's1',
      transcript_path: '/t.json',
      cwd,
      hook_event_name: 'BeforeTool',
      timestamp: '2026-11-20T08:15:00Z',
      tool_name: 'run_shell_command',
      tool_input: { command, description: 'Cleans' },
    }),
    reports: (command, cwd) => ({
      session_id: 's1',
      transcript_path: '/t.json',
      cwd,
      hook_event_name: 'AfterTool',
      timestamp: '2026-11-20T08:15:00Z',
      tool_name: 'run_shell_command',
      tool_input: { command },
      tool_response: {
        llmContent: 'Output: a\nExit Code: 9\nExit Code: 2\nProcess Group PGID: 77',
        returnDisplay: 'a',
      },
    }),
    told: { exitCode: 2, durationMs: null },
    others: [
      {
        cwd: '/w',
        hook_event_name: 'BeforeTool',
        tool_name: 'write_file',
        tool_input: { content: 'rm -rf /' },
      },
    ],
    broken: [{ cwd: '/w', hook_event_name: 'BeforeTool', tool_name: 'run_shell_command', tool_input: null }],
  },
  {
    tool: 'opencode',
    intends: (command, cwd) => ({ event: 'before', command, cwd }),
    reports: (command, cwd) => ({ event: 'after', command, cwd, exit_code: 3, duration_ms: 12.4 }),
    told: { exitCode: 3, durationMs: 12 },
    others: [],
    broken: [{ event: 'before', cwd: '/w' }, { command: 'ls' }, { event: 'during', command: 'ls' }],
  },
  {
    tool: 'generic',
    intends: (command, cwd) => ({ command, cwd, shell: 'zsh' }),
    reports: (command, cwd) => ({ event: 'after', command, cwd, exit_code: 3, duration_ms: 12.4 }),
    told: { exitCode: 3, durationMs: 12 },
    others: [],
    broken: [{ cwd: '/w' }, { command: 'ls', event: 'during' }, { command: 'ls', shell: 'tcsh' }],
  },
]
