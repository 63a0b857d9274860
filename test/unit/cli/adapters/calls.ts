// Calls of the tools' hooks, as the documentation of each gives them.
import { basename, dirname } from 'node:path'
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
  /** About to show this file to the model. */
  readonly reads: (path: string, cwd: string) => readonly unknown[]
  /** Calls that change no file and are nothing of a shell. */
  readonly others: readonly unknown[]
  /** Calls with a shell tool in them, and not what is documented. */
  readonly broken: readonly unknown[]
}

type Tool = readonly [tool_name: string | undefined, tool_input?: unknown]

/** A call of a tool as Claude Code, Codex and Gemini CLI have it, beside what else each says. */
const callOf =
  (hook_event_name: string | undefined, more: object = {}) =>
  ([tool_name, tool_input]: Tool, cwd = '/w') => ({
    ...more,
    cwd,
    ...(hook_event_name !== undefined && { hook_event_name }),
    ...(tool_name !== undefined && { tool_name }),
    ...(tool_input !== undefined && { tool_input }),
  })
const ofClaude = {
  session_id: 'abc123',
  transcript_path: '/home/dev/.claude/projects/p/00893aaf.jsonl',
  permission_mode: 'default',
}
const claude = callOf('PreToolUse', ofClaude)
const ofCodex = {
  model: 'gpt-5-codex',
  permission_mode: 'default',
  session_id: '0199',
  transcript_path: null,
}
const codex = callOf('PreToolUse', { ...ofCodex, tool_use_id: 'call_1' })
const ofGemini = { session_id: 's1', transcript_path: '/t.json', timestamp: '2026-11-20T08:15:00Z' }
const gemini = callOf('BeforeTool', ofGemini)
/** A call of a tool as Copilot CLI has it; the arguments are an object, or its JSON. */
const copilot = (toolName: string | undefined, toolArgs: unknown, cwd = '/w') => ({
  timestamp: 1_704_614_600_000,
  cwd,
  ...(toolName !== undefined && { toolName }),
  ...(toolArgs !== undefined && { toolArgs }),
})
const ofCursor = {
  conversation_id: 'c1',
  generation_id: 'g1',
  model: 'm',
  cursor_version: '1.7.2',
  user_email: null,
}
const cursor = callOf('preToolUse')
const patch = (...lines: string[]): Tool => [
  'apply_patch',
  { command: `*** Begin Patch\n${lines.join('\n')}\n*** End Patch` },
]

const splitAt = (path: string) => ({ directory: path.replace(/[^/]*$/, ''), name: path.replace(/.*\//, '') })

export const DOCUMENTED: readonly Documented[] = [
  {
    tool: 'claude',
    intends: (command, cwd) =>
      claude(['Bash', { command, description: 'Run test suite', timeout: 120_000 }], cwd),
    reports: (command, cwd) => ({
      ...callOf('PostToolUseFailure', ofClaude)(['Bash', { command, description: 'Run test suite' }], cwd),
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
          ['mcp__files__write_file', { params: { path, content: 'x' } }],
          ['mcp__files__create_file', splitAt(path)],
        ] as Tool[]
      ).map((one) => claude(one, cwd)),
    asksAboutEdits: true,
    reads: (path, cwd) => [
      claude(['Read', { file_path: path, limit: 20 }], cwd),
      claude(['Grep', { pattern: '.', path, output_mode: 'content' }], cwd),
      claude(['Grep', { pattern: '.', path: dirname(path), glob: `**/{*.ts,${basename(path)}*}` }], cwd),
      claude(['Artifact', { file_path: path }], cwd),
      claude(['Artifact', { action: 'upload_asset', file_paths: ['README.md', path] }], cwd),
      claude(['Projects', { method: 'project_write', local_path: path }], cwd),
      claude(['mcp__filesystem__read_text_file', { path }], cwd),
      claude(['mcp__filesystem__read_multiple_files', { paths: ['README.md', path] }], cwd),
    ],
    others: [
      claude(['mcp__filesystem__read_text_file', { path: '/etc/passwd' }]),
      claude(['Read', { file_path: '/etc/passwd' }]),
      claude(['Grep', { pattern: 'KEY', path: 'src', glob: '*.ts' }]),
      claude(['Grep', { pattern: '.env' }]),
      { ...callOf('UserPromptSubmit', ofClaude)([undefined]), prompt: 'rm -rf /' },
      callOf('PermissionRequest', ofClaude)(['Bash', { command: 'ls' }]),
      claude(['mcp__tracker__create_issue', { title: 'x', to: { team: 1 } }]),
      claude(['Skill', { skill: 'review' }]),
      claude(['mcp__files__list_allowed_directories']),
      claude(['mcp__files__read_file', { path: { odd: 1 } }]),
      claude(['mcp__shell__kill_shell', { shell_id: '1' }]),
    ],
    broken: [
      ...(
        [
          ['Bash', {}],
          ['Bash'],
          ['Bash', { command: ['rm'] }],
          ['Bash', { command: null }],
          ['Monitor', { command: ['rm'] }],
          ['Write', { content: '' }],
          ['Write'],
          [undefined, { command: 'ls' }],
          ['bash', { command: 'ls' }],
          ['WRITE', { file_path: 'x' }],
          ['mcp__files__write_file'],
          ['mcp__files__write_file', {}],
          ['mcp__files__write_file', { path: { value: '/etc/passwd' }, content: 'x' }],
          ['mcp__files__write_file', { path: [['/etc/passwd']], content: 'x' }],
          ['mcp__unheard_of__do_it'],
          ['mcp__shell__run_command', { line: 'ls' }],
          ['mcp__shell__run_command', { command: { of: 'ls' } }],
        ] as Tool[]
      ).map((one) => claude(one)),
      callOf('PreToolUsage', ofClaude)(['Bash', { command: 'ls' }]),
      callOf(undefined, ofClaude)(['Bash', { command: 'ls' }]),
    ],
  },
  {
    tool: 'codex',
    intends: (command, cwd) => codex(['Bash', { command }], cwd),
    reports: (command, cwd) => ({
      ...callOf('PostToolUse', { ...ofCodex, tool_use_id: 'call_1' })(['Bash', { command }], cwd),
      tool_response: 'ok',
      turn_id: 't1',
    }),
    told: { exitCode: null, durationMs: null },
    edits: (path, cwd) =>
      [
        patch(`*** Update File: ${path}`, '@@', '-a', '+b'),
        patch('*** Add File: a', '+b', `*** Add File: ${path}`, '+b'),
        patch('*** Update File: a', `*** Move to: ${path}`, '@@', '-a', '+b'),
        ['mcp__files__write_file', { path, content: 'x' }] as const,
      ].map((one) => codex(one, cwd)),
    asksAboutEdits: false,
    reads: (path, cwd) => [codex(['mcp__files__read_file', { path }], cwd)],
    others: [codex(['update_plan', {}])],
    broken: [
      codex(['apply_patch', { command: '*** Begin Patch' }]),
      codex(['Bash', { cmd: 'ls' }]),
      callOf('During')(['Bash']),
    ],
  },
  {
    tool: 'copilot',
    intends: (command, cwd) =>
      copilot('bash', JSON.stringify({ command, description: 'Clean build directory' }), cwd),
    reports: (command, cwd) => ({
      ...copilot('bash', { command }, cwd),
      sessionId: 's1',
      toolResult: { resultType: 'success', textResultForLlm: 'All tests passed (15/15)' },
    }),
    told: { exitCode: null, durationMs: null },
    edits: (path, cwd) => [
      copilot('create', JSON.stringify({ path, file_text: 'x' }), cwd),
      copilot('edit', { path, old_str: 'a', new_str: 'b' }, cwd),
      copilot('files-write_file', { path, content: 'x' }, cwd),
      // Newer models send a patch as it is.
      copilot('apply_patch', `*** Begin Patch\n*** Update File: ${path}\n-a\n+b\n*** End Patch`, cwd),
    ],
    asksAboutEdits: true,
    reads: (path, cwd) => [
      copilot('view', { path }, cwd),
      copilot('grep', { pattern: '.', paths: [path] }, cwd),
      copilot('rg', { pattern: '.', paths: [path] }, cwd),
      copilot('files-read_file', JSON.stringify({ path }), cwd),
    ],
    others: [
      copilot('view', { path: '/etc/passwd' }),
      {
        ...copilot('bash', { command: 'ls' }),
        toolResult: { resultType: 'denied', textResultForLlm: '' },
      },
    ],
    broken: [
      copilot('bash', 'not json'),
      copilot('bash', undefined),
      copilot('create', {}),
      copilot('Bash', { command: 'ls' }),
      copilot(undefined, { command: 'ls' }),
    ],
  },
  {
    tool: 'cursor',
    intends: (command, cwd) => ({
      ...ofCursor,
      hook_event_name: 'beforeShellExecution',
      workspace_roots: [cwd],
      command,
      cwd,
    }),
    reports: (command, cwd) => ({
      ...ofCursor,
      hook_event_name: 'afterShellExecution',
      workspace_roots: [cwd],
      command,
      output: 'done',
      duration: 1234,
    }),
    told: { exitCode: null, durationMs: 1234 },
    edits: (path, cwd) => [
      cursor(['Write', { file_path: path, content: 'x' }], cwd),
      { hook_event_name: 'preToolUse', workspace_roots: [cwd], tool_name: 'Delete', tool_input: { path } },
    ],
    asksAboutEdits: false,
    reads: (path, cwd) => [
      cursor(['Read', { file_path: path }], cwd),
      cursor(['Grep', { pattern: '.', path }], cwd),
    ],
    others: [{ hook_event_name: 'beforeReadFile', file_path: '/w/a', content: '' }],
    broken: [
      { hook_event_name: 'beforeShellExecution', cwd: '/w' },
      { hook_event_name: 'beforeShellExecution', cwd: '/w', command: ['ls'] },
      cursor(['Write', {}]),
      callOf('beforeMCPExecution')(['write', '{']),
      { cwd: '/w', command: 'ls' },
      { hook_event_name: 'beforeShell', cwd: '/w', command: 'ls' },
      cursor(['write', { path: 'x' }]),
    ],
  },
  {
    tool: 'gemini',
    intends: (command, cwd) => gemini(['run_shell_command', { command, description: 'Cleans' }], cwd),
    reports: (command, cwd) => ({
      ...callOf('AfterTool', ofGemini)(['run_shell_command', { command }], cwd),
      tool_response: {
        llmContent: 'Output: a\nExit Code: 9\nExit Code: 2\nProcess Group PGID: 77',
        returnDisplay: 'a',
      },
    }),
    told: { exitCode: 2, durationMs: null },
    edits: (path, cwd) =>
      (
        [
          ['write_file', { file_path: path, content: 'x' }],
          ['replace', { file_path: path, old_string: 'a', new_string: 'b' }],
          ['mcp_files_write_file', { path, content: 'x' }],
          ['files__delete_file', { path }],
        ] as Tool[]
      ).map((one) => gemini(one, cwd)),
    asksAboutEdits: false,
    reads: (path, cwd) => [
      gemini(['read_file', { absolute_path: path }], cwd),
      gemini(['read_many_files', { paths: ['README.md', path] }], cwd),
      gemini(['read_many_files', { include: ['docs/*.md', path] }], cwd),
      gemini(['search_file_content', { pattern: '.', path }], cwd),
      gemini(['grep_search', { pattern: '.', include: path }], cwd),
      gemini(
        ['grep_search', { pattern: '.', dir_path: dirname(path), include_pattern: basename(path) }],
        cwd,
      ),
    ],
    others: [gemini(['read_file', { file_path: '/etc/passwd' }])],
    broken: [
      gemini(['write_file', { content: '' }]),
      gemini(['run_shell_command', null]),
      callOf('Tool')(['replace']),
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
    reads: (path, cwd) => [
      { event: 'before', tool: 'read', args: { filePath: path }, cwd },
      { event: 'before', tool: 'grep', args: { pattern: '.', path }, cwd },
    ],
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
    reads: (path, cwd) => [{ tool: 'read', args: { path }, cwd }],
    others: [],
    broken: [
      { cwd: '/w' },
      { command: 'ls', cwd: 5 },
      { tool: ['write'] },
      { tool: 'write' },
      { tool: 'write', args: { path: 'x' }, event: 'during' },
      { command: 'ls', event: 'during' },
      { command: 'ls', shell: 'tcsh' },
    ],
  },
]
