// Calls of the tools' hooks, as the documentation of each gives them.
import type { AdapterName } from '../../../../src/cli/adapters/index.ts'

export interface Documented {
  readonly tool: AdapterName
  /** About to run this; `reports` is the same command when it ran. */
  readonly intends: (command: string, cwd: string) => unknown
  readonly reports: (command: string, cwd: string) => unknown
  /** What the tool tells of it. */
  readonly told: { readonly exitCode: number | null; readonly durationMs: number | null }
  /** About to change this file: with a file tool of the tool's own, and with tools of an MCP server. */
  readonly edits: (path: string, cwd: string) => readonly unknown[]
  /** Whether the tool asks about such a change when its hook wants it. */
  readonly asksAboutEdits: boolean
  /** Calls that change no file and are nothing of a shell. */
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
    edits: (path, cwd) =>
      (
        [
          ['Write', { file_path: path, content: 'x' }],
          ['Edit', { file_path: path, old_string: 'a', new_string: 'b', replace_all: false }],
          ['MultiEdit', { file_path: path, edits: [{ old_string: 'a', new_string: 'b' }] }],
          ['NotebookEdit', { notebook_path: path, new_source: 'b' }],
          ['mcp__filesystem__write_file', { path, content: 'x' }],
          ['mcp__filesystem__edit_file', { path, edits: [{ oldText: 'a', newText: 'b' }] }],
          ['mcp__filesystem__move_file', { source: '/w/a', destination: path }],
          ['mcp__unheard_of__do_it', { file: path }],
        ] as const
      ).map(([tool_name, tool_input]) => ({
        ...claudeCommon(cwd),
        hook_event_name: 'PreToolUse',
        tool_name,
        tool_input,
      })),
    asksAboutEdits: true,
    others: [
      {
        ...claudeCommon('/w'),
        hook_event_name: 'PreToolUse',
        tool_name: 'mcp__filesystem__read_text_file',
        tool_input: { path: '/etc/passwd' },
      },
      {
        ...claudeCommon('/w'),
        hook_event_name: 'PreToolUse',
        tool_name: 'Read',
        tool_input: { file_path: '/etc/passwd' },
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
      {
        ...claudeCommon('/w'),
        hook_event_name: 'PreToolUse',
        tool_name: 'Bash',
        tool_input: { command: null },
      },
      {
        ...claudeCommon('/w'),
        hook_event_name: 'PreToolUse',
        tool_name: 'Write',
        tool_input: { content: '' },
      },
      { ...claudeCommon('/w'), hook_event_name: 'PreToolUse', tool_name: 'Write' },
      { ...claudeCommon('/w'), hook_event_name: 'PreToolUse', tool_input: { command: 'ls' } },
      { ...claudeCommon('/w'), tool_name: 'Bash', tool_input: { command: 'ls' } },
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
    edits: (path, cwd) =>
      [
        ['apply_patch', { command: `*** Begin Patch\n*** Update File: ${path}\n@@\n-a\n+b\n*** End Patch` }],
        ['apply_patch', { command: `*** Begin Patch\n*** Add File: a\n+b\n*** Add File: ${path}\n+b` }],
        [
          'apply_patch',
          { command: `*** Begin Patch\n*** Update File: a\n*** Move to: ${path}\n@@\n-a\n+b\n*** End Patch` },
        ],
        ['mcp__files__write_file', { path, content: 'x' }],
      ].map(([tool_name, tool_input]) => ({ cwd, hook_event_name: 'PreToolUse', tool_name, tool_input })),
    asksAboutEdits: false,
    others: [{ cwd: '/w', hook_event_name: 'PreToolUse', tool_name: 'update_plan', tool_input: {} }],
    broken: [
      {
        cwd: '/w',
        hook_event_name: 'PreToolUse',
        tool_name: 'apply_patch',
        tool_input: { command: '*** Begin Patch' },
      },
      { cwd: '/w', hook_event_name: 'PreToolUse', tool_name: 'Bash', tool_input: { cmd: 'ls' } },
    ],
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
    edits: (path, cwd) => [
      { timestamp: 1, cwd, toolName: 'create', toolArgs: JSON.stringify({ path, file_text: 'x' }) },
      { timestamp: 1, cwd, toolName: 'edit', toolArgs: { path, old_str: 'a', new_str: 'b' } },
      { timestamp: 1, cwd, toolName: 'files-write_file', toolArgs: { path, content: 'x' } },
    ],
    asksAboutEdits: true,
    others: [
      { timestamp: 1, cwd: '/w', toolName: 'view', toolArgs: { path: '/etc/passwd' } },
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
      { timestamp: 1, cwd: '/w', toolName: 'create', toolArgs: {} },
      { timestamp: 1, cwd: '/w', toolArgs: { command: 'ls' } },
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
    edits: (path, cwd) => [
      {
        hook_event_name: 'preToolUse',
        cwd,
        tool_name: 'Write',
        tool_input: { file_path: path, content: 'x' },
      },
      { hook_event_name: 'preToolUse', workspace_roots: [cwd], tool_name: 'Delete', tool_input: { path } },
    ],
    asksAboutEdits: false,
    others: [{ hook_event_name: 'beforeReadFile', file_path: '/w/a', content: '' }],
    broken: [
      { hook_event_name: 'beforeShellExecution', cwd: '/w' },
      { hook_event_name: 'beforeShellExecution', cwd: '/w', command: ['ls'] },
      { hook_event_name: 'preToolUse', cwd: '/w', tool_name: 'Write', tool_input: {} },
      { hook_event_name: 'beforeMCPExecution', cwd: '/w', tool_name: 'write', tool_input: '{' },
      { cwd: '/w', command: 'ls' },
    ],
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
    edits: (path, cwd) =>
      [
        ['write_file', { file_path: path, content: 'x' }],
        ['replace', { file_path: path, old_string: 'a', new_string: 'b' }],
        ['mcp_files_write_file', { path, content: 'x' }],
        ['files__delete_file', { path }],
      ].map(([tool_name, tool_input]) => ({ cwd, hook_event_name: 'BeforeTool', tool_name, tool_input })),
    asksAboutEdits: false,
    others: [
      {
        cwd: '/w',
        hook_event_name: 'BeforeTool',
        tool_name: 'read_file',
        tool_input: { file_path: '/etc/passwd' },
      },
    ],
    broken: [
      { cwd: '/w', hook_event_name: 'BeforeTool', tool_name: 'write_file', tool_input: { content: '' } },
      { cwd: '/w', hook_event_name: 'BeforeTool', tool_name: 'run_shell_command', tool_input: null },
    ],
  },
  {
    tool: 'opencode',
    intends: (command, cwd) => ({ event: 'before', command, cwd }),
    reports: (command, cwd) => ({ event: 'after', command, cwd, exit_code: 3, duration_ms: 12.4 }),
    told: { exitCode: 3, durationMs: 12 },
    edits: (path, cwd) =>
      [
        ['write', { filePath: path, content: 'x' }],
        ['edit', { filePath: path, oldString: 'a', newString: 'b' }],
        ['patch', { patchText: `*** Begin Patch\n*** Delete File: ${path}\n*** End Patch` }],
        ['files_write_file', { path, content: 'x' }],
      ].map(([tool, args]) => ({ event: 'before', tool, args, cwd })),
    asksAboutEdits: false,
    others: [{ event: 'before', tool: 'files_read_file', args: { path: '/etc/passwd' }, cwd: '/w' }],
    broken: [
      { event: 'before', cwd: '/w' },
      { event: 'before', tool: 'write', args: {}, cwd: '/w' },
      { command: 'ls' },
      { event: 'during', command: 'ls' },
    ],
  },
  {
    tool: 'generic',
    intends: (command, cwd) => ({ command, cwd, shell: 'zsh' }),
    reports: (command, cwd) => ({ event: 'after', command, cwd, exit_code: 3, duration_ms: 12.4 }),
    told: { exitCode: 3, durationMs: 12 },
    edits: (path, cwd) => [{ tool: 'write', args: { path }, cwd }],
    asksAboutEdits: true,
    others: [],
    broken: [
      { cwd: '/w' },
      { tool: ['write'] },
      { tool: 'write' },
      { command: 'ls', event: 'during' },
      { command: 'ls', shell: 'tcsh' },
    ],
  },
]
